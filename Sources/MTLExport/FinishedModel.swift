import CMTL
import MTLFormat
import MTLGraph

extension Model {
  /// Makes a graph with f32 weights one for a file: weights laid out as layers read them best and
  /// stored as `type` has them, without what nobody needs. `memory` holds the model's constants,
  /// and no others afterwards.
  public mutating func finish(
    weights type: WeightType, memory: inout [Bytes]
  ) throws(Status) {
    var pool = ConstantPool()
    try foldScaleShiftsAhead(in: &self, constants: &pool)
    try layWeightsByInput(in: &self, constants: &pool)
    removeUnused()
    makeNamesUnique()
    let used = Set(tensors.compactMap { $0.data?.baseAddress })
    memory = (memory + pool.memory).filter { used.contains($0.view.baseAddress!) }
    try encodeWeights(as: type, memory: &memory)
  }

  /// Stores the weights of convolutions and dense layers, which are f32, as far as `type` wants
  /// them otherwise.
  private mutating func encodeWeights(
    as type: WeightType, memory: inout [Bytes]
  ) throws(Status) {
    var done: Set<Int> = []
    for node in nodes {
      let isDense = [MTLRT_OP_DENSE, MTLRT_OP_DENSE_BY_INPUT].contains { node.op == UInt32($0) }
      let isConvolution = [MTLRT_OP_CONV, MTLRT_OP_CONV_TRANSPOSE].contains {
        node.op == UInt32($0)
      }
      guard isDense || isConvolution, let index = node.inputs[1], done.insert(index).inserted
      else { continue }
      let tensor = tensors[index]
      let element = type.elementType(isDense: isDense, count: tensor.elementCount)
      guard element != .f32, let data = tensor.data else { continue }
      let rows = tensor.shape[0]
      let encoded = try EncodedWeights(
        data.bindMemory(to: Float.self).baseAddress!, rows: Array(0..<rows),
        columns: tensor.elementCount / rows, as: element)
      memory.removeAll { $0.view.baseAddress == data.baseAddress }
      memory.append(encoded.data)
      tensors[index].type = element
      tensors[index].data = encoded.data.view
      if let scales = encoded.scales {
        memory.append(scales)
        tensors[index].scales = scales.view.bindMemory(to: Float.self)
      }
    }
  }
}
