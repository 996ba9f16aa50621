/// Fills a network's inputs with training images, changed at random, as each branch is to see them.
///
/// Images of one label are mixed after Yao et al., "Improving Out-of-Distribution Robustness via
/// Selective Augmentation": what they differ in is not what the label is about.
///
/// What an image becomes depends on the seed, the epoch and the batch alone.
public struct BatchLoader {
  let data: DataSet
  let network: Network
  let recipe: Recipe
  let seed: UInt64
  let workers: Workers

  public init(data: DataSet, network: Network, recipe: Recipe, seed: UInt64, workers: Workers) {
    (self.data, self.network, self.recipe) = (data, network, recipe)
    (self.seed, self.workers) = (seed, workers)
  }

  /// One of the network's inputs.
  private struct Input {
    /// Part of the keys of random numbers.
    let number: Int
    let view: Branch.View
    /// Those that are predicted from it alone.
    let labels: [Int]
    let base: MutableFloats
  }

  /// That which branches share, if any do, and their own.
  private var inputs: [Input] {
    let own = network.branches.enumerated().compactMap { index, branch in
      branch.ownInput.map {
        Input(number: 1 + index, view: branch.view, labels: branch.labels, base: $0)
      }
    }
    if own.count == network.branches.count { return own }
    return own + [Input(number: 0, view: .plain, labels: [], base: network.input)]
  }

  /// Images at `positions` of the data into the network, and their targets,
  /// `(positions.count, labels)`.
  public func load(_ positions: ArraySlice<Int>, epoch: Int, targets: MutableFloats) {
    let batch = Array(positions)
    let labels = data.index.labels.labels.count
    for (row, position) in batch.enumerated() {
      data.writeTargets(position, to: targets + row * labels)
    }
    let inputs = inputs
    workers.forEach(batch.count) { row, _ in
      for input in inputs { fill(input, row, of: batch, epoch, Floats(targets)) }
    }
  }

  private func fill(
    _ input: Input, _ row: Int, of batch: [Int], _ epoch: Int, _ targets: Floats
  ) {
    let size = network.inputShape.count
    let image = input.base + row * size
    draw(batch[row], epoch, input, into: image)
    if input.view != .mixedImages { return }
    var random = Random(.mixing, seed, UInt64(epoch), UInt64(batch[row]), UInt64(input.number))
    if random.unit() < 0.5 { return }
    let share = Float(random.uniform(0, 0.5))
    let start = random.below(batch.count)
    guard let other = alike(row, of: batch.count, from: start, input.labels, targets) else {
      return
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { second in
      let second = second.baseAddress!
      draw(batch[other], epoch, input, into: second)
      for i in 0..<size { image[i] += share * (second[i] - image[i]) }
    }
  }

  /// Another image of the batch with the same of these labels, the first one from `start` on.
  private func alike(
    _ row: Int, of count: Int, from start: Int, _ labels: [Int], _ targets: Floats
  ) -> Int? {
    let width = data.index.labels.labels.count
    return (0..<count).lazy.map { (start + $0) % count }.first { other in
      other != row
        && labels.allSatisfy { targets[row * width + $0] == targets[other * width + $0] }
    }
  }

  private func draw(_ position: Int, _ epoch: Int, _ input: Input, into target: MutableFloats) {
    let side = data.side
    let key = (UInt64(epoch), UInt64(position))
    var random = Random(.augmentation, seed, key.0, key.1)
    let map = recipe.augmentation.draw(height: side, width: side, &random)
    switch input.view {
    case .plain, .mixedImages:
      Warp.draw(data.image(position), height: side, width: side, through: map, into: target)
    case .mixedColors:
      var random = Random(.color, seed, key.0, key.1, UInt64(input.number - 1))
      let mix = ColorMix(&random)
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: side * side * 3) { mixed in
        let mixed = mixed.baseAddress!
        mix.apply(data.image(position), count: side * side, to: mixed)
        Warp.draw(mixed, height: side, width: side, through: map, into: target)
      }
    }
    var covering = Random(.erasing, seed, key.0, key.1, UInt64(input.number))
    recipe.augmentation.erase(target, height: side, width: side, &covering)
  }
}
