import CMTL
import MTLFormat

/// Folds a scale and shift into the convolution, either way round, or dense layer whose result it
/// alone reads: `weights[o] * scale[o]`, `bias[o] * scale[o] + shift[o]`, in Double. Weights of
/// other types than f32 are left as they are.
///
/// With `ownsMemory` the memory of constants is the caller's own, and weights that one node alone
/// reads are changed where they lie.
public func foldScaleShifts(
  in model: inout Model, constants: inout ConstantPool, ownsMemory: Bool = false
) throws(Status) {
  let readers = model.readerCounts()
  var producer = Array<Int?>(repeating: nil, count: model.tensors.count)
  for index in model.nodes.indices { producer[model.nodes[index].output] = index }
  var folded: Set<Int> = []
  for position in model.nodes.indices
  where model.nodes[position].op == UInt32(MTLRT_OP_SCALE_SHIFT) {
    let node = model.nodes[position]
    guard let value = node.inputs[0], readers[value] == 1, let source = producer[value],
      isLinear(model.nodes[source]),
      case let weights = model.tensors[model.nodes[source].inputs[1]!], weights.type == .f32
    else { continue }
    let scale = model.tensors[node.inputs[1]!].floats
    let shift = model.tensors[node.inputs[2]!].floats
    // What an earlier fold has made is nobody else's.
    let index = model.nodes[source].inputs[1]!
    let isOwn = index >= readers.count || (ownsMemory && readers[index] == 1)
    try fold(
      scale, shift, into: source, weights: weights, inPlace: isOwn, of: &model,
      constants: &constants)
    model.nodes[source].output = node.output
    producer[node.output] = source
    folded.insert(position)
  }
  guard !folded.isEmpty else { return }
  model.nodes = model.nodes.indices.filter { !folded.contains($0) }.map { model.nodes[$0] }
}

/// Whether a layer has weights and a bias for each channel.
func isLinear(_ node: Node) -> Bool {
  [MTLRT_OP_CONV, MTLRT_OP_DENSE, MTLRT_OP_CONV_TRANSPOSE].contains { node.op == UInt32($0) }
}

private func fold(
  _ scale: UnsafeBufferPointer<Float>, _ shift: UnsafeBufferPointer<Float>, into node: Int,
  weights: Tensor, inPlace: Bool, of model: inout Model, constants: inout ConstantPool
) throws(Status) {
  let old = weights.floats
  let row = old.count / scale.count
  func multiply(_ into: UnsafeMutableBufferPointer<Float>) {
    for o in scale.indices {
      for k in 0..<row { into[o * row + k] = Float(Double(old[o * row + k]) * Double(scale[o])) }
    }
  }
  var product = model.nodes[node].inputs[1]!
  if inPlace {
    multiply(UnsafeMutableBufferPointer(mutating: old))
  } else {
    let scaled = try constants.make(name: weights.name, shape: weights.shape, fill: multiply)
    product = model.append(scaled)
  }
  var bias = UnsafeBufferPointer<Float>(start: nil, count: 0)
  if model.nodes[node].inputs.count > 2, let index = model.nodes[node].inputs[2] {
    bias = model.tensors[index].floats
  }
  let shifted = try constants.make(name: weights.name, shape: [scale.count]) { into in
    for o in scale.indices {
      let before = bias.isEmpty ? 0 : Double(bias[o])
      into[o] = Float(before * Double(scale[o]) + Double(shift[o]))
    }
  }
  model.nodes[node].inputs = [model.nodes[node].inputs[0], product, model.append(shifted)]
}
