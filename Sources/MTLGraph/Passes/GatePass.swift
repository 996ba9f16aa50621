import CMTL
import MTLFormat

/// Turns a product of a value and its own sigmoid into `silu`, and one with the hard sigmoid of
/// slope 1/6 and offset 1/2 into `hard_swish`. A gate that others read too is left as it is.
public func replaceGates(in model: inout Model) {
  let readers = model.readerCounts()
  var gates = Array<(input: Int, op: Int32)?>(repeating: nil, count: model.tensors.count)
  for index in model.nodes.indices {
    let node = model.nodes[index]
    if let op = gatedOperator(node) {
      gates[node.output] = (node.inputs[0]!, op)
    } else if node.op == UInt32(MTLRT_OP_MUL) {
      for (gate, other) in [(0, 1), (1, 0)] {
        guard let value = node.inputs[gate], readers[value] == 1, let known = gates[value],
          known.input == node.inputs[other]
        else { continue }
        model.nodes[index].op = UInt32(known.op)
        model.nodes[index].inputs = [known.input]
        break
      }
    }
  }
}

/// What a value times this node's result is.
private func gatedOperator(_ node: Node) -> Int32? {
  if node.op == UInt32(MTLRT_OP_SIGMOID) { return Int32(MTLRT_OP_SILU) }
  guard node.op == UInt32(MTLRT_OP_HARD_SIGMOID) else { return nil }
  let (slope, offset) = (
    Float(Double(bitPattern: UInt64(bitPattern: node.attributes[0]))),
    Float(Double(bitPattern: UInt64(bitPattern: node.attributes[1]))))
  return slope == 1 / 6 && offset == 0.5 ? Int32(MTLRT_OP_HARD_SWISH) : nil
}
