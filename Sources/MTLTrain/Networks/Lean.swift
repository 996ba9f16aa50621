import MTLFormat

extension NetworkKind {
  /// Four 3x3 convolutions, pooling early, and global average pooling instead of a dense layer:
  /// for a first run of a minute.
  public static let lean = NetworkKind(
    name: "lean", summary: "4 convolutions and global average pooling, 0.1 million parameters",
    side: 64, recipe: "quick"
  ) { (request) throws(Status) in
    var net = NetworkBuilder(
      inputShape: Shape(height: 64, width: 64, channels: 3), seed: request.seed)
    for (filters, pool) in [(16, 2), (32, 2), (64, 2), (96, 1)] {
      try net.conv(filters)
      net.relu()
      // A short run has no time for slow statistics.
      try net.batchNorm(momentum: 0.9)
      if pool > 1 { net.maxPool(pool) }
    }
    net.globalAvgPool()
    try net.dense(request.labels.labels.count)
    return Network(name: "lean", inputShape: net.inputShape, layers: net.layers)
  }
}
