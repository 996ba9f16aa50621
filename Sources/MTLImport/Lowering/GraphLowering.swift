import MTLFormat

/// Where the axes of a source's input or output lie in the file's tensor.
public struct SourceSlot: Sendable {
  public let name: String
  /// For each axis of the source the axis of the tensor.
  public let axes: [Int]
}

/// Takes a source graph through the table of operators into a model file's graph.
final class GraphLowering {
  private let source: SourceGraph
  let lowering: Lowering
  private var operands: [String: Operand] = [:]
  /// What cannot be done, a line for each.
  private(set) var problems: [String] = []
  private(set) var inputs: [SourceSlot] = []
  private(set) var outputs: [SourceSlot] = []
  /// Whether the source's images are (N, C, H, W).
  private(set) var isChannelsFirst = false

  init(_ source: SourceGraph, isBatched: Bool) {
    self.source = source
    let declared = source.inputs.compactMap { $0.shape.first ?? nil }.first
    lowering = Lowering(isBatched: isBatched, declaredBatch: isBatched ? declared : nil)
  }

  private var builder: ModelBuilder { lowering.builder }

  func run() {
    for name in source.inputs.map({ $0.name }) + source.outputs { builder.reserve(name) }
    for input in source.inputs { attempt("input '\(input.name)'") { try add(input) } }
    for node in source.neededNodes() { lower(node) }
    for name in source.outputs { attempt("output '\(name)'") { try addOutput(name) } }
  }

  /// Notes what goes wrong.
  private func attempt(_ what: String, _ body: () throws -> Void) {
    do {
      try body()
    } catch let error as ImportError {
      problems.append("\(what): \(error.text)")
    } catch let status as Status {
      problems.append("\(what): \(status.text)")
    } catch {
      problems.append("\(what): \(error)")
    }
  }

  private func add(_ input: SourceInput) throws {
    let rank = input.shape.count
    let known = lowering.isBatched ? input.shape.dropFirst() : input.shape[...]
    guard !(lowering.isBatched && rank == 0), known.allSatisfy({ $0 != nil }) else {
      let shape = input.shape.map { $0.map { "\($0)" } ?? "?" }.joined(separator: ", ")
      throw ImportError("its shape is not fixed: (\(shape)); give it with --shape")
    }
    guard rank < 8 else { throw ImportError("rank \(rank) is more than 7") }
    let sizes = known.map { $0! }
    _ = try checkedCount(sizes)
    // Images lie channels last.
    let isImage = lowering.isBatched && rank == 4 && Self.isChannelsFirst(sizes)
    var axes = lowering.isBatched ? Array(0..<rank) : Array(1..<rank + 1)
    if isImage { (axes, isChannelsFirst) = ([0, 3, 1, 2], true) }
    var dimensions = Array(repeating: 1, count: max(1, lowering.isBatched ? rank : rank + 1))
    for (axis, place) in axes.enumerated() where place > 0 {
      dimensions[place] = sizes[lowering.isBatched ? axis - 1 : axis]
    }
    let tensor = builder.input(input.name, dimensions)
    operands[input.name] = .value(
      Value(tensor: tensor, dimensions: dimensions, axes: axes.map { [$0] }, type: input.type))
    inputs.append(SourceSlot(name: input.name, axes: axes))
  }

  /// Whether channels are the first rather than the last of three sizes: where there is one or
  /// three of them, or few.
  private static func isChannelsFirst(_ sizes: [Int]) -> Bool {
    if [1, 3].contains(sizes[0]) { return true }
    if [1, 3].contains(sizes[2]) { return false }
    return sizes[0] <= 4 || sizes[2] > 4
  }

  private func operand(_ name: String) -> Operand? {
    if let operand = operands[name] { return operand }
    guard let stored = source.constants[name], let tensor = try? stored.load() else { return nil }
    return .known(Known(tensor))
  }

