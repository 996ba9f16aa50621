import MTLFormat

extension NetworkKind {
  /// One branch for each task, which share nothing but the image: what one task learns of another
  /// would hold for the combinations that were seen, and for no other.
  ///
  /// A task about colors gets a shallow branch, whose pixels see too little to tell shapes. Where
  /// there is one, the branches of the others turn the image gray first.
  ///
  /// Its strongest evidence of each quarter of the image counts, the average of the quarters: in an
  /// average over all pixels a gray wall would outvote a blue dress.
  public static let branches = NetworkKind(
    name: "branches",
    summary: "a branch and a softmax for each task, which learn nothing of the others",
    side: 96, recipe: "steady"
  ) { (request) throws(Status) in
    let shape = Shape(height: 96, width: 96, channels: 3)
    var branches: [Branch] = []
    for (index, task) in request.labels.tasks.enumerated() {
      let isAboutColor = request.colorTasks.contains(task.name)
      var net = NetworkBuilder(
        inputShape: shape, seed: request.seed &+ UInt64(index) &* 0x9E37_79B9, prefix: task.name)
      let isGray = !isAboutColor && !request.colorTasks.isEmpty
      if isGray { net.gray() }
      try isAboutColor ? color(&net) : shapes(&net)
      net.globalAvgPool()
      net.dropout(isAboutColor ? 0.1 : 0.3)
      try net.dense(task.labels.count)
      branches.append(
        Branch(
          inputShape: shape, layers: net.layers, labels: task.labels,
          view: isAboutColor ? .mixedImages : isGray ? .mixedColors : .plain))
    }
    return Network(name: "branches", inputShape: shape, branches: branches, head: .softmax)
  }

  private static func color(_ net: inout NetworkBuilder) throws(Status) {
    for (filters, pool) in [(32, 3), (32, 2), (64, 8)] {
      try block(&net, filters, times: 1, pool: pool)
    }
  }

  private static func shapes(_ net: inout NetworkBuilder) throws(Status) {
    for (filters, times, pool) in [(32, 1, 2), (64, 1, 2), (96, 2, 2), (128, 2, 1)] {
      try block(&net, filters, times: times, pool: pool)
    }
  }

  private static func block(
    _ net: inout NetworkBuilder, _ filters: Int, times: Int, pool: Int
  ) throws(Status) {
    for _ in 0..<times {
      try net.conv(filters)
      net.relu()
      // A short run has no time for slow statistics.
      try net.batchNorm(momentum: 0.9)
    }
    if pool > 1 { net.maxPool(pool) }
  }
}
