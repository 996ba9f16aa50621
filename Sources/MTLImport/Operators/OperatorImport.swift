/// What the importer knows about one of ONNX's operators. Its functions hold constants alone.
struct OperatorImport: @unchecked Sendable {
  /// Computes it plainly, as ONNX defines it.
  let evaluate: (Evaluation) throws -> [HostTensor]
  /// Adds the nodes that do the same in a model file. nil: it is only ever computed beforehand.
  let lower: ((NodeLowering) throws -> [Operand])?
  /// The graph of an attribute that gives the results in its place, for an operator that chooses
  /// one by its inputs.
  var choose: ((Evaluation) throws -> SourceGraph)?

  init(
    _ evaluate: @escaping (Evaluation) throws -> [HostTensor],
    _ lower: ((NodeLowering) throws -> [Operand])? = nil
  ) {
    self.evaluate = evaluate
    self.lower = lower
  }

  /// An operator that chooses a graph.
  init(choosing choose: @escaping (Evaluation) throws -> SourceGraph) {
    self.init({ _ in throw ImportError("it gives no results of its own") })
    self.choose = choose
  }

  /// By ONNX's name; each family of operators is in a file of its own.
  static let table: [String: OperatorImport] = {
    let families = [
      activationOperators, arithmeticOperators, comparisonOperators, convolutionOperators,
      poolingOperators, normalizationOperators, matrixOperators, reductionOperators,
      reshapeOperators, movementOperators, constantOperators, softmaxOperators,
      resizeOperators, quantizationOperators, controlOperators, placeOperators,
      attentionOperators, triangleOperators,
    ]
    return families.reduce(into: [:]) { table, family in
      table.merge(family) { _, _ in preconditionFailure("an operator stands in two families") }
    }
  }()
}

/// One node with the tensors that it reads.
struct Evaluation {
  let node: SourceNode
  let opset: Int
  /// nil: an optional input that is absent.
  let inputs: [HostTensor?]

  func has(_ index: Int) -> Bool { optional(index) != nil }

  func input(_ index: Int) throws -> HostTensor {
    node.ask(input: index)
    guard index < inputs.count, let tensor = inputs[index] else {
      throw ImportError("input \(index) is absent")
    }
    return tensor
  }

  func optional(_ index: Int) -> HostTensor? {
    node.ask(input: index)
    return index < inputs.count ? inputs[index] : nil
  }
}

/// One node on its way into a model file.
struct NodeLowering {
  let node: SourceNode
  let opset: Int
  /// nil: an optional input that is absent.
  let inputs: [Operand?]
  let lowering: Lowering

  var builder: ModelBuilder { lowering.builder }

  func has(_ index: Int) -> Bool {
    node.ask(input: index)
    return index < inputs.count && inputs[index] != nil
  }

  func operand(_ index: Int) throws -> Operand {
    node.ask(input: index)
    guard index < inputs.count, let operand = inputs[index] else {
      throw ImportError("input \(index) is absent")
    }
    return operand
  }

  /// Input `index`, which must be computed while the model runs.
  func value(_ index: Int) throws -> Value {
    guard case .value(let value) = try operand(index) else {
      throw ImportError("input \(index) is a constant")
    }
    return value
  }

  /// Input `index`, which must be known beforehand, whatever the number of images.
  func known(_ index: Int, _ what: String) throws -> HostTensor {
    guard case .known(let known) = try operand(index) else {
      throw ImportError("\(what) must be a constant")
    }
    return try known.fixed(what)
  }

  func optional(_ index: Int, _ what: String) throws -> HostTensor? {
    has(index) ? try known(index, what) : nil
  }

  /// The floats of a constant with `count` elements.
  func parameters(_ index: Int, _ what: String, count: Int) throws -> [Float] {
    let tensor = try known(index, what)
    guard tensor.count == count else {
      throw ImportError("\(what) has \(tensor.count) elements, \(count) are needed")
    }
    return tensor.asFloats
  }

  /// `axis` of a tensor of `rank` axes, counted from the end if it is negative.
  func axis(_ axis: Int, rank: Int) throws -> Int { try checkedAxis(axis, rank: rank) }
}

/// Errors: `axis` is outside of -rank ..< rank.
func checkedAxis(_ axis: Int, rank: Int) throws -> Int {
  guard axis >= -rank, axis < rank else {
    throw ImportError("axis \(axis) of a tensor of rank \(rank)")
  }
  return axis < 0 ? axis + rank : axis
}

/// Errors: an axis is out of range or there twice.
func checkedAxes(_ axes: [Int], rank: Int) throws -> [Int] {
  let result = try axes.map { try checkedAxis($0, rank: rank) }
  guard Set(result).count == result.count else { throw ImportError("an axis stands there twice") }
  return result
}
