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
    if Self.alwaysFromZero.contains(op) { return true }
    return op == UInt32(MTLRT_OP_CLIP) && real(0) >= 0 && real(1) >= 0
  }

  private static var alwaysFromZero: [UInt32] {
    [UInt32(MTLRT_OP_RELU), UInt32(MTLRT_OP_SIGMOID)]
  }

  /// This node with the padding of its input as its own, or nil where that would not be the same.
  fileprivate func taking(_ pad: Node, ofValueFromZero isFromZero: Bool) -> Node? {
    guard let taker = PadTaker.table.first(where: { $0.op == op }),
      taker.isSame(self, pad.fill, isFromZero)
    else { return nil }
    var node = self
    node.inputs[0] = pad.inputs[0]
    // Height before width: strides, padding before, padding behind, the kernel.
    let axis = Int(pad.attributes[0]) - 1
    node.attributes[2 + axis] += pad.attributes[1]
    node.attributes[4 + axis] += pad.attributes[2]
    if taker.countsPadding { node.attributes[8] = 1 }
    return !taker.isPool || node.hasPaddingBelowKernel ? node : nil
  }

  /// Of a pool: otherwise a window might lie in the padding altogether.
  private var hasPaddingBelowKernel: Bool {
    (0..<2).allSatisfy { max(attributes[2 + $0], attributes[4 + $0]) < attributes[6 + $0] }
  }
}

/// An operator that has padding of its own.
private struct PadTaker {
  let op: UInt32
  let isPool: Bool
  /// An average pool that counts what it pads.
  let countsPadding: Bool
  /// Whether the operator, before it has the padding, gives the same with it, for elements of
  /// `fill` around a value whose elements are `isFromZero`.
  let isSame: (_ node: Node, _ fill: Float, _ isFromZero: Bool) -> Bool

  static var table: [PadTaker] {
    [
      PadTaker(op: UInt32(MTLRT_OP_CONV), isPool: false, countsPadding: false) { _, fill, _ in
        fill == 0
      },
      PadTaker(op: UInt32(MTLRT_OP_MAX_POOL), isPool: true, countsPadding: false) {
        _, fill, isFromZero in fill == -.infinity || (isFromZero && fill <= 0)
      },
      PadTaker(op: UInt32(MTLRT_OP_AVG_POOL), isPool: true, countsPadding: true) { node, fill, _ in
        let hasNone = node.attributes[2..<6].allSatisfy { $0 == 0 }
        return fill == 0 && (hasNone || node.attributes[8] == 1)
      },
    ]
  }
}
