import MTLExport
import MTLFormat
import MTLGraph

/// A model and the memory of its constants.
public struct OwnedModel {
  public var model: Model
  private(set) var memory: [Bytes]

  /// What the builder made, with scales, shifts and padding folded into the layers beside them, and
  /// gates, GELUs and layer normalisations as operators of their own, without what nobody needs,
  /// and the weights as `type` has them, laid out as layers read them best.
  init(_ builder: ModelBuilder, weights type: WeightType) throws {
    model = builder.model
    var pool = ConstantPool()
    try replaceChannelArithmetic(in: &model, constants: &pool)
    try foldScaleShifts(in: &model, constants: &pool, ownsMemory: true)
    foldPads(in: &model)
    replaceGates(in: &model)
    replaceGelus(in: &model)
    try replaceLayerNorms(in: &model, constants: &pool)
    memory = pool.memory + builder.memory.values
    try model.finish(weights: type, memory: &memory)
  }
}
