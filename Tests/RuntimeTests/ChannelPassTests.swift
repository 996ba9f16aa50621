import CMTL
import MTLFormat
import MTLGraph
import Testing

/// Sums and products with constants that become a layer's weights and bias.
@Suite struct ChannelPassTests {
  /// The operators that remain of a dense layer and what `make` puts behind it; the answers must
  /// not change.
  private func ops(_ make: (TestModel, Int) -> Int) throws -> [Int] {
    let test = TestModel(seed: 9)
    let x = test.input([1, 5, 6])
    let weights = test.constant("w", [4, 6])
    let y = test.node(MTLRT_OP_DENSE, "dense", [x, weights], shape: [1, 5, 4])
    test.output(make(test, y))
    let input = (0..<60).map { _ in test.random() }
    let before = try OpenModel(try test.encoded()).predict(input, outputs: 40)
    var constants = ConstantPool()
    try replaceChannelArithmetic(in: &test.model, constants: &constants)
    try foldScaleShifts(in: &test.model, constants: &constants)
    test.model.removeUnused()
    test.model.makeNamesUnique()
    let after = try withExtendedLifetime(constants) {
      try OpenModel(try test.encoded()).predict(input, outputs: 40)
    }
    for (b, a) in zip(before, after) { #expect((b - a).magnitude < 1e-5) }
    return test.model.nodes.map { Int($0.op) }
  }

  private func node(_ test: TestModel, _ op: Int, _ inputs: [Int]) -> Int {
    test.node(op, "n\(test.model.nodes.count)", inputs, shape: [1, 5, 4])
  }

  @Test func biasesAndScalesAreFolded() throws {
    let left = try ops { test, y in
      let sum = node(test, MTLRT_OP_ADD, [test.constant("a", [1, 1, 4]), y])
      let product = node(test, MTLRT_OP_MUL, [sum, test.constant("m", [1, 1, 1])])
      return node(test, MTLRT_OP_SUB, [product, test.constant("s", [1, 1, 4])])
    }
    #expect(left == [MTLRT_OP_DENSE])
  }

  @Test func othersStay() throws {
    let perRow = try ops { test, y in
      node(test, MTLRT_OP_ADD, [y, test.constant("a", [1, 5, 1])])
    }
    #expect(perRow == [MTLRT_OP_DENSE, MTLRT_OP_ADD])
    let negated = try ops { test, y in
      node(test, MTLRT_OP_SUB, [test.constant("a", [1, 1, 4]), y])
    }
    #expect(negated == [MTLRT_OP_DENSE, MTLRT_OP_SUB])
    let readTwice = try ops { test, y in
      let sum = node(test, MTLRT_OP_ADD, [y, test.constant("a", [1, 1, 4])])
      return node(test, MTLRT_OP_MUL, [sum, y])
    }
    #expect(readTwice == [MTLRT_OP_DENSE, MTLRT_OP_ADD, MTLRT_OP_MUL])
  }
}
