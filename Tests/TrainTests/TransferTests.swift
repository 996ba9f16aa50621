import MTLFormat
import MTLTrain
import Testing

struct TransferTests {
  static func run(
    _ folder: TestFolder, _ name: String, _ configuration: RunConfiguration, threads: Int = 1,
    epochs: [Int] = [1], initial: Checkpoint? = nil
  ) throws -> Checkpoint {
    let run = RunFolder(folder.path + "/" + name)
    try run.create()
    let workers = Workers(threads: threads)
    let index = try DataSetIndex(root: folder.path + "/data", tasks: ["color", "product"])
    let side = NetworkKind.named(configuration.network)!.side
    let data = try DataSet(index, side: side, workers: workers)
    for last in epochs {
      let before = run.holdsRun ? try Checkpoint(reading: run.last) : nil
      let trainer = try Trainer(
        configuration, data: data, split: Split(data, seed: 3), workers: workers,
        continuing: before, initial: before == nil ? initial : nil)
      #expect(try trainer.fit(epochs: last, folder: run) == .finished)
    }
    return try Checkpoint(reading: run.last)
  }

  static func bits(_ parameters: ArraySlice<Parameter>) -> [[UInt32]] {
    parameters.map { $0.value.elements.map { $0.bitPattern } }
  }

  /// The trunk keeps every bit, running statistics included; the last layer learns; and a run in
  /// parts is the same as a whole one.
  @Test(arguments: ["lean", "branches"])
  func frozenTrunksStay(name: String) throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    var configuration = name == "lean" ? RunTests.configuration : RunTests.steady
    let first = try Self.run(folder, "first", configuration)
    configuration.initialRun = "first"
    configuration.isTrunkFrozen = true
    let second = try Self.run(folder, "second", configuration, epochs: [2], initial: first)
    _ = try Self.run(folder, "parts", configuration, threads: 2, epochs: [1, 2], initial: first)
    #expect(try folder.bytes("second/last.ckpt") == folder.bytes("parts/last.ckpt"))
    let (a, b) = (try first.network(), try second.network())
    for (before, after) in zip(a.branches, b.branches) {
      let (before, after) = (
        before.layers.flatMap { $0.parameters }, after.layers.flatMap { $0.parameters })
      let trunk = before.count - 2
      #expect(Self.bits(before[..<trunk]) == Self.bits(after[..<trunk]))
      #expect(Self.bits(before[trunk...]) != Self.bits(after[trunk...]))
    }
  }

  /// A task that the other run does not know takes the trunk of one that it knows.
  @Test func newTasksTakeATrunk() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(2)
    let source = try Self.run(folder, "first", RunTests.steady)
    let labels = try LabelSet(
      names: ["material", "color"], labels: [["wool", "silk"], ["blue", "red"]])
    let configuration = RunConfiguration(
      network: "branches", recipe: "steady", seed: 8, batch: 4, colorTasks: ["color"])
    let network = try configuration.makeNetwork(labels)
    let fresh = Self.bits(network.branches[0].layers.last!.parameters[...])
    try network.start(labels, from: source)
    let known = try source.network().branches
    func all(_ branch: Branch) -> [Parameter] { branch.layers.flatMap { $0.parameters } }
    let (product, material) = (all(known[1]), all(network.branches[0]))
    let trunk = product.count - 2
    #expect(Self.bits(product[..<trunk]) == Self.bits(material[..<trunk]))
    #expect(Self.bits(network.branches[0].layers.last!.parameters[...]) == fresh)
    // The same task with the same labels takes everything.
    #expect(Self.bits(all(known[0])[...]) == Self.bits(all(network.branches[1])[...]))
  }

  @Test func otherBuildsDoNotFit() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(2)
    let source = try Self.run(folder, "first", RunTests.configuration)
    let network = try RunTests.steady.makeNetwork(source.labels)
    #expect(throws: Status.self) { try network.start(source.labels, from: source) }
  }

  /// What tasks count moves, is kept in the checkpoint, and depends on no number of threads.
  @Test func taskWeightsAreLearned() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(4)
    var configuration = RunTests.configuration
    configuration.learnsTaskWeights = true
    let whole = try Self.run(folder, "whole", configuration, epochs: [2])
    _ = try Self.run(folder, "parts", configuration, threads: 3, epochs: [1, 2])
    #expect(try folder.bytes("whole/last.ckpt") == folder.bytes("parts/last.ckpt"))
    let uncertainty = try #require(try whole.network().taskUncertainty)
    #expect(uncertainty.count == 2 && uncertainty.value.elements.allSatisfy { $0 != 0 })
  }
}
