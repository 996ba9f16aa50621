import CMTL
import MTLFormat

/// A model seen from its results, for passes that look for several nodes that are one operator.
struct NodePatterns {
  let model: Model
  /// For each tensor, how many nodes and outputs read it.
  let readers: [Int]
  private let producer: [Int?]

  init(_ model: Model) {
    self.model = model
    readers = model.readerCounts()
    var producer = Array<Int?>(repeating: nil, count: model.tensors.count)
    for index in model.nodes.indices { producer[model.nodes[index].output] = index }
    self.producer = producer
  }

  /// The node that makes `tensor`, if it is one of this operator.
  func node(_ tensor: Int?, _ op: Int) -> Node? {
    guard let tensor, let index = producer[tensor], model.nodes[index].op == UInt32(op) else {
      return nil
    }
    return model.nodes[index]
  }

  /// The number that a constant of one element is.
  func number(_ tensor: Int?) -> Double? {
    guard let tensor, case let constant = model.tensors[tensor], constant.type == .f32,
      constant.elementCount == 1, constant.isConstant
    else { return nil }
    return Double(constant.floats[0])
  }

  /// Of a node with two inputs that is a value and a number, in whatever order.
  func valueAndNumber(_ node: Node) -> (value: Int, number: Double)? {
    if let number = number(node.inputs[1]) { return (node.inputs[0]!, number) }
    if let number = number(node.inputs[0]) { return (node.inputs[1]!, number) }
    return nil
  }

  /// `tensor` as a product of a number and values, as far as nobody else reads what is between.
  func product(_ tensor: Int) -> (number: Double, values: [Int]) {
    product(tensor, depth: 0)
  }

  /// Products as deep as this are found; a model may be of any depth.
  private static let depthMax = 6

  private func product(_ tensor: Int, depth: Int) -> (number: Double, values: [Int]) {
    guard depth == 0 || (depth < Self.depthMax && readers[tensor] == 1) else {
      return (1, [tensor])
    }
    func rest(_ input: Int?) -> (number: Double, values: [Int]) {
      product(input!, depth: depth + 1)
    }
    if let node = node(tensor, MTLRT_OP_MUL) {
      if let (value, number) = valueAndNumber(node) {
        let (factor, values) = rest(value)
        return (number * factor, values)
      }
      let (a, b) = (rest(node.inputs[0]), rest(node.inputs[1]))
      return (a.number * b.number, a.values + b.values)
    }
    if let node = node(tensor, MTLRT_OP_DIV), let divisor = number(node.inputs[1]) {
      let (factor, values) = rest(node.inputs[0])
      return (factor / divisor, values)
    }
    if let node = node(tensor, MTLRT_OP_POW), let power = number(node.inputs[1]),
      power == 2 || power == 3
    {
      return (1, Array(repeating: node.inputs[0]!, count: Int(power)))
    }
    return (1, [tensor])
  }
}

/// Whether `a` is the number that an exporter has written, rounded, for `b`.
func isAbout(_ a: Double, _ b: Double) -> Bool { (a - b).magnitude <= 1e-6 * b.magnitude }
