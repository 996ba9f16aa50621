import CMTL
import Testing

/// Every operator, on every backend, on every shape and class of input.
struct KernelTests {
  @Test(arguments: Backend.all, OperatorRow.all.filter { !$0.isView })
  func agreesWithTheOracle(_ backend: Backend, _ row: OperatorRow) throws {
    let graphs = try #require(Cases.byOperator[row.name], "no cases for \(row)")
    var worst = 0.0
    for (number, graph) in graphs.enumerated() {
      for batch in [1, 2, 7] {
        for kind in InputClass.allCases {
          var trial = Trial(graph, batch: batch, kind, seed: UInt64(number * 100 + batch))
          try worst = max(worst, trial.check(backend))
        }
      }
    }
    print("\(backend) \(row): worst error \(worst) of the bound, \(graphs.count) shapes")
  }
}

/// One graph with inputs, to be run by a backend and compared with the oracle.
struct Trial {
  var graph: TestGraph
  let batch: Int
  let kind: InputClass
  private(set) var inputs: [Int: [Float]] = [:]

  /// With `rectified`, inputs below 0 are 0, as those behind a ReLU.
  init(
    _ graph: TestGraph, batch: Int, _ kind: InputClass, seed: UInt64, rectified: Bool = false
  ) {
    self.graph = graph
    self.batch = batch
    self.kind = kind
    var random = Random(state: seed)
    self.graph.fill(kind, &random)
    for index in graph.valueInputs {
      inputs[index] = (0..<graph.tensors[index].count * batch).map { _ in
        let value = random.value(kind)
        return rectified && value < 0 ? 0 : value
      }
    }
  }

  /// Compares with the oracle; returns the largest error as a part of its bound. The bits must not
  /// depend on the order of the parts, on threads, or on whether the result goes into an input.
  mutating func check(_ backend: Backend) throws -> Double {
    var host = TestHost(backend: backend, tight: kind == .hostile)
    let outcome = try host.run(graph, batch: batch, inputs: inputs)
    // What scalar had to run is tried under its own name.
    if backend.description != Backend.scalar.description, outcome.taken == [0] { return 0 }
    let last = graph.nodes.last!.output
    let result = try #require(outcome.values[last])
    let expected = expectation()
    let tileBounds = backend.tilesConvolutions ? expected.tileBounds : nil
    let bounds = tileBounds ?? expected.bounds
    var worst = 0.0
    for (index, value) in result.enumerated() {
      let (want, bound) = (expected.values[index], bounds[index])
      let isRight =
        agrees(value, want, bound, inTile: tileBounds != nil)
        || (expected.overflows.contains(index) && !value.isFinite)
      #expect(
        isRight,
        "\(backend) \(kind) batch \(batch) [\(index)]: \(value), \(want): \(graph.title)")
      guard isRight else { break }
      if value.isFinite, bound > 0 { worst = max(worst, abs(Double(value) - want) / bound) }
    }
    for order in TestHost.Order.allCases {
      (host.order, host.inPlace) = (order, order != .twoThreads)
      let again = try host.run(graph, batch: batch, inputs: inputs).values[last]!
      let same = again.map(\.bitPattern) == result.map(\.bitPattern)
      #expect(same, "\(backend) \(order) in place \(host.inPlace): other bits: \(graph.title)")
    }
    return worst
  }

  private func agrees(
    _ value: Float, _ want: Double, _ bound: Double, inTile: Bool
  ) -> Bool {
    if want.isNaN { return value.isNaN }
    // What a neighbour in the tile reads may show here.
    if inTile && !bound.isFinite { return true }
    if inTile { return abs(Double(value) - want) <= bound }
    if !Float(want).isFinite { return value == Float(want) }
    if kind == .integers, isExact { return value == Float(want) }
    return abs(Double(value) - want) <= bound
  }

  /// Whether small integers give results without rounding, or with one.
  private var isExact: Bool {
    graph.nodes.allSatisfy { node in
      node.row.name != "batch_norm"
        && [MTL_NUMBERS_EXACT, MTL_NUMBERS_SUM, MTL_NUMBERS_QUOTIENT].contains(node.row.numbers)
    }
  }

  private func expectation() -> Expected {
    let node = graph.nodes[0]
    let numbers: [Numbers?] = node.inputs.map { index in
      index.map { index in
        let tensor = graph.tensors[index]
        let shape = tensor.isConstant
          ? tensor.shape : [tensor.shape[0] * batch] + tensor.shape.dropFirst()
        return Numbers(
          shape: shape, values: inputs[index]?.map { Double($0) } ?? tensor.numbers)
      }
    }
    var shape = graph.tensors[node.output].shape
    shape[0] *= batch
    return oracles[node.row.name]!.compute(numbers, node.attributes, shape)
  }
}
