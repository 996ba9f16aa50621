import CMTL
import MTLFormat
import MTLTrain

/// Builds the graph of a model file node by node, and keeps the memory of its constants.
public final class GraphBuilder {
  public private(set) var model = Model()
  private var memory: [Bytes] = []

  var lastOperator: UInt32? { model.nodes.last?.op }

  /// The input `name` for a batch of 1.
  func input(_ name: String, _ shape: Shape) -> Int {
    let tensor = add(Tensor(name: Name(name), shape: [1] + shape.dimensions))
    model.inputs.append(tensor)
    return tensor
  }

  func output(_ tensor: Int) { model.outputs.append(tensor) }

  /// A node and its result, which has `shape` for each image.
  func node(
    _ op: Int, _ name: String, _ inputs: [Int?], shape: [Int], attributes: [Int] = []
  ) -> Int {
    let result = add(Tensor(name: Name(name), shape: [1] + shape))
    model.nodes.append(
      Node(
        op: UInt32(op), name: Name(name), inputs: inputs, output: result,
        attributes: attributes.map { Int64($0) }))
    return result
  }

  /// A layer's weights; the first dimension is the rows', which are taken in the order of `rows`.
  func weights(_ parameter: Parameter, rows: [Int]? = nil) throws(Status) -> Int {
    let count = parameter.dimensions[0]
    let copy = try EncodedWeights(
      parameter.value.base, rows: rows ?? Array(0..<count), columns: parameter.count / count,
      as: .f32)
    memory.append(copy.data)
    return add(
      Tensor(name: Name(parameter.name), shape: parameter.dimensions, data: copy.data.view))
  }

  /// One f32 per channel.
  func channels(_ name: String, _ values: [Float]) throws(Status) -> Int {
    try constant(name, values, shape: [values.count])
  }

  /// A constant f32 tensor of as many elements as `values`.
  func constant(_ name: String, _ values: [Float], shape: [Int]) throws(Status) -> Int {
    let bytes = try Bytes.allocate(values.count * MemoryLayout<Float>.stride)
    UnsafeMutableRawBufferPointer(mutating: bytes.view).copyBytes(
      from: values.withUnsafeBytes { Array($0) })
    memory.append(bytes)
    return add(Tensor(name: Name(name), shape: shape, data: bytes.view))
  }

  /// Makes the nodes that were added those of a file with weights as `type` has them.
  func finish(weights type: WeightType) throws(Status) {
    try model.finish(weights: type, memory: &memory)
  }

  func describe(_ change: (inout Model) -> Void) { change(&model) }

  private func add(_ tensor: Tensor) -> Int {
    model.tensors.append(tensor)
    return model.tensors.count - 1
  }
}
