import MTLFormat

extension NetworkKind {
  /// Eight 3x3 convolutions, each followed by ReLU and then batch normalisation, and two dense
  /// layers. The second ReLU after the last dropout changes nothing; the network is kept as it was
  /// published.
  public static let reference = NetworkKind(
    name: "reference", summary: "8 convolutions and 2 dense layers, 9.2 million parameters",
    side: 96, recipe: "reference"
  ) { (request) throws(Status) in
    var net = NetworkBuilder(
      inputShape: Shape(height: 96, width: 96, channels: 3), seed: request.seed)
    func block(_ filters: Int, times: Int, pool: Int) throws(Status) {
      for _ in 0..<times {
        try net.conv(filters)
        net.relu()
        try net.batchNorm()
      }
      net.maxPool(pool)
    }
    try block(32, times: 2, pool: 3)
    net.dropout(0.25)
    try block(64, times: 2, pool: 2)
    try block(128, times: 4, pool: 2)
    net.flatten()
    try net.dense(1048)
    net.relu()
    net.dropout(0.4)
    net.relu()
    try net.dense(request.labels.labels.count)
    return Network(name: "reference", inputShape: net.inputShape, layers: net.layers)
  }
}
