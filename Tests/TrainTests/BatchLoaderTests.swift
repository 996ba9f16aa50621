import MTLFormat
import MTLTrain
import Testing

/// What networks are shown of images of one color each, which no turn or shift changes.
struct BatchLoaderTests {
  private let folder: TestFolder
  private let data: DataSet
  private let workers = Workers(threads: 2)

  init() throws {
    folder = try TestFolder()
    try folder.writeDataSet(3)
    let index = try DataSetIndex(root: folder.path + "/data", tasks: ["color", "product"])
    data = try DataSet(index, side: 96, workers: workers)
  }

  /// The first pixel that the first branch sees of each image, and whether it is red, in several
  /// batches of all images.
  private func pixels(
    _ network: String, _ colorTasks: [String]
  ) throws -> [(pixel: [Float], isRed: Bool)] {
    let configuration = RunConfiguration(
      network: network, recipe: "reference", seed: 5, batch: 12, colorTasks: colorTasks)
    let network = try configuration.makeNetwork(data.index.labels)
    try network.prepare(capacity: 12, workers: workers)
    let loader = BatchLoader(
      data: data, network: network, recipe: .reference, seed: 5, workers: workers)
    let labels = data.index.labels.labels
    let red = labels.firstIndex(of: "red")!
    var targets = [Float](repeating: 0, count: 12 * labels.count)
    return (1...4).flatMap { epoch in
      loader.load(Array(0..<12)[...], epoch: epoch, targets: &targets)
      return (0..<12).map { row in
        let input = network.branches[0].ownInput ?? network.input
        let pixel = input + row * network.inputShape.count
        return ((0..<3).map { pixel[$0] * 255 }, targets[row * labels.count + red] == 1)
      }
    }
  }

  /// A branch for colors sees dresses mixed with shirts, but never red mixed with blue.
  @Test func colorBranchesMixImagesOfALabel() throws {
    let all = try pixels("branches", ["color"])
    for (pixel, isRed) in all {
      let own = pixel[isRed ? 0 : 2]
      #expect(own > 179 && own < 183, "\(pixel)")
      #expect(pixel[isRed ? 2 : 0] < 91)
    }
    let between = all.count { $0.pixel[1] > 1 && $0.pixel[1] < 89 }
    #expect(between > 4 && between < all.count / 2, "\(between) of \(all.count)")
  }

  @Test func otherBranchesSeeImagesAlone() throws {
    for (pixel, _) in try pixels("reference", []) + pixels("branches", []) {
      for value in pixel { #expect(abs(value - value.rounded()) < 0.01) }
    }
  }
}
