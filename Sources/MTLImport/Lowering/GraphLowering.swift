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
  /// Constants of the graph and, behind them, of those within it that are being lowered.
  private var constants: [[String: StoredTensor]]
  /// What cannot be done.
  private(set) var problems = ImportProblems()
  /// Tensors that there are not, for a reason that is among the problems.
  private var failed: Set<String> = []
  /// The graphs that nodes have chosen.
  private var chosen: [ObjectIdentifier: SourceGraph] = [:]
  private(set) var inputs: [SourceSlot] = []
  private(set) var outputs: [SourceSlot] = []
  /// Whether the source's images are (N, C, H, W).
  private(set) var isChannelsFirst = false

  init(_ source: SourceGraph, isBatched: Bool) {
    self.source = source
    constants = [source.constants]
    let declared = source.inputs.compactMap { $0.shape.first ?? nil }.first
    lowering = Lowering(isBatched: isBatched, declaredBatch: isBatched ? declared : nil)
  }

  private var builder: ModelBuilder { lowering.builder }

  func run() {
    for name in source.inputs.map({ $0.name }) + source.outputs { builder.reserve(name) }
    for input in source.inputs {
      attempt({ problems.add("input '\(input.name)'", $0) }, makes: [input.name]) {
        try add(input)
      }
    }
    for node in source.neededNodes() { lower(node) }
    for name in source.outputs {
      attempt({ problems.add("output '\(name)'", $0) }, makes: []) { try addOutput(name) }
    }
    guard !chosen.isEmpty else { return }
    // What a graph that was not chosen would have needed is no problem.
    var needed: Set<ObjectIdentifier> = []
    _ = reads(of: source, through: &needed)
    problems.keep(needed)
  }

  /// The tensors that a graph needs; notes the nodes that make them.
  private func reads(
    of graph: SourceGraph, through needed: inout Set<ObjectIdentifier>
  ) -> Set<String> {
    var names = Set(graph.outputs)
    for node in graph.nodes.reversed() where node.outputs.contains(where: { names.contains($0) }) {
      needed.insert(ObjectIdentifier(node))
      names.formUnion(node.inputs)
      let inner = chosen[ObjectIdentifier(node)].map { reads(of: $0, through: &needed) }
      names.formUnion(inner ?? node.captured)
    }
    return names
  }

  /// Notes what goes wrong, and that `names` are not made then.
  private func attempt(_ note: (String) -> Void, makes names: [String], _ body: () throws -> Void) {
    do {
      try body()
    } catch let error {
      failed.formUnion(names)
      switch error {
      case let error as ImportError: note(error.text)
      case let status as Status: note(status.text)
      default: note("\(error)")
      }
    }
  }

  private func add(_ input: SourceInput) throws {
    if let problem = input.problem { throw ImportError(problem) }
    guard !input.lacksShape else {
      throw ImportError("its shape is not known; give it with --shape")
    }
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

  /// nil: it was not made, for a reason that is known already.
  private func operand(_ name: String) throws -> Operand? {
    if let operand = operands[name] { return operand }
    for scope in constants.reversed() {
      if let stored = scope[name] { return .known(Known(try stored.load())) }
    }
    guard failed.contains(name) else { throw ImportError("there is no tensor '\(name)'") }
    return nil
  }

  private func lower(_ node: SourceNode) {
    guard node.domain.isEmpty, let known = OperatorImport.table[node.op] else {
      problems.add(node, UnsupportedOperator.text(node))
      failed.formUnion(node.outputs)
      return
    }
    builder.prefix = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? node.op : node.name
    attempt({ problems.add(node, $0) }, makes: node.outputs) {
      guard let inputs = try self.inputs(node) else {
        failed.formUnion(node.outputs)
        return
      }
      guard let results = try self.results(node, known, inputs) else {
        failed.formUnion(node.outputs)
        return
      }
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
      if let input = node.unaskedInputs.first {
        throw ImportError("input \(input), '\(node.inputs[input])', is one too many")
      }
    }
  }

  /// nil: one was not made, for a reason that is known already.
  private func inputs(_ node: SourceNode) throws -> [Operand?]? {
    var inputs: [Operand?] = []
    for name in node.inputs {
      guard !name.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let operand = try operand(name) else { return nil }
      inputs.append(operand)
    }
    return inputs
  }

  private func results(
    _ node: SourceNode, _ known: OperatorImport, _ inputs: [Operand?]
  ) throws -> [Operand]? {
    let opset = node.opset ?? source.opset
    let inputs = try OldBroadcasting.aligned(inputs, node, opset: opset)
    let constants = inputs.map { operand -> Known? in
      if case .known(let known) = operand { return known }
      return nil
    }
    if let choose = known.choose { return try results(node, choose, constants) }
    let isConstant = zip(inputs, constants).allSatisfy { $0 == nil || $1 != nil }
    guard isConstant else {
      guard let lower = known.lower else {
        throw ImportError("its inputs must be constants")
      }
      return try lower(
        NodeLowering(node: node, opset: opset, inputs: inputs, lowering: lowering))
    }
    let one = try known.evaluate(
      Evaluation(node: node, opset: opset, inputs: constants.map { $0?.one }))
    guard constants.contains(where: { $0?.two != nil }) else {
      return one.map { .known(Known($0)) }
    }
    let two = try known.evaluate(
      Evaluation(
        node: node, opset: opset, inputs: constants.map { $0.map { $0.two ?? $0.one } }))
    return zip(one, two).map { .known(Known(one: $0, two: $1)) }
  }

  /// The results of the graph that a node chooses; nil: one was not made, for a reason that is
  /// known already.
  private func results(
    _ node: SourceNode, _ choose: (Evaluation) throws -> SourceGraph, _ inputs: [Known?]
  ) throws -> [Operand]? {
    guard !zip(node.inputs, inputs).contains(where: { !$0.isEmpty && $1 == nil }) else {
      throw ImportError("the image decides which of its graphs runs; constants alone may")
    }
    guard inputs.allSatisfy({ $0?.two == nil }) else {
      throw ImportError(
        "the number of images decides which of its graphs runs; give it with --shape NAME=1,…")
    }
    let given = inputs.map { $0?.one }
    let graph = try choose(
      Evaluation(node: node, opset: node.opset ?? source.opset, inputs: given))
    chosen[ObjectIdentifier(node)] = graph
    // What the graph makes has its names there alone.
    let outer = (operands, failed)
    constants.append(graph.constants)
    defer {
      (operands, failed) = outer
      constants.removeLast()
    }
    for node in graph.neededNodes() { lower(node) }
    let results = try graph.outputs.map { try operand($0) }
    return results.contains { $0 == nil } ? nil : results.map { $0! }
  }

  private func addOutput(_ name: String) throws {
    guard let operand = try operand(name) else { return }
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
      needed.formUnion(node.reads)
      result.append(node)
    }
    return result.reversed()
  }

  /// Whether a node has `name` among its results.
  func makes(_ name: String) -> Bool { nodes.contains { $0.outputs.contains(name) } }
}
