import CMTL
import MTLFormat
import MTLWriter

/// Builds models for tests: constants live as long as the builder.
final class TestModel {
  var model = Model()
  private var memory: [UnsafeMutableBufferPointer<Float>] = []
  private var state: UInt64

  init(seed: UInt64 = 1) { state = seed }

  deinit { memory.forEach { $0.deallocate() } }

  /// From -1 to 1, the same for the same seed.
  func random() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
  }

  func input(_ shape: [Int]) -> Int {
    model.tensors.append(Tensor(name: "input", shape: shape))
    model.inputs.append(model.tensors.count - 1)
    return model.tensors.count - 1
  }

  func constant(_ name: String, _ shape: [Int], _ value: (() -> Float)? = nil) -> Int {
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: shape.reduce(1, *))
    for index in buffer.indices { buffer.initializeElement(at: index, to: value?() ?? random()) }
    memory.append(buffer)
    model.tensors.append(
      Tensor(name: Name(name), shape: shape, data: UnsafeRawBufferPointer(buffer)))
    return model.tensors.count - 1
  }

  func node(
    _ op: Int, _ name: String, _ inputs: [Int?], shape: [Int], attributes: [Int64] = []
  ) -> Int {
    model.tensors.append(Tensor(name: Name(name + ".y"), shape: shape))
    let output = model.tensors.count - 1
    model.nodes.append(
      Node(
        op: UInt32(op), name: Name(name), inputs: inputs, output: output, attributes: attributes))
    return output
  }

  func output(_ tensor: Int) { model.outputs.append(tensor) }
}

/// A 3x3 convolution with stride 1 and the same size.
let sameConv: [Int64] = [1, 1, 1, 1, 1, 1, 1, 1, 1]

extension TestModel {
  /// 12x12x3 → conv 8, ReLU, scale/shift, max-pool 2 → dropout → flatten → dense 6 → sigmoid,
  /// with two tasks of three labels.
  static func small(seed: UInt64 = 1) -> TestModel {
    let test = TestModel(seed: seed)
    let x = test.input([1, 12, 12, 3])
    let conv = test.node(
      MTLRT_OP_CONV, "conv",
      [x, test.constant("w", [8, 3, 3, 3]), test.constant("b", [8])], shape: [1, 12, 12, 8],
      attributes: sameConv)
    let relu = test.node(MTLRT_OP_RELU, "relu", [conv], shape: [1, 12, 12, 8])
    let norm = test.node(
      MTLRT_OP_SCALE_SHIFT, "norm",
      [relu, test.constant("scale", [8]), test.constant("shift", [8])], shape: [1, 12, 12, 8])
    let pool = test.node(
      MTLRT_OP_MAX_POOL, "pool", [norm], shape: [1, 6, 6, 8],
      attributes: [2, 2, 0, 0, 0, 0, 2, 2])
    let rate = Int64(bitPattern: (0.25).bitPattern)
    let drop = test.node(
      MTLRT_OP_DROPOUT, "drop", [pool], shape: [1, 6, 6, 8], attributes: [rate])
    let flat = test.node(MTLRT_OP_FLATTEN, "flat", [drop], shape: [1, 288])
    let dense = test.node(
      MTLRT_OP_DENSE, "dense",
      [flat, test.constant("dw", [6, 288]), test.constant("db", [6])], shape: [1, 6])
    test.output(test.node(MTLRT_OP_SIGMOID, "answers", [dense], shape: [1, 6]))
    test.model.tasks = [
      Task(
        name: "color", isExclusive: true, output: 0, first: 0, labels: ["black", "blue", "red"],
        threshold: 0.5),
      Task(
        name: "product", isExclusive: true, output: 0, first: 3,
        labels: ["dress", "jeans", "shirt"], threshold: 0.5),
    ]
    test.model.preprocessing = Preprocessing(
      width: 12, height: 12, resize: .bilinear, channels: .rgb, appliesOrientation: true,
      scale: 1 / 255, mean: [0, 0, 0], deviation: [1, 1, 1])
    return test
  }

  func encoded() throws -> [UInt8] { try Writer.encode(model) }
}
