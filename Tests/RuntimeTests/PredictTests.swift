import CMTL
import MTLFormat
import MTLRuntime
import Testing

/// An open model of the C API, closed with this object.
final class OpenModel {
  let handle: OpaquePointer
  private let bytes: UnsafeMutableRawBufferPointer

  init(_ file: [UInt8], backends: String? = "scalar", threads: UInt32 = 1) throws {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 64)
    bytes.copyBytes(from: file)
    self.bytes = bytes
    var options = mtlrt_options()
    options.size = UInt32(MemoryLayout<mtlrt_options>.size)
    options.threads = threads
    options.flags = MTLRT_STRICT
    var error = mtlrt_error()
    let opened = backends.withOptionalCString { names in
      options.backends = names
      return mtlrt_open_memory(bytes.baseAddress, bytes.count, &options, &error)
    }
    guard let opened else {
      bytes.deallocate()
      throw withUnsafeMutablePointer(to: &error) { Status(Int($0.pointee.code), $0.message) }
    }
    handle = opened
  }

  deinit {
    mtlrt_close(handle)
    bytes.deallocate()
  }

  func predict(_ input: [Float], outputs: Int) throws -> [Float] {
    var output = [Float](repeating: .nan, count: outputs)
    var error = mtlrt_error()
    let code = mtlrt_predict(handle, input, input.count * 4, &output, outputs * 4, &error)
    guard code == 0 else {
      throw withUnsafeMutablePointer(to: &error) { Status(Int(code), $0.message) }
    }
    return output
  }
}

extension String? {
  func withOptionalCString<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let self else { return body(nil) }
    return self.withCString { body($0) }
  }
}

@Suite struct PredictTests {
  /// The small model, computed here in Double from its formulas.
  private func expected(_ test: TestModel, _ x: [Float]) -> [Float] {
    func constant(_ name: Name) -> [Double] {
      let tensor = test.model.tensors.first { $0.name == name }!
      return tensor.data!.bindMemory(to: Float.self).map { Double($0) }
    }
    let (w, b) = (constant("w"), constant("b"))
    let (scale, shift) = (constant("scale"), constant("shift"))
    var map = [Double](repeating: 0, count: 12 * 12 * 8)
    for h in 0..<12 {
      for v in 0..<12 {
        for o in 0..<8 {
          var sum = b[o]
          for i in 0..<3 where (0..<12).contains(h + i - 1) {
            for j in 0..<3 where (0..<12).contains(v + j - 1) {
              for c in 0..<3 {
                let pixel = Double(x[((h + i - 1) * 12 + v + j - 1) * 3 + c])
                sum += w[((o * 3 + i) * 3 + j) * 3 + c] * pixel
              }
            }
          }
          map[(h * 12 + v) * 8 + o] = max(sum, 0) * scale[o] + shift[o]
        }
      }
    }
    var flat: [Double] = []
    for h in 0..<6 {
      for v in 0..<6 {
        for o in 0..<8 {
          func at(_ i: Int, _ j: Int) -> Double { map[((2 * h + i) * 12 + 2 * v + j) * 8 + o] }
          flat.append(max(at(0, 0), at(0, 1), at(1, 0), at(1, 1)))
        }
      }
    }
    let (dw, db) = (constant("dw"), constant("db"))
    return (0..<6).map { o in
      let sum = zip(flat, dw[(o * 288)...]).reduce(db[o]) { $0 + $1.0 * $1.1 }
      return Float(1 / (1 + exp(-sum)))
    }
  }

