import CMTL
import MTLFormat

extension Network {
  /// Takes over the weights of another run's network as far as they fit: of each branch all but the
  /// last layer from the branch for the same task or, for a new task, from the first one of the
  /// same build, those that see colors alike before others; and the last layer where it tells the
  /// same labels apart.
  ///
  /// `labels` are this network's. Errors: a branch that nothing fits.
  public func start(_ labels: LabelSet, from other: Checkpoint) throws(Status) {
    var plain = other
    plain.calibration = []
    let source = try plain.network()
    for branch in branches {
      let own = labels.names(branch.labels)
      let candidates = source.branches.filter { $0.trunkShapes == branch.trunkShapes }
      let same = candidates.first { other.labels.names($0.labels) == own }
      guard let found = same ?? candidates.first(where: { $0.view == branch.view })
        ?? candidates.first
      else {
        throw Status(
          MTLRT_E_ARGUMENT,
          "no part of that run's network (\(source.name)) has the build of "
            + "\(branch.layers.first?.name ?? name)")
      }
      let isSame = same != nil
      let (from, to) = (found.parameters, branch.parameters)
      let count = isSame ? to.count : branch.trunkShapes.count
      for (from, to) in zip(from, to).prefix(count) {
        to.value.base.update(from: from.value.base, count: to.count)
      }
    }
  }
}

extension LabelSet {
  fileprivate func names(_ numbers: [Int]) -> [String] { numbers.map { labels[$0] } }
}

extension Branch {
  fileprivate var parameters: [Parameter] { layers.flatMap { $0.parameters } }

  /// Of all parameters but those of the last layer.
  fileprivate var trunkShapes: [[Int]] {
    layers.dropLast().flatMap { $0.parameters }.map { $0.dimensions }
  }
}
