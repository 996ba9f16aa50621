import CMTL
import MTLExport
import MTLFormat
import MTLGraph

/// A model and the memory of its constants.
public struct OwnedModel {
  public var model: Model
  private(set) var memory: [Bytes]

  /// What the builder made, with scales and shifts folded into the layers before them and gates as
  /// operators of their own, without what nobody needs, and the weights as `type` has them.
  init(_ builder: ModelBuilder, weights type: WeightType) throws {
    model = builder.model
    var pool = ConstantPool()
    try foldScaleShifts(in: &model, constants: &pool, ownsMemory: true)
    replaceGates(in: &model)
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

extension Model {
  /// Passes name what they make after what they replace.
  mutating func makeNamesUnique() {
    var names: Set<Name> = []
    for index in tensors.indices {
      let first = tensors[index].name
      var number = 1
      while !names.insert(tensors[index].name).inserted {
        tensors[index].name = Name("\(first).\(number)'")
        number += 1
      }
    }
  }

  /// Drops nodes whose results nobody reads, and tensors that no node, input or output names.
  mutating func removeUnused() {
    var needed = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where needed.contains(node.output) {
      needed.formUnion(node.inputs.compactMap { $0 })
      kept.append(node)
    }
    nodes = kept.reversed()
    needed.formUnion(inputs)
    var places: [Int: Int] = [:]
    var rest: [Tensor] = []
    for (index, tensor) in tensors.enumerated() where needed.contains(index) {
      places[index] = rest.count
      rest.append(tensor)
    }
    tensors = rest
    inputs = inputs.map { places[$0]! }
    outputs = outputs.map { places[$0]! }
    for index in nodes.indices {
      nodes[index].inputs = nodes[index].inputs.map { $0.map { places[$0]! } }
      nodes[index].output = places[nodes[index].output]!
    }
  }
}
