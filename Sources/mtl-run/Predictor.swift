import CLIKit
import CMTL

/// From the bytes of an image to answers, with memory that is made once.
final class Predictor {
  struct Result {
    let answers: [Answer]
    /// Milliseconds for decoding, and for everything from the pixels on.
    let decodeTime, predictTime: Double
  }

  let model: OpenModel
  private let tasks: [LabelTask]
  private let input: FloatMemory
  private let output: FloatMemory

  /// Throws if the model does not take one image.
  init(_ model: OpenModel) throws(Failure) {
    guard model.inputs.count == 1 else {
      throw Failure(
        .wrongUsage, "the model has \(model.inputs.count) inputs, not one image; use --input")
    }
    self.model = model
    tasks = try LabelTask.list(of: model)
    input = try FloatMemory(count: model.inputs[0].count)
    output = try FloatMemory(count: model.outputCount)
  }

  /// Throws what is wrong with the image. `use` gets the pixels as well.
  func predict(
    _ bytes: UnsafeRawBufferPointer,
    use: (mtlrt_pixels, Result) throws(Failure) -> Void
  ) throws(Failure) {
    guard !bytes.isEmpty else { throw Failure(.someFailed, "it is empty") }
    let start = Clock.now
    var pixels = mtlrt_pixels()
    pixels.size = UInt32(MemoryLayout<mtlrt_pixels>.size)
    var error = mtlrt_error()
    guard mtlrt_decode(model.handle, bytes.baseAddress, bytes.count, &pixels, &error) == 0 else {
      throw Failure(.someFailed, error.message)
    }
    defer { mtlrt_pixels_free(&pixels) }
    let decoded = Clock.now
    try run(pixels)
    let answers = tasks.map { Answer($0, output.floats) }
    try use(
      pixels,
      Result(
        answers: answers, decodeTime: decoded - start, predictTime: Clock.now - decoded))
  }

  private func run(_ pixels: mtlrt_pixels) throws(Failure) {
    var pixels = pixels
    var error = mtlrt_error()
    guard mtlrt_image(model.handle, &pixels, input.floats, input.byteCount, &error) == 0 else {
      throw Failure(.someFailed, error.message)
    }
    guard
      mtlrt_predict(
        model.handle, input.floats, input.byteCount, output.floats, output.byteCount, &error) == 0
    else { throw Failure(.someFailed, error.message) }
  }
}
