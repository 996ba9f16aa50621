import MTLFormat
import MTLGraph

/// A tensor of a case. Shapes are for a batch of 1.
struct CaseTensor {
  /// What is special about the elements of a constant.
  enum Sign { case any, positive, subtracted }

  var shape: [Int]
  var type = ElementType.f32
  var isConstant = false
  var sign = Sign.any
  /// Elements of an i32 constant are below this, from 0 on.
  var limit = 1

  var count: Int { shape.reduce(1, *) }

  /// Shape with the batch multiplied in.
  func shape(batch: Int) -> [Int] {
    isConstant ? shape : [shape[0] * batch] + shape.dropFirst()
  }

  func count(batch: Int) -> Int { isConstant ? count : count * batch }
}

struct CaseNode {
  var row: OperatorRow
  var inputs: [Int?]
  var output: Int
  var attributes: [Int64]
}

/// A few operators in execution order, to be offered to a module as a chain.
struct CaseGraph {
  private(set) var tensors: [CaseTensor] = []
  private(set) var nodes: [CaseNode] = []
  /// Values that somebody beyond the chain reads although an operator of the chain does, too.
  var observed: Set<Int> = []

  init() {}

  init(_ build: (inout CaseGraph) -> Void) { build(&self) }

  /// Values that no node computes.
  var inputs: [Int] {
    let made = Set(nodes.map { $0.output })
    return tensors.indices.filter { !tensors[$0].isConstant && !made.contains($0) }
  }

  mutating func value(_ shape: [Int]) -> Int {
    tensors.append(CaseTensor(shape: shape))
    return tensors.count - 1
  }

  mutating func constant(
    _ shape: [Int], _ type: ElementType = .f32, sign: CaseTensor.Sign = .any
  ) -> Int {
    tensors.append(CaseTensor(shape: shape, type: type, isConstant: true, sign: sign))
    return tensors.count - 1
  }

  /// A constant of positions, each below `limit`.
  mutating func indexes(_ shape: [Int], below limit: Int) -> Int {
    tensors.append(CaseTensor(shape: shape, type: .i32, isConstant: true, limit: limit))
    return tensors.count - 1
  }

  /// Appends a node and returns the index of its result. Inputs and attributes fit: a case maker
  /// that gives others is wrong.
  mutating func add(_ row: OperatorRow, _ inputs: [Int?], _ attributes: [String: Int] = [:]) -> Int
  {
    add(row, inputs, slots: row.slots(attributes))
  }

  /// The same for an operator whose one attribute is a list.
  mutating func add(_ row: OperatorRow, _ inputs: [Int?], list: [Int]) -> Int {
    add(row, inputs, slots: list.map { Int64($0) })
  }

  private mutating func add(_ row: OperatorRow, _ inputs: [Int?], slots: [Int64]) -> Int {
    guard let shape = Operator(code: row.code)!.resultShape(inputs.map(model), slots) else {
      preconditionFailure("\(row.name) cannot work on \(inputs.map(model)), \(slots)")
    }
    let output = value(shape)
    nodes.append(CaseNode(row: row, inputs: inputs, output: output, attributes: slots))
    return output
  }

  mutating func add(
    _ name: String, _ inputs: [Int?], _ attributes: [String: Int] = [:]
  ) -> Int {
    add(OperatorRow.named(name), inputs, attributes)
  }

  /// A tensor as a model has it, without its elements.
  private func model(_ tensor: Int?) -> Tensor? {
    guard let tensor = tensor.map({ tensors[$0] }) else { return nil }
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return Tensor(
      name: "", type: tensor.type, shape: tensor.shape, data: tensor.isConstant ? nothing : nil)
  }

  /// Floating-point operations that a node stands for, for a batch of 1.
  func work(_ node: CaseNode) -> Double {
    Operator(code: node.row.code)!.work(node.inputs.map(model), node.attributes)
      * Double(tensors[node.output].count)
  }

  /// The same graph with the padding of convolution `node` made part of its input.
  func withPaddingInside(of node: Int) -> CaseGraph {
    var graph = self
    let (row, x) = (nodes[node].row, nodes[node].inputs[0]!)
    func takePad(_ name: String) -> Int {
      let index = row.index(of: name)
      defer { graph.nodes[node].attributes[index] = 0 }
      return Int(nodes[node].attributes[index])
    }
    graph.tensors[x].shape[1] += takePad("pad_top") + takePad("pad_bottom")
    graph.tensors[x].shape[2] += takePad("pad_left") + takePad("pad_right")
    return graph
  }

  /// Position of the last node that reads `tensor`; nil if somebody beyond the graph reads it.
  func lastReader(_ tensor: Int) -> Int? {
    if observed.contains(tensor) { return nil }
    return nodes.lastIndex { $0.inputs.contains(tensor) }
  }

  /// For a person: operators, shapes of their inputs, attributes.
  var title: String {
    nodes.map { node in
      let shapes = node.inputs.compactMap { $0 }.map { index in
        let tensor = tensors[index]
        let size = tensor.shape.map { "\($0)" }.joined(separator: "x")
        return tensor.type == .f32 ? size : "\(size) \(tensor.type)"
      }
      return "\(node.row.name) \(shapes.joined(separator: ", "))\(node.row.text(node.attributes))"
    }.joined(separator: "; ")
  }
}
