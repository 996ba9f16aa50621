import CMTL
import MTLFormat
import MTLGraph
import Testing

/// Scales and shifts that go into the dense layers behind them, and weights that lie by input.
@Suite struct DensePassTests {
  private static let pool: [Int64] = [2, 2, 0, 0, 0, 0, 2, 2]

  /// The operators that are left of a network whose answers must not change.
  private func ops(outputs: Int, _ make: (TestModel, Int) -> Void) throws -> [Int] {
    let test = TestModel(seed: 4)
    make(test, test.input([1, 4, 4, 6]))
    let input = (0..<2 * 96).map { _ in test.random() }
    let before = try OpenModel(try test.encoded()).predict(input, outputs: 2 * outputs)
    var constants = ConstantPool()
    try foldScaleShiftsAhead(in: &test.model, constants: &constants)
    try layWeightsByInput(in: &test.model, constants: &constants, least: 90)
    test.model.removeUnused()
    test.model.makeNamesUnique()
    let after = try withExtendedLifetime(constants) {
      try OpenModel(try test.encoded()).predict(input, outputs: 2 * outputs)
    }
    for (b, a) in zip(before, after) { #expect((b - a).magnitude < 1e-5) }
    return test.model.nodes.map { Int($0.op) }
  }

  /// ReLU, scale and shift, max-pool and a view: 24 numbers.
  private func features(
    _ test: TestModel, _ x: Int, least: Float = 0, view: Int = MTLRT_OP_FLATTEN
  ) -> Int {
    let relu = test.node(MTLRT_OP_RELU, "relu", [x], shape: [1, 4, 4, 6])
    let parameters = [
      test.constant("scale", [6]) { test.random().magnitude + least }, test.constant("shift", [6]),
    ]
    let norm = test.node(
      MTLRT_OP_SCALE_SHIFT, "norm", [relu] + parameters, shape: [1, 4, 4, 6])
    let pool = test.node(
      MTLRT_OP_MAX_POOL, "pool", [norm], shape: [1, 2, 2, 6], attributes: Self.pool)
    return test.node(
      view, "flat", [pool], shape: [1, 24], attributes: view == MTLRT_OP_RESHAPE ? [24] : [])
  }

  private func dense(_ test: TestModel, _ x: Int, _ outputs: Int, hasBias: Bool = true) -> Int {
    let name = "dense\(test.model.nodes.count)"
    let length = test.model.tensors[x].shape.last!
    let bias = hasBias ? test.constant(name + ".b", [outputs]) : nil
    return test.node(
      MTLRT_OP_DENSE, name, [x, test.constant(name + ".w", [outputs, length]), bias],
      shape: Array(test.model.tensors[x].shape.dropLast()) + [outputs])
  }

  @Test(arguments: [MTLRT_OP_FLATTEN, MTLRT_OP_RESHAPE])
  func scalesGoThroughPoolsAndViews(_ view: Int) throws {
    let left = try ops(outputs: 5) { test, x in
      test.output(dense(test, features(test, x, view: view), 5))
    }
    #expect(left == [MTLRT_OP_RELU, MTLRT_OP_MAX_POOL, view, MTLRT_OP_DENSE_BY_INPUT])
  }

  @Test func eachLayerGetsThem() throws {
    let left = try ops(outputs: 9) { test, x in
      let flat = features(test, x)
      let heads = [dense(test, flat, 5), dense(test, flat, 4, hasBias: false)]
      test.output(test.node(MTLRT_OP_CONCAT, "both", heads, shape: [1, 9], attributes: [1]))
    }
    #expect(left.suffix(3) == [MTLRT_OP_DENSE_BY_INPUT, MTLRT_OP_DENSE_BY_INPUT, MTLRT_OP_CONCAT])
    #expect(!left.contains(MTLRT_OP_SCALE_SHIFT))
  }

  @Test func theyStayWhereTheyMatterToOthers() throws {
    let negative = try ops(outputs: 5) { test, x in
      test.output(dense(test, features(test, x, least: -0.9), 5))
    }
    #expect(negative.contains(MTLRT_OP_SCALE_SHIFT) && negative.last == MTLRT_OP_DENSE)
    let observed = try ops(outputs: 29) { test, x in
      let flat = features(test, x)
      let both = [flat, dense(test, flat, 5)]
      test.output(test.node(MTLRT_OP_CONCAT, "both", both, shape: [1, 29], attributes: [1]))
    }
    #expect(observed.contains(MTLRT_OP_SCALE_SHIFT))
  }

  /// Channels that a view spreads over several rows cannot be told from a place in a row.
  @Test func viewsMustKeepChannels() throws {
    let left = try ops(outputs: 24) { test, x in
      let parameters = [test.constant("scale", [6]), test.constant("shift", [6])]
      let norm = test.node(
        MTLRT_OP_SCALE_SHIFT, "norm", [x] + parameters, shape: [1, 4, 4, 6])
      let rows = test.node(
        MTLRT_OP_RESHAPE, "rows", [norm], shape: [1, 4, 24], attributes: [4, 24])
      let others = test.node(
        MTLRT_OP_RESHAPE, "others", [rows], shape: [1, 12, 8], attributes: [12, 8])
      test.output(dense(test, others, 2))
    }
    #expect(left.first == MTLRT_OP_SCALE_SHIFT)
  }

  /// Layers of several rows, small ones, and those that read other values than a ReLU's.
  @Test func othersKeepTheirWeights() throws {
    let rows = try ops(outputs: 20) { test, x in
      let relu = test.node(MTLRT_OP_RELU, "relu", [x], shape: [1, 4, 4, 6])
      let rows = test.node(
        MTLRT_OP_RESHAPE, "rows", [relu], shape: [1, 4, 24], attributes: [4, 24])
      test.output(dense(test, rows, 5))
    }
    #expect(rows.last == MTLRT_OP_DENSE)
    let small = try ops(outputs: 3) { test, x in
      test.output(dense(test, features(test, x), 3))
    }
    #expect(small.last == MTLRT_OP_DENSE && !small.contains(MTLRT_OP_SCALE_SHIFT))
    let plain = try ops(outputs: 5) { test, x in
      let flat = test.node(MTLRT_OP_FLATTEN, "flat", [x], shape: [1, 96])
      test.output(dense(test, flat, 5))
    }
    #expect(plain.last == MTLRT_OP_DENSE)
  }
}
