import CMTL
import MTLFormat
import MTLTrain

/// A layer that a model file can express.
protocol ExportableLayer: Layer {
  /// Adds what the layer does at prediction time to `graph`; returns the tensor of its result.
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int
}

extension Conv2D: ExportableLayer {
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    let pad = size / 2
    return graph.node(
      MTLRT_OP_CONV, name,
      [
        input, try graph.weights(weights),
        try graph.channels(bias.name, bias.values),
      ],
      shape: outputShape.dimensions, attributes: [1, 1, pad, pad, pad, pad, 1, 1, 1])
  }
}

extension GrayImage: ExportableLayer {
  /// A 1x1 convolution to one channel, and the normalisation of that.
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    let luma = graph.node(
      MTLRT_OP_CONV, name,
      [
        input, try graph.constant(name + ".weights", GrayImage.weights, shape: [1, 1, 1, 3]),
        try graph.channels(name + ".bias", [0]),
      ],
      shape: outputShape.dimensions, attributes: [1, 1, 0, 0, 0, 0, 1, 1, 1])
    return graph.node(
      MTLRT_OP_GROUP_NORM, name + ".normal",
      [
        luma, try graph.channels(name + ".scale", [1]), try graph.channels(name + ".shift", [0]),
      ],
      shape: outputShape.dimensions,
      attributes: [Int(bitPattern: UInt(Double(GrayImage.epsilon).bitPattern)), 1])
  }
}

extension Dense: ExportableLayer {
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    try export(to: graph, input: input, rows: Array(0..<outputShape.count))
  }

  /// With the outputs in the order of `rows`.
  func export(to graph: GraphBuilder, input: Int, rows: [Int]) throws(Status) -> Int {
    let values = bias.values
    return graph.node(
      MTLRT_OP_DENSE, name,
      [
        input, try graph.weights(weights, rows: rows),
        try graph.channels(bias.name, rows.map { values[$0] }),
      ], shape: outputShape.dimensions)
  }
}

extension BatchNorm: ExportableLayer {
  /// With fixed statistics it is `x * scale + shift`: `scale = gamma / sqrt(variance + epsilon)`,
  /// `shift = beta - mean * scale`, in Double.
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    var (scales, shifts) = ([Float](), [Float]())
    for channel in 0..<gamma.count {
      let variance = Double(runningVariance.value.base[channel]) + Double(BatchNorm.epsilon)
      let scale = Double(gamma.value.base[channel]) / variance.squareRoot()
      let mean = Double(runningMean.value.base[channel])
      scales.append(Float(scale))
      shifts.append(Float(Double(beta.value.base[channel]) - mean * scale))
    }
    return graph.node(
      MTLRT_OP_SCALE_SHIFT, name,
      [
        input, try graph.channels(name + ".scale", scales),
        try graph.channels(name + ".shift", shifts),
      ], shape: outputShape.dimensions)
  }
}

extension ReLU: ExportableLayer {
  /// A second one right behind the first changes nothing, and is left out.
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    if graph.lastOperator == UInt32(MTLRT_OP_RELU) { return input }
    return graph.node(MTLRT_OP_RELU, name, [input], shape: outputShape.dimensions)
  }
}

extension MaxPool: ExportableLayer {
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    graph.node(
      MTLRT_OP_MAX_POOL, name, [input], shape: outputShape.dimensions,
      attributes: [size, size, 0, 0, 0, 0, size, size])
  }
}

extension GlobalAvgPool: ExportableLayer {
  /// The operator keeps height and width as 1; the layer's result is a list of features.
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    let pooled = graph.node(
      MTLRT_OP_GLOBAL_AVG_POOL, name, [input], shape: [1, 1, inputShape.channels])
    return graph.node(
      MTLRT_OP_FLATTEN, name + ".flat", [pooled], shape: outputShape.dimensions)
  }
}

extension Flatten: ExportableLayer {
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int {
    graph.node(MTLRT_OP_FLATTEN, name, [input], shape: outputShape.dimensions)
  }
}

extension Dropout: ExportableLayer {
  /// Nothing at prediction time.
  func export(to graph: GraphBuilder, input: Int) throws(Status) -> Int { input }
}

extension Parameter {
  fileprivate var values: [Float] { Array(value.elements) }
}
