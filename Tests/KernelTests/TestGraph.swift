import CMTL

/// A tensor of a test graph. Shapes are for a batch of 1.
struct TestTensor {
  var shape: [Int]
  var type = MTLRT_F32
  var isConstant = false
  /// What the elements of a constant mean, scales applied; filled by `TestGraph.fill`.
  var numbers: [Double] = []
  /// The elements of a constant as a file stores them, and its scales.
  var stored: [UInt8] = []
  var scales: [Float] = []
  /// Elements of an i32 constant are below this, from 0 on.
  var limit = 1

  var count: Int { shape.reduce(1, *) }
}

struct TestNode {
  var row: OperatorRow
  var inputs: [Int?]
  var output: Int
  var attributes: [Int64]
}

/// A small graph in execution order, to be offered to modules as a chain.
struct TestGraph {
  var tensors: [TestTensor] = []
  var nodes: [TestNode] = []
  /// Values that the test reads after the run although a node of the graph reads them, too.
  var observed: Set<Int> = []
  var title = ""

  mutating func value(_ shape: [Int]) -> Int {
    tensors.append(TestTensor(shape: shape))
    return tensors.count - 1
  }

  mutating func constant(_ shape: [Int], _ type: Int = MTLRT_F32) -> Int {
    tensors.append(TestTensor(shape: shape, type: type, isConstant: true))
    return tensors.count - 1
  }

  /// A constant of positions, each below `limit`.
  mutating func indexes(_ shape: [Int], below limit: Int) -> Int {
    tensors.append(TestTensor(shape: shape, type: MTLRT_I32, isConstant: true, limit: limit))
    return tensors.count - 1
  }

  /// Appends a node and returns the index of its result, whose shape the oracle tells.
  mutating func add(_ name: String, _ inputs: [Int?], _ attributes: [Int64] = []) -> Int {
    let row = OperatorRow.named(name)
    let shapes = inputs.map { $0.map { tensors[$0].shape } ?? [] }
    let output = value(oracles[name]!.shape(shapes, attributes))
    nodes.append(TestNode(row: row, inputs: inputs, output: output, attributes: attributes))
    if !title.isEmpty { title += " " }
    title += "\(name)\(shapes)\(attributes)"
    return output
  }

  var valueInputs: [Int] {
    let made = Set(nodes.map(\.output))
    return tensors.indices.filter { !tensors[$0].isConstant && !made.contains($0) }
  }

  /// Gives every constant its elements.
  mutating func fill(_ kind: InputClass, _ random: inout Random) {
    for index in tensors.indices where tensors[index].isConstant {
      tensors[index].fill(kind, &random)
    }
    // A variance is positive.
    for node in nodes where node.row.name == "batch_norm" {
      let variance = node.inputs[4]!
      tensors[variance].set(tensors[variance].numbers.map { abs($0) + 0.5 })
    }
  }
}

/// A row of mtlrt_ops.h.
struct OperatorRow: Sendable, CustomStringConvertible {
  let code: Int
  let name: String
  let isView: Bool
  /// MTL_NUMBERS_...
  let numbers: Int

  static let all: [OperatorRow] = (0..<mtl_operator_count()).map { index in
    let row = mtl_operator_at(index)!.pointee
    return OperatorRow(
      code: Int(row.code), name: String(cString: row.name),
      isView: Int(row.result) == MTL_RESULT_VIEW, numbers: Int(row.numbers))
  }

  static func named(_ name: String) -> OperatorRow { all.first { $0.name == name }! }

  var description: String { name }
}
