import CMTL
import MTLFormat

/// Turns a product of a value and its own sigmoid into `silu`, and one with the hard sigmoid of
/// slope 1/6 and offset 1/2 into `hard_swish`. A gate that others read too is left as it is.
public func replaceGates(in model: inout Model) {
  let readers = model.readerCounts()
  var gates = Array<(input: Int, op: Int)?>(repeating: nil, count: model.tensors.count)
  let table = Gate.table
  for index in model.nodes.indices {
    let node = model.nodes[index]
    if let op = gatedOperator(node, table) {
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

/// An operator whose result, times its own input, is an operator of its own.
private struct Gate {
  let op: Int
  /// The attributes that it must have.
  let attributes: [Float]
  let gated: Int

  static var table: [Gate] {
    [
      Gate(op: Int(MTLRT_OP_SIGMOID), attributes: [], gated: Int(MTLRT_OP_SILU)),
      Gate(
        op: Int(MTLRT_OP_HARD_SIGMOID), attributes: [1 / 6, 0.5], gated: Int(MTLRT_OP_HARD_SWISH)),
    ]
  }
}

/// What a value times this node's result is.
private func gatedOperator(_ node: Node, _ table: [Gate]) -> Int? {
  guard let gate = table.first(where: { $0.op == Int(node.op) }) else { return nil }
  for (index, value) in gate.attributes.enumerated() {
    let own = Float(Double(bitPattern: UInt64(bitPattern: node.attributes[index])))
    guard own == value else { return nil }
  }
  return gate.gated
}
