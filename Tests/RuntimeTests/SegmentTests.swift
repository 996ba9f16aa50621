import CMTL
import MTLFormat
import Testing

@testable import MTLRuntime

/// Batches that are cut into chunks of images and segments of steps.
@Suite struct SegmentTests {
  private func cost(_ operations: Double, values: Int, constants: Int) -> StepCost {
    StepCost(operations: operations, valueBytes: values, constantBytes: constants)
  }

  /// Steps whose values fill the cache, some whose weights are worth a few images, a dense layer.
  private var network: [StepCost] {
    let wide = cost(2e8, values: 2 << 20, constants: 1 << 18)
    let deep = cost(7.5e7, values: 1 << 18, constants: 9 << 18)
    return [
      wide, wide, deep, deep, cost(1.7e7, values: 36 << 10, constants: 34_000_000),
      cost(1e3, values: 8 << 10, constants: 0), cost(1e4, values: 4 << 10, constants: 25 << 10),
    ]
  }

  @Test func segmentsFollowFromValuesAndWeights() {
    let segments = Segment.cut(network, batch: 32)
    #expect(segments.map { $0.steps } == [0..<2, 2..<4, 4..<7])
    // A chunk of five images gives each byte of the deep steps' weights enough to do; six chunks
    // of at least that size make up the batch.
    #expect(segments.map { $0.chunk } == [1, 6, 32])
  }

  @Test func everyBatchIsCutCompletely() {
    for batch in [1, 2, 3, 5, 7, 31, 32, 33, 256, 1 << 20] {
      let segments = Segment.cut(network, batch: batch)
      var next = 0
      for segment in segments {
        #expect(segment.steps.lowerBound == next && !segment.steps.isEmpty)
        #expect((1...batch).contains(segment.chunk))
        next = segment.steps.upperBound
      }
      #expect(next == network.count)
    }
  }

  @Test func extremesAreNoTrouble() {
    let extremes = [
      cost(0, values: 0, constants: Int.max / 2), cost(1e300, values: Int.max / 2, constants: 0),
      cost(0, values: 0, constants: 0),
    ]
    for batch in [1, 100, 1 << 20] {
      #expect(Segment.cut(extremes, batch: batch).last?.steps.upperBound == 3)
    }
  }

  /// 5x7x3 → conv, ReLU → a head of its own; flatten → dense with weights that are worth a batch,
  /// ReLU → dense. No image's values are a whole number of cache lines, two results leave the
  /// first segment, and one output is a view of the input.
  private func oddModel() -> TestModel {
    let test = TestModel(seed: 12)
    let x = test.input([1, 5, 7, 3])
    let conv = test.node(
      MTLRT_OP_CONV, "conv", [x, test.constant("w", [5, 3, 3, 3]), test.constant("b", [5])],
      shape: [1, 5, 7, 5], attributes: sameConv)
    let relu = test.node(MTLRT_OP_RELU, "relu", [conv], shape: [1, 5, 7, 5])
    let head = test.node(MTLRT_OP_GLOBAL_AVG_POOL, "head", [relu], shape: [1, 1, 1, 5])
    let flat = test.node(MTLRT_OP_FLATTEN, "flat", [relu], shape: [1, 175])
    let wide = test.node(
      MTLRT_OP_DENSE, "wide",
      [flat, test.constant("ww", [210, 175]), test.constant("wb", [210])], shape: [1, 210])
    let active = test.node(MTLRT_OP_RELU, "active", [wide], shape: [1, 210])
    let last = test.node(
      MTLRT_OP_DENSE, "last", [active, test.constant("lw", [3, 210])], shape: [1, 3])
    test.output(head)
    test.output(test.node(MTLRT_OP_FLATTEN, "view", [x], shape: [1, 105]))
    test.output(last)
    return test
  }

  private static let outputs = [5, 105, 3]

  private func answers(
    _ model: OpenModel, _ input: [Float], batch: Int, shift: Int = 0
  ) throws -> [[Float]] {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: input.count * 4 + 64, alignment: 64)
    defer { memory.deallocate() }
    (memory + shift).copyMemory(from: input, byteCount: input.count * 4)
    var output = [Float](repeating: .nan, count: Self.outputs.reduce(0, +) * batch)
    var error = mtlrt_error()
    let code = mtlrt_predict(
      model.handle, memory + shift, input.count * 4, &output, output.count * 4, &error)
    try #require(code == 0)
    var rest = output[...]
    return Self.outputs.map { count in
      defer { rest = rest.dropFirst(count * batch) }
      return Array(rest.prefix(count * batch))
    }
  }

  /// The scalar backend computes every image by itself: whatever the batch, the bits of each image
  /// are those that it has alone.
  @Test(arguments: [1, 2, 3, 5]) func imagesInABatchAreAsAlone(threads: UInt32) throws {
    let test = oddModel()
    let model = try OpenModel(try test.encoded(), threads: threads)
    let images = (0..<50).map { _ in (0..<105).map { _ in test.random() } }
    let alone = try images.map { try answers(model, $0, batch: 1) }
    for batch in [2, 3, 4, 5, 16, 17, 31, 32, 33, 50] {
      for shift in [0, 4] {
        let input = Array(images.prefix(batch).joined())
        let got = try answers(model, input, batch: batch, shift: shift)
        for index in Self.outputs.indices {
          #expect(got[index] == alone.prefix(batch).flatMap { $0[index] })
        }
      }
    }
  }

  @Test func theOddModelHasTwoSegments() throws {
    let model = try OpenModel(try oddModel().encoded())
    let segments = Segment.cut(model.handle.object(Engine.self).costs, batch: 33)
    #expect(segments.map { $0.steps } == [0..<3, 3..<6])
    #expect(segments.map { $0.chunk } == [3, 33])
  }
}
