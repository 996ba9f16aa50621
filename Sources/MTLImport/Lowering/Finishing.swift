import CMTL
import MTLExport
import MTLFormat
import MTLGraph

/// A model and the memory of its constants.
public struct OwnedModel {
  public var model: Model
  private(set) var memory: [Bytes]

  /// What the builder made, with scales, shifts and padding folded into the layers beside them, and
  /// gates, GELUs and layer normalisations as operators of their own, without what nobody needs,
  /// and the weights as `type` has them.
  init(_ builder: ModelBuilder, weights type: WeightType) throws {
    model = builder.model
    var pool = ConstantPool()
    try replaceChannelArithmetic(in: &model, constants: &pool)
    try foldScaleShifts(in: &model, constants: &pool, ownsMemory: true)
    foldPads(in: &model)
    replaceGates(in: &model)
    replaceGelus(in: &model)
    try replaceLayerNorms(in: &model, constants: &pool)
    model.removeUnused()
    model.makeNamesUnique()
    var kept = pool.memory
    let used = Set(model.tensors.compactMap { $0.data?.baseAddress })
    for bytes in builder.memory.values where used.contains(bytes.view.baseAddress!) {
      kept.append(bytes)
    }
    memory = kept
    if type != .f32 { try encodeWeights(as: type) }
  }

  /// The weights of convolutions and dense layers, as far as the type wants them.
  private mutating func encodeWeights(as type: WeightType) throws {
    var done: Set<Int> = []
    for node in model.nodes {
      let isDense = node.op == UInt32(MTLRT_OP_DENSE)
      let isConvolution = [MTLRT_OP_CONV, MTLRT_OP_CONV_TRANSPOSE].contains {
        node.op == UInt32($0)
      }
      guard isDense || isConvolution, let index = node.inputs[1], done.insert(index).inserted
      else { continue }
      let tensor = model.tensors[index]
      let element = type.elementType(isDense: isDense, count: tensor.elementCount)
      guard element != .f32, let data = tensor.data else { continue }
      let rows = tensor.shape[0]
      let encoded = try EncodedWeights(
        data.bindMemory(to: Float.self).baseAddress!, rows: Array(0..<rows),
        columns: tensor.elementCount / rows, as: element)
      memory.removeAll { $0.view.baseAddress == data.baseAddress }
      memory.append(encoded.data)
      model.tensors[index].type = element
      model.tensors[index].data = encoded.data.view
      if let scales = encoded.scales {
        memory.append(scales)
        model.tensors[index].scales = scales.view.bindMemory(to: Float.self)
      }
    }
  }
}