  @Test func predictsWhatTheFormulasSay() throws {
    let test = TestModel.small()
    let model = try OpenModel(try test.encoded())
    let images = (0..<7).map { _ in (0..<12 * 12 * 3).map { _ in test.random() } }
    for batch in [1, 2, 7] {
      let got = try model.predict(Array(images.prefix(batch).joined()), outputs: 6 * batch)
      let want = images.prefix(batch).flatMap { expected(test, $0) }
      for (a, b) in zip(got, want) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test func sameBitsForAnyThreadCount() throws {
    let test = TestModel.small(seed: 5)
    let file = try test.encoded()
    let input = (0..<32 * 432).map { _ in test.random() }
    let one = try OpenModel(file, threads: 1).predict(input, outputs: 192)
    for threads: UInt32 in [2, 3, 8] {
      let many = try OpenModel(file, threads: threads)
      for _ in 0..<20 { #expect(try many.predict(input, outputs: 192) == one) }
    }
  }

  @Test func manyThreadsShareOneHandle() async throws {
    let test = TestModel.small(seed: 9)
    let model = try OpenModel(try test.encoded(), threads: 2)
    let input = (0..<3 * 432).map { _ in test.random() }
    let want = try model.predict(input, outputs: 18)
    let shared = UncheckedBox(model)
    try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<64 {
        group.addTask { try shared.value.predict(input, outputs: 18) }
      }
      for try await got in group { #expect(got == want) }
    }
  }

  @Test func unalignedBuffersGiveTheSameBits() throws {
    let test = TestModel.small(seed: 3)
    let model = try OpenModel(try test.encoded())
    let input = (0..<432).map { _ in test.random() }
    let want = try model.predict(input, outputs: 6)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 432 * 4 + 64, alignment: 64)
    defer { memory.deallocate() }
    for shift in [0, 4, 32] {
      let moved = memory + shift
      moved.copyMemory(from: input, byteCount: 432 * 4)
      var output = [Float](repeating: .nan, count: 6)
      #expect(mtlrt_predict(model.handle, moved, 432 * 4, &output, 24, nil) == 0)
      #expect(output == want)
    }
  }

  @Test func wrongSizesAreErrors() throws {
    let model = try OpenModel(try TestModel.small().encoded())
    for (input, output) in [(0, 6), (431, 6), (432, 5), (432, 12), (864, 6)] {
      let buffer = [Float](repeating: 0, count: max(input, 1))
      var result = [Float](repeating: 0, count: 12)
      var error = mtlrt_error()
      let code = mtlrt_predict(model.handle, buffer, input * 4, &result, output * 4, &error)
      #expect(code == MTLRT_E_ARGUMENT)
    }
  }

  @Test func cancelledRunsSaySo() throws {
    let model = try OpenModel(try TestModel.small().encoded())
    let context = try #require(mtlrt_ctx_new(model.handle, 1, nil))
    defer { mtlrt_ctx_free(context) }
    let input = [Float](repeating: 0.5, count: 432)
    var output = [Float](repeating: 0, count: 6)
    func run() -> Int32 {
      input.withUnsafeBytes { source in
        output.withUnsafeMutableBytes { target in
          var inputs: UnsafeRawPointer? = source.baseAddress
          var outputs: UnsafeMutableRawPointer? = target.baseAddress
          return mtlrt_run(context, &inputs, &outputs, nil)
        }
      }
    }
    #expect(run() == 0)
    mtlrt_cancel(context, 1)
    #expect(run() == MTLRT_E_CANCELLED)
    mtlrt_cancel(context, 0)
    #expect(run() == 0)
  }

  @Test func contextsOutliveTheHandle() throws {
    var model: OpenModel? = try OpenModel(try TestModel.small().encoded())
    let want = try model!.predict([Float](repeating: 0.25, count: 432), outputs: 6)
    let file = try TestModel.small().encoded()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 64)
    defer { memory.deallocate() }
    memory.copyBytes(from: file)
    let handle = mtlrt_open_memory(memory.baseAddress, memory.count, nil, nil)
    let context = try #require(mtlrt_ctx_new(handle, 1, nil))
    mtlrt_close(handle)
    model = nil
    let input = [Float](repeating: 0.25, count: 432)
    var output = [Float](repeating: 0, count: 6)
    input.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { target in
        var inputs: UnsafeRawPointer? = source.baseAddress
        var outputs: UnsafeMutableRawPointer? = target.baseAddress
        #expect(mtlrt_run(context, &inputs, &outputs, nil) == 0)
      }
    }
    for (a, b) in zip(output, want) { #expect(abs(a - b) < 1e-5) }
    mtlrt_ctx_free(context)
  }
}

/// Handles may be used from any thread; the compiler cannot know.
struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
