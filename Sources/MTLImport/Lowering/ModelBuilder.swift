import CMTL
import MTLFormat
import MTLGraph

/// Builds the graph of a model file node by node, and keeps the memory of its constants.
final class ModelBuilder {
  private(set) var model = Model()
  /// The memory of constants, by tensor.
  private(set) var memory: [Int: Bytes] = [:]
  /// Names what is made for the source's node that is being lowered.
  var prefix = ""
  private var names: Set<Name> = []
  private var numbers: [String: Int] = [:]
  private var views: [View: Int] = [:]

  private let rows = Dictionary(
    uniqueKeysWithValues: Operator.all.map { ($0.name.string, $0) })

  private struct View: Hashable {
    let tensor: Int
    let shape: [Int]
  }

  /// An input of the graph.
  func input(_ name: String, _ shape: [Int]) -> Int {
    let index = add(Tensor(name: claimed(name), shape: shape))
    model.inputs.append(index)
    return index
  }

  func shape(_ tensor: Int) -> [Int] { model.tensors[tensor].shape }

  /// A node; its result's shape follows from the table of operators.
  ///
  /// Errors: the operator does not take such inputs or attributes.
  func node(_ op: String, _ inputs: [Int?], _ attributes: [Attribute] = []) throws -> Int {
    let slots = attributes.map { $0.bits }
    guard let row = rows[op] else {
      throw ImportError("model files have no operator '\(op)' yet")
    }
    let tensors = inputs.map { $0.map { model.tensors[$0] } }
    guard let shape = row.checkedResultShape(tensors, slots) else {
      let shapes = tensors.map { $0.map { shapeText($0.shape) } ?? "none" }
      throw ImportError(
        "\(op) cannot work on shapes \(shapes.joined(separator: ", ")) "
          + "with attributes \(attributes.map { $0.text })")
    }
    let name = unique(prefix)
    let result = add(Tensor(name: name, shape: shape))
    guard model.nodes.count < Limits.nodes else { throw ImportError("too many nodes") }
    model.nodes.append(
      Node(op: row.code, name: name, inputs: inputs, output: result, attributes: slots))
    return result
  }

  /// `tensor` in another shape with the same elements in the same order.
  func view(_ tensor: Int, _ shape: [Int]) throws -> Int {
    if self.shape(tensor) == shape { return tensor }
    // The list of dimensions of a view leaves the first out, and is never empty.
    let target = shape.count == 1 ? [1, 1] : shape
    if self.shape(tensor) == target { return tensor }
    let key = View(tensor: tensor, shape: target)
    if let found = views[key] { return found }
    let result = try node("reshape", [tensor], target.dropFirst().map { .integer($0) })
    views[key] = result
    return result
  }

  /// A f32 constant.
  func constant(_ floats: [Float], _ shape: [Int]) throws -> Int {
    precondition(shape.reduce(1, *) == floats.count)
    return try floats.withUnsafeBytes { try constant($0, .f32, shape) }
  }

  /// A constant of whole numbers.
  func constant(indices: [Int], _ shape: [Int]) throws -> Int {
    precondition(shape.reduce(1, *) == indices.count)
    return try indices.map { Int32($0) }.withUnsafeBytes { try constant($0, .i32, shape) }
  }

  private func constant(
    _ elements: UnsafeRawBufferPointer, _ type: ElementType, _ shape: [Int]
  ) throws -> Int {
    let bytes = try Bytes.allocate(elements.count)
    UnsafeMutableRawBufferPointer(mutating: bytes.view).copyMemory(from: elements)
    let name = unique(prefix + ".constant")
    let index = add(Tensor(name: name, type: type, shape: shape, data: bytes.view))
    memory[index] = bytes
    return index
  }

  private var reserved: Set<String> = []

  /// Keeps `name` for an input or output.
  func reserve(_ name: String) {
    if names.insert(Name(legalName(name))).inserted { reserved.insert(name) }
  }

  /// The name that was reserved, once, or one like it.
  private func claimed(_ name: String) -> Name {
    reserved.remove(name) == nil ? unique(name) : Name(legalName(name))
  }

  /// Names a tensor as the source does.
  func rename(_ tensor: Int, _ name: String) { model.tensors[tensor].name = claimed(name) }

  /// Whether a node makes the tensor.
  func isResult(_ tensor: Int) -> Bool {
    !model.inputs.contains(tensor) && !model.tensors[tensor].isConstant
  }

  /// Makes `tensor` the next output of the graph.
  func output(_ tensor: Int) { model.outputs.append(tensor) }

  private func add(_ tensor: Tensor) -> Int {
    model.tensors.append(tensor)
    return model.tensors.count - 1
  }

  /// `name`, or with a number behind it, such that no tensor has it.
  func unique(_ name: String) -> Name {
    let plain = legalName(name)
    var candidate = Name(plain)
    while !names.insert(candidate).inserted {
      let number = numbers[plain, default: 0] + 1
      numbers[plain] = number
      candidate = Name("\(plain).\(number)")
    }
    return candidate
  }
}

/// An attribute slot of a node.
enum Attribute {
  case integer(Int)
  case float(Double)

  var bits: Int64 {
    switch self {
    case .integer(let value): Int64(value)
    case .float(let value): Int64(bitPattern: value.bitPattern)
    }
  }

  var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    }
  }
}

/// `name` without what the format does not allow in names.
func legalName(_ name: String) -> String {
  let kept = String(
    String.UnicodeScalarView(
      name.unicodeScalars.prefix(1000).filter { $0.value > 31 && !(127...159).contains($0.value) }))
  return kept.isEmpty ? "unnamed" : kept
}
