import MTLFormat

/// What runs of a model, in which order, and which tensors share memory because one is a view of
/// the other.
public struct Schedule {
  /// Indexes of the nodes that run, in order: those that compute something an output needs.
  public let nodes: [Int]
  /// For each tensor the one that stands for it: an identity's or a dropout's result is its input.
  public let standIn: [Int]
  /// For each tensor the one in whose memory its elements are: a reshape's result is its input's.
  public let storage: [Int]

  /// `model` keeps every rule of the format and of the operators.
  public init(_ model: Model) {
    var standIn = Array(model.tensors.indices)
    var storage = Array(model.tensors.indices)
    var operators: [Operator] = []
    for node in model.nodes {
      let op = Operator(code: node.op)!
      operators.append(op)
      guard op.isView, let input = node.inputs[0] else { continue }
      storage[node.output] = storage[input]
      if op.keepsShape { standIn[node.output] = standIn[input] }
    }
    var needed = Array(repeating: false, count: model.tensors.count)
    for output in model.outputs { needed[output] = true }
    var nodes: [Int] = []
    for index in model.nodes.indices.reversed() where needed[model.nodes[index].output] {
      for case let input? in model.nodes[index].inputs { needed[input] = true }
      if !operators[index].isView { nodes.append(index) }
    }
    self.nodes = nodes.reversed()
    self.standIn = standIn
    self.storage = storage
  }
}