  private func lower(_ node: SourceNode) {
    guard node.domain.isEmpty, let known = OperatorImport.table[node.op] else {
      problems.append("\(node.title): the operator is not supported")
      return
    }
    var inputs: [Operand?] = []
    for name in node.inputs {
      guard !name.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let operand = operand(name) else {
        // What a failed node would have made is no problem of its own.
        if !source.makes(name) { problems.append("\(node.title): there is no tensor '\(name)'") }
        return
      }
      inputs.append(operand)
    }
    builder.prefix = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? node.op : node.name
    attempt(node.title) {
      let results = try self.results(node, known, inputs)
      for (name, result) in zip(node.outputs, results) where !name.isEmpty {
        guard operands.updateValue(result, forKey: name) == nil else {
          throw ImportError("'\(name)' is made twice")
        }
      }
      guard results.count >= node.outputs.filter({ !$0.isEmpty }).count else {
        throw ImportError("it has \(node.outputs.count) results, \(results.count) are known")
      }
      let unasked = node.unasked
      guard unasked.isEmpty else {
        throw ImportError("attribute \(unasked.joined(separator: ", ")) is not supported")
      }
    }
  }

  private func results(
    _ node: SourceNode, _ known: OperatorImport, _ inputs: [Operand?]
  ) throws -> [Operand] {
    let inputs = try OldBroadcasting.aligned(inputs, node, opset: source.opset)
    let constants = inputs.map { operand -> Known? in
      if case .known(let known) = operand { return known }
      return nil
    }
    let isConstant = zip(inputs, constants).allSatisfy { $0 == nil || $1 != nil }
    guard isConstant else {
      guard let lower = known.lower else {
        throw ImportError("its inputs must be constants")
      }
      return try lower(
        NodeLowering(node: node, opset: source.opset, inputs: inputs, lowering: lowering))
    }
    let one = try known.evaluate(
      Evaluation(node: node, opset: source.opset, inputs: constants.map { $0?.one }))
    guard constants.contains(where: { $0?.two != nil }) else {
      return one.map { .known(Known($0)) }
    }
    let two = try known.evaluate(
      Evaluation(
        node: node, opset: source.opset, inputs: constants.map { $0.map { $0.two ?? $0.one } }))
    return zip(one, two).map { .known(Known(one: $0, two: $1)) }
  }

  private func addOutput(_ name: String) throws {
    guard let operand = operand(name) else {
      if !source.makes(name) { throw ImportError("nothing makes it") }
      return
    }
    guard case .value(var value) = operand else {
      throw ImportError("it is a constant, and does not depend on the input")
    }
    builder.prefix = name
    guard !lowering.isBatched || (value.rank > 0 && value.factors(0) == [0]) else {
      throw ImportError.mixesImages
    }
    for axis in 0..<value.rank where value.factors(axis).count > 1 {
      value = try lowering.isolated(value, axis).value
    }
    // The axes in the order in which they lie; one of dimension 1 behind the one before it.
    var order: [Int] = []
    for axis in 0..<value.rank {
      if let place = value.factors(axis).first {
        let next = order.firstIndex { (value.factors($0).first ?? -1) > place } ?? order.count
        order.insert(axis, at: next)
      } else {
        order.insert(axis, at: (order.firstIndex(of: axis - 1) ?? order.count - 1) + 1)
      }
    }
    let groups = (lowering.isBatched ? [] : [[0]]) + order.map { value.factors($0) }
    var tensor = try lowering.arranged(value, groups)
    let isFree = builder.isResult(tensor) && !builder.model.outputs.contains(tensor)
    if !isFree { tensor = try builder.node("identity", [tensor]) }
    builder.rename(tensor, name)
    builder.output(tensor)
    let shift = lowering.isBatched ? 0 : 1
    outputs.append(
      SourceSlot(name: name, axes: (0..<value.rank).map { order.firstIndex(of: $0)! + shift }))
  }
}

extension SourceGraph {
  /// The nodes that the outputs need, in order.
  func neededNodes() -> [SourceNode] {
    var needed = Set(outputs)
    var result: [SourceNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: { needed.contains($0) }) {
      needed.formUnion(node.inputs)
      result.append(node)
    }
    return result.reversed()
  }

  /// Whether a node has `name` among its results.
  func makes(_ name: String) -> Bool { nodes.contains { $0.outputs.contains(name) } }
}
