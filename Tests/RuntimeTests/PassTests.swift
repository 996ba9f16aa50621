import CMTL
import MTLFormat
import MTLGraph
import Testing

/// Passes that make one operator of several nodes: what they find, what they leave, and that the
/// answers stay the same.
@Suite struct PassTests {
  private static let shape = [1, 3, 8]

  /// Builds `x` to a result of the same shape.
  private typealias Spelling = (TestModel, Int) -> Int

  /// GELU as exporters spell it, and whether it is the one by tanh.
  private static var gelus: [(make: Spelling, isApproximate: Bool)] {
    [
      // PyTorch: x / sqrt(2), and half of the product.
      ({ test, x in
        let erf = test.map(MTLRT_OP_ERF, test.scaled(x, by: 1.4142135, MTLRT_OP_DIV))
        return test.scaled(test.product(x, test.raised(erf, by: 1)), by: 0.5)
      }, false),
      // Half of x first, constants first.
      ({ test, x in
        let erf = test.map(MTLRT_OP_ERF, test.product(test.number(0.70710677), x))
        let share = test.binary(MTLRT_OP_ADD, test.number(1), erf)
        return test.product(test.scaled(x, by: 0.5), share)
      }, false),
      // Half of the share, or the share of halves.
      ({ test, x in
        let erf = test.map(MTLRT_OP_ERF, test.scaled(x, by: 0.70710677))
        return test.product(test.scaled(test.raised(erf, by: 1), by: 2, MTLRT_OP_DIV), x)
      }, false),
      ({ test, x in
        let erf = test.map(MTLRT_OP_ERF, test.scaled(x, by: 0.70710677))
        return test.product(x, test.raised(test.scaled(erf, by: 0.5), by: 0.5))
      }, false),
      // By tanh, with a power, and with products alone.
      ({ test, x in
        let cube = test.binary(MTLRT_OP_POW, x, test.number(3))
        let sum = test.binary(MTLRT_OP_ADD, x, test.scaled(cube, by: 0.044715))
        let tanh = test.map(MTLRT_OP_TANH, test.scaled(sum, by: 0.7978846))
        return test.product(test.scaled(x, by: 0.5), test.raised(tanh, by: 1))
      }, true),
      ({ test, x in
        let square = test.scaled(test.product(x, x), by: 0.044715)
        let inner = test.product(test.scaled(x, by: 0.7978846), test.raised(square, by: 1))
        let tanh = test.map(MTLRT_OP_TANH, inner)
        return test.scaled(test.product(x, test.raised(tanh, by: 1)), by: 0.5)
      }, true),
    ]
  }

  @Test(arguments: 0..<6) func gelu(_ spelling: Int) throws {
    let (make, isApproximate) = Self.gelus[spelling]
    let (test, ops) = try same(make) { replaceGelus(in: &$0) }
    #expect(ops == [MTLRT_OP_GELU])
    #expect(test.model.nodes.last?.attributes == [isApproximate ? 1 : 0])
  }

  /// Other numbers, a share of another value, no half.
  @Test(arguments: 0..<3) func noGelu(_ form: Int) throws {
    let (_, ops) = try same({ test, x in
      let argument = form == 1 ? test.map(MTLRT_OP_TANH, x) : x
      let erf = test.map(MTLRT_OP_ERF, test.scaled(argument, by: form == 0 ? 0.7072 : 0.70710677))
      let product = test.product(x, test.raised(erf, by: 1))
      return form == 2 ? product : test.scaled(product, by: 0.5)
    }) { replaceGelus(in: &$0) }
    #expect(!ops.contains(MTLRT_OP_GELU) && ops.contains(MTLRT_OP_ERF))
  }

