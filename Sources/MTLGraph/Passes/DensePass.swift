import CMTL
import MTLFormat

/// Folds a scale and shift into the dense layers that read it, be there views or max-pools between,
/// if nobody else does: `weights[o,k] * scale[c]`, `bias[o] + sum of weights[o,k] * shift[c]`, in
/// Double. A max-pool commutes with scales that are not negative. What is left for the layers are
/// often results of a ReLU, many of them 0.
public func foldScaleShiftsAhead(
  in model: inout Model, constants: inout ConstantPool
) throws(Status) {
  let paths = DensePaths(model)
  var folded: [Int: Int] = [:]
  for node in model.nodes where node.op == UInt32(MTLRT_OP_SCALE_SHIFT) {
    let scale = model.tensors[node.inputs[1]!].floats
    guard let (layers, crossesPool) = paths.layers(reading: node.output, channels: scale.count),
      !crossesPool || scale.allSatisfy({ $0 >= 0 })
    else { continue }
    let shift = model.tensors[node.inputs[2]!].floats
    for layer in layers {
      try fold(scale, shift, into: layer, of: &model, constants: &constants)
    }
    folded[node.output] = node.inputs[0]!
  }
  guard !folded.isEmpty else { return }
  model.nodes.removeAll { folded[$0.output] != nil }
  for index in model.nodes.indices {
    model.nodes[index].inputs = model.nodes[index].inputs.map { $0.map { folded[$0] ?? $0 } }
  }
}

/// Lays the weights of dense layers that read a ReLU's results, through views and max-pools, input
/// by input: a backend may then leave alone those of inputs that are 0. Only layers of one row for
/// each image and of at least `least` weights: others are not bound by reading them.
public func layWeightsByInput(
  in model: inout Model, constants: inout ConstantPool, least: Int = 1 << 16
) throws(Status) {
  let paths = DensePaths(model)
  for position in model.nodes.indices where paths.isDense(model.nodes[position]) {
    let node = model.nodes[position]
    let weights = model.tensors[node.inputs[1]!]
    guard weights.elementCount >= least, model.tensors[node.inputs[0]!].shape.count == 2,
      paths.isRectified(node.inputs[0]!)
    else { continue }
    let (outputs, length) = (weights.shape[0], weights.shape[1])
    let from = weights.floats
    let turned = try constants.make(name: weights.name, shape: [length, outputs]) { into in
      // By blocks of inputs, each a line of the cache on both sides.
      for first in stride(from: 0, to: length, by: 16) {
        for o in 0..<outputs {
          for k in first..<min(first + 16, length) { into[k * outputs + o] = from[o * length + k] }
        }
      }
    }
    model.nodes[position].op = UInt32(MTLRT_OP_DENSE_BY_INPUT)
    model.nodes[position].inputs[1] = model.append(turned)
  }
}

/// Dense layers, and the ways to them through operators that choose among values or leave them as
/// they are.
private struct DensePaths {
  private let model: Model
  /// For each tensor the nodes that read it, and the one that makes it.
  private var readers: [[Int]]
  private var producer: [Int?]

  init(_ model: Model) {
    self.model = model
    readers = Array(repeating: [], count: model.tensors.count)
    producer = Array(repeating: nil, count: model.tensors.count)
    for (index, node) in model.nodes.enumerated() {
      for case let input? in node.inputs { readers[input].append(index) }
      producer[node.output] = index
    }
  }

  /// Whether a node is a dense layer with f32 weights of its own.
  func isDense(_ node: Node) -> Bool {
    node.op == UInt32(MTLRT_OP_DENSE) && model.tensors[node.inputs[1]!].type == .f32
      && readers[node.inputs[1]!].count == 1
  }

  /// The dense layers that read `tensor`, whose `channels` lie innermost in their inputs, too, and
  /// whether a max-pool stands before one; nil if somebody else reads it.
  func layers(reading tensor: Int, channels: Int) -> (nodes: [Int], crossesPool: Bool)? {
    var (layers, crossesPool) = ([Int](), false)
    var left = [tensor]
    while let tensor = left.popLast() {
      if model.outputs.contains(tensor) { return nil }
      for index in readers[tensor] {
        let node = model.nodes[index]
        if isDense(node) {
          layers.append(index)
        } else if passes(node), model.tensors[node.output].shape.last! % channels == 0 {
          crossesPool = crossesPool || isPool(node)
          left.append(node.output)
        } else {
          return nil
        }
      }
    }
    return layers.isEmpty ? nil : (layers, crossesPool)
  }

  /// Whether `tensor` holds results of a ReLU.
  func isRectified(_ tensor: Int) -> Bool {
    var tensor = tensor
    while let index = producer[tensor] {
      let node = model.nodes[index]
      guard passes(node) else { return node.op == UInt32(MTLRT_OP_RELU) }
      tensor = node.inputs[0]!
    }
    return false
  }

  private func isPool(_ node: Node) -> Bool {
    [MTLRT_OP_MAX_POOL, MTLRT_OP_GLOBAL_MAX_POOL].contains { node.op == UInt32($0) }
  }

  private func passes(_ node: Node) -> Bool {
    isPool(node) || Operator(code: node.op)?.isView == true
  }
}

/// Scales the inputs of a dense layer, the channel running fastest, and shifts them.
private func fold(
  _ scale: UnsafeBufferPointer<Float>, _ shift: UnsafeBufferPointer<Float>, into node: Int,
  of model: inout Model, constants: inout ConstantPool
) throws(Status) {
  let weights = model.tensors[model.nodes[node].inputs[1]!]
  let (from, length) = (weights.floats, weights.shape[1])
  let scaled = try constants.make(name: weights.name, shape: weights.shape) { into in
    for index in into.indices {
      into[index] = Float(Double(from[index]) * Double(scale[index % length % scale.count]))
    }
  }
  var bias = UnsafeBufferPointer<Float>(start: nil, count: 0)
  if model.nodes[node].inputs.count > 2, let index = model.nodes[node].inputs[2] {
    bias = model.tensors[index].floats
  }
  let shifted = try constants.make(name: weights.name, shape: [weights.shape[0]]) { into in
    for o in into.indices {
      var sum = bias.isEmpty ? 0 : Double(bias[o])
      for k in 0..<length { sum += Double(from[o * length + k]) * Double(shift[k % shift.count]) }
      into[o] = Float(sum)
    }
  }
  model.nodes[node].inputs = [
    model.nodes[node].inputs[0], model.append(scaled), model.append(shifted),
  ]
}
