import CMTL
import MTLFormat
import MTLGraph
import MTLRuntime
import Testing

/// Graphs that are no chains: branches, views, several outputs, folded constants.
@Suite struct GraphTests {
  private let shape = [1, 4, 4, 8]
  private let pointwise: [Int64] = [1, 1, 0, 0, 0, 0, 1, 1, 1]

  /// x → relu → two branches → add, mul, concat, with a value that is both output and input, a
  /// reshaped view that is an output, and an identity in the middle.
  @Test func branchesViewsAndSeveralOutputs() throws {
    let test = TestModel(seed: 4)
    let x = test.input(shape)
    let a = test.node(MTLRT_OP_RELU, "a", [x], shape: shape)
    let same = test.node(MTLRT_OP_IDENTITY, "same", [a], shape: shape)
    let b = test.node(MTLRT_OP_SIGMOID, "b", [x], shape: shape)
    let sum = test.node(MTLRT_OP_ADD, "sum", [same, b], shape: shape)
    let product = test.node(MTLRT_OP_MUL, "product", [sum, a], shape: shape)
    let both = test.node(
      MTLRT_OP_CONCAT, "both", [sum, product], shape: [1, 4, 4, 16], attributes: [3])
    let flat = test.node(MTLRT_OP_FLATTEN, "flat", [both], shape: [1, 256])
    let view = test.node(
      MTLRT_OP_RESHAPE, "view", [sum], shape: [1, 128], attributes: [128])
    test.output(sum)
    test.output(flat)
    test.output(view)
    let file = try test.encoded()
    for threads: UInt32 in [1, 2] {
      let model = try OpenModel(file, threads: threads)
      let input = (0..<128 * 3).map { _ in test.random() }
      let got = try model.predict(input, outputs: (128 + 256 + 128) * 3)
      let sums = input.map { max($0, 0) + 1 / (1 + expf(-$0)) }
      var wanted = sums
      for pixel in 0..<16 * 3 {
        let range = pixel * 8..<pixel * 8 + 8
        wanted += sums[range]
        wanted += zip(sums[range], input[range]).map { $0 * max($1, 0) }
      }
      wanted += sums
      #expect(got.count == wanted.count)
      for (g, w) in zip(got, wanted) { #expect((g - w).magnitude < 1e-5) }
    }
  }

  /// Batch normalisation alone, behind a convolution (folded into its weights) and behind a ReLU.
  @Test func batchNormIsItsFormulaHoweverItIsFolded() throws {
    let epsilon = Int64(bitPattern: (1e-3).bitPattern)
    for hasConv in [false, true] {
      for hasRelu in [false, true] {
        let test = TestModel(seed: 8)
        let x = test.input(shape)
        var y = x
        let weights = test.constant("w", [8, 1, 1, 8])
        let bias = test.constant("bias", [8])
        if hasConv {
          y = test.node(
            MTLRT_OP_CONV, "conv", [y, weights, bias], shape: shape, attributes: pointwise)
        }
        if hasRelu { y = test.node(MTLRT_OP_RELU, "relu", [y], shape: shape) }
        let parameters = ["gamma", "beta", "mean"].map { test.constant($0, [8]) }
        let variance = test.constant("variance", [8]) { abs(test.random()) + 0.1 }
        test.output(
          test.node(
            MTLRT_OP_BATCH_NORM, "norm", [y] + parameters + [variance], shape: shape,
            attributes: [epsilon]))
        let input = (0..<128).map { _ in test.random() }
        let got = try OpenModel(try test.encoded()).predict(input, outputs: 128)
        func constant(_ index: Int, _ c: Int) -> Double {
          Double(test.model.tensors[index].data!.bindMemory(to: Float.self)[c])
        }
        for pixel in 0..<16 {
          for o in 0..<8 {
            var value = Double(input[pixel * 8 + o])
            if hasConv {
              value = constant(bias, o)
              for c in 0..<8 {
                value += constant(weights, o * 8 + c) * Double(input[pixel * 8 + c])
              }
            }
            if hasRelu { value = max(value, 0) }
            let scale = constant(parameters[0], o) / (constant(variance, o) + 1e-3).squareRoot()
            let want = (value - constant(parameters[2], o)) * scale + constant(parameters[1], o)
            #expect(abs(Double(got[pixel * 8 + o]) - want) < 1e-5)
          }
        }
      }
    }
  }

  /// Nodes whose results nobody needs do not run, however wrong their arithmetic would go.
  @Test func deadNodesAreGone() throws {
    let test = TestModel(seed: 2)
    let x = test.input(shape)
    let y = test.node(MTLRT_OP_RELU, "y", [x], shape: shape)
    _ = test.node(MTLRT_OP_SIGMOID, "unused", [y], shape: shape)
    test.output(y)
    let schedule = Schedule(test.model)
    #expect(schedule.nodes == [0])
    let input = (0..<128).map { _ in test.random() }
    let got = try OpenModel(try test.encoded()).predict(input, outputs: 128)
    #expect(got == input.map { max($0, 0) })
  }

  /// The same value twice into one operator, and an output that is a view of the input.
  @Test func oneValueTwiceAndAViewOfTheInput() throws {
    let test = TestModel(seed: 6)
    let x = test.input(shape)
    let twice = test.node(MTLRT_OP_ADD, "twice", [x, x], shape: shape)
    let view = test.node(MTLRT_OP_FLATTEN, "view", [x], shape: [1, 128])
    test.output(twice)
    test.output(view)
    let input = (0..<256).map { _ in test.random() }
    let got = try OpenModel(try test.encoded()).predict(input, outputs: 512)
    #expect(got == input.map { $0 + $0 } + input)
  }
}