  /// With two differences or one, squares as products or powers, a quotient or a reciprocal, with
  /// and without a scale and a bias.
  @Test(arguments: 0..<16) func layerNorm(_ form: Int) throws {
    let (test, ops) = try same({ test, x in
      let distance = test.binary(MTLRT_OP_SUB, x, test.mean(x))
      let other = form & 1 == 0 ? distance : test.binary(MTLRT_OP_SUB, x, test.mean(x))
      let squares =
        form & 2 == 0
        ? test.product(other, other) : test.binary(MTLRT_OP_POW, other, test.number(2))
      let root = test.map(MTLRT_OP_SQRT, test.raised(test.mean(squares), by: 1e-5))
      let normal =
        form & 4 == 0
        ? test.binary(MTLRT_OP_DIV, distance, root)
        : test.product(distance, test.binary(MTLRT_OP_DIV, test.number(1), root))
      if form & 8 == 0 { return normal }
      let scaled = test.product(test.constant("gamma", [1, 1, 8]), normal)
      return test.binary(MTLRT_OP_ADD, scaled, test.constant("beta", [1, 1, 8]))
    }, replacingLayerNorms)
    #expect(ops == [MTLRT_OP_LAYER_NORM])
    let epsilon = Double(bitPattern: UInt64(bitPattern: test.model.nodes.last!.attributes[0]))
    #expect(abs(epsilon - 1e-5) < 1e-11)
  }

  /// A mean of something else, and a mean along another axis.
  @Test(arguments: 0..<2) func noLayerNorm(_ form: Int) throws {
    let axis = form == 0 ? 2 : 1
    let (_, ops) = try same({ test, x in
      let mean = test.mean(form == 0 ? test.map(MTLRT_OP_TANH, x) : x, axis: axis)
      let distance = test.binary(MTLRT_OP_SUB, x, mean)
      let variance = test.mean(test.product(distance, distance), axis: axis)
      let root = test.map(MTLRT_OP_SQRT, test.raised(variance, by: 1e-5))
      return test.binary(MTLRT_OP_DIV, distance, root)
    }, replacingLayerNorms)
    #expect(ops.last == MTLRT_OP_DIV)
  }

  private func replacingLayerNorms(_ model: inout Model) throws -> ConstantPool {
    var constants = ConstantPool()
    try replaceLayerNorms(in: &model, constants: &constants)
    return constants
  }

  /// Runs what `make` builds before and after `pass`: the answers, and the operators that remain.
  private func same<Kept>(
    _ make: Spelling, _ pass: (inout Model) throws -> Kept
  ) throws -> (TestModel, [Int]) {
    let test = TestModel(seed: 5)
    let x = test.input(Self.shape)
    test.output(make(test, x))
    let input = (0..<24 * 2).map { _ in 3 * test.random() }
    let before = try OpenModel(try test.encoded()).predict(input, outputs: input.count)
    let kept = try pass(&test.model)
    test.model.removeUnused()
    test.model.makeNamesUnique()
    let after = try withExtendedLifetime(kept) {
      try OpenModel(try test.encoded()).predict(input, outputs: input.count)
    }
    for (b, a) in zip(before, after) { #expect((b - a).magnitude < 1e-5) }
    return (test, test.model.nodes.map { Int($0.op) })
  }
}

extension TestModel {
  /// An operator of each element of `x`.
  fileprivate func map(_ op: Int, _ x: Int) -> Int {
    node(op, "n\(model.nodes.count)", [x], shape: model.tensors[x].shape)
  }

  fileprivate func mean(_ x: Int, axis: Int = 2) -> Int {
    var shape = model.tensors[x].shape
    shape[axis] = 1
    return node(
      MTLRT_OP_REDUCE_MEAN, "n\(model.nodes.count)", [x], shape: shape,
      attributes: [Int64(axis), Int64(axis)])
  }

  fileprivate func binary(_ op: Int, _ x: Int, _ y: Int) -> Int {
    let shape = zip(model.tensors[x].shape, model.tensors[y].shape).map { max($0, $1) }
    return node(op, "n\(model.nodes.count)", [x, y], shape: shape)
  }

  fileprivate func number(_ value: Float) -> Int {
    constant("c\(model.tensors.count)", [1, 1, 1]) { value }
  }

  fileprivate func product(_ x: Int, _ y: Int) -> Int { binary(MTLRT_OP_MUL, x, y) }

  fileprivate func scaled(_ x: Int, by value: Float, _ op: Int = MTLRT_OP_MUL) -> Int {
    binary(op, x, number(value))
  }

  fileprivate func raised(_ x: Int, by value: Float) -> Int {
    binary(MTLRT_OP_ADD, x, number(value))
  }
}
