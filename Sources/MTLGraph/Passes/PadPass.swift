import CMTL
import MTLFormat

/// Leaves padding of an image's height and width to the convolution or pool that reads it, where
/// that changes nothing: zeros before a convolution; zeros that count before an average pool; and
/// before a max-pool what is never greater than the image.
public func foldPads(in model: inout Model) {
  var pads = Array<Node?>(repeating: nil, count: model.tensors.count)
  // Whether a value has no elements below 0.
  var isFromZero = Array(repeating: false, count: model.tensors.count)
  for index in model.nodes.indices {
    while let input = model.nodes[index].inputs[0], let pad = pads[input],
      let folded = model.nodes[index].taking(pad, ofValueFromZero: isFromZero[pad.inputs[0]!])
    {
      model.nodes[index] = folded
    }
    let node = model.nodes[index]
    let isImage = model.tensors[node.output].shape.count == 4
    if node.op == UInt32(MTLRT_OP_PAD) {
      isFromZero[node.output] = isFromZero[node.inputs[0]!] && node.fill >= 0
      if isImage && node.attributes[0] <= 2 { pads[node.output] = node }
    } else {
      isFromZero[node.output] = node.hasResultsFromZero
    }
  }
}

extension Node {
  /// What a pad's new elements are.
  fileprivate var fill: Float { real(3) }

  private func real(_ attribute: Int) -> Float {
    Float(Double(bitPattern: UInt64(bitPattern: attributes[attribute])))
  }

  fileprivate var hasResultsFromZero: Bool {
    if op == UInt32(MTLRT_OP_CLIP) { return real(0) >= 0 && real(1) >= 0 }
    return op == UInt32(MTLRT_OP_RELU) || op == UInt32(MTLRT_OP_SIGMOID)
  }

  /// This node with the padding of its input as its own, or nil where that would not be the same.
  fileprivate func taking(_ pad: Node, ofValueFromZero isFromZero: Bool) -> Node? {
    let takers = [MTLRT_OP_CONV, MTLRT_OP_AVG_POOL, MTLRT_OP_MAX_POOL]
    guard takers.contains(Int(op)) else { return nil }
    var node = self
    node.inputs[0] = pad.inputs[0]
    // Height before width: strides, padding before, padding behind, the kernel.
    let axis = Int(pad.attributes[0]) - 1
    node.attributes[2 + axis] += pad.attributes[1]
    node.attributes[4 + axis] += pad.attributes[2]
    let isSame: Bool
    if op == UInt32(MTLRT_OP_CONV) {
      isSame = pad.fill == 0
    } else if op == UInt32(MTLRT_OP_MAX_POOL) {
      isSame = pad.fill == -.infinity || (isFromZero && pad.fill <= 0)
    } else {
      let hasNone = attributes[2..<6].allSatisfy { $0 == 0 }
      isSame = pad.fill == 0 && (hasNone || attributes[8] == 1)
      node.attributes[8] = 1
    }
    return isSame && (op == UInt32(MTLRT_OP_CONV) || node.hasPaddingBelowKernel) ? node : nil
  }

  /// Of a pool: otherwise a window might lie in the padding altogether.
  private var hasPaddingBelowKernel: Bool {
    (0..<2).allSatisfy { max(attributes[2 + $0], attributes[4 + $0]) < attributes[6 + $0] }
  }
}
