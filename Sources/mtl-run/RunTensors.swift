import CLIKit
import CMTL
import MTLNumpy

/// Numbers out of .npy files through the model into .npy files.
struct RunTensors {
  /// Images at once: enough to be fast, few enough to need little memory.
  private static let batchMost = 32

  private struct Input {
    let path: Path
    let content: FileContent
    let header: NumpyHeader
  }

  private let model: OpenModel
  private let settings: Settings

  init(_ settings: Settings) throws(Failure) {
    self.settings = settings
    model = try OpenModel(settings)
    guard settings.inputs.count == model.inputs.count else {
      throw Failure(
        .wrongUsage,
        "the model has \(model.inputs.count) inputs, --input is there "
          + "\(settings.inputs.count) times")
    }
  }

  func run() throws(Failure) {
    var inputs: [Input] = []
    for (path, slot) in zip(settings.inputs, model.inputs) {
      inputs.append(try Self.read(path, slot))
    }
    let count = inputs[0].header.shape[0]
    for input in inputs where input.header.shape[0] != count {
      throw Failure(
        .someFailed,
        "\(input.path.text): \(input.header.shape[0]) rows, \(inputs[0].path.text) has \(count)")
    }
    let outputs = try model.outputs.map { (slot) throws(Failure) in
      try FloatMemory(count: slot.count, batch: count)
    }
    var done = 0
    while done < count {
      let batch = min(Self.batchMost, count - done)
      try predict(inputs, outputs, first: done, batch: batch)
      done += batch
    }
    for (slot, output) in zip(model.outputs, outputs) { try write(output, slot, count) }
  }

  private static func read(_ path: Path, _ slot: OpenModel.Slot) throws(Failure) -> Input {
    do throws(Failure) {
      let content = try FileContent.read(path)
      let header: NumpyHeader
      do throws(NumpyError) {
        header = try NumpyHeader(content.bytes)
      } catch {
        throw Failure(.someFailed, error.text)
      }
      let fits =
        header.shape.count == slot.shape.count && header.shape[0] > 0
        && header.shape.dropFirst().elementsEqual(slot.shape.dropFirst())
      guard fits else {
        throw Failure(
          .someFailed,
          "its shape is \(text(header.shape)), the input '\(slot.name)' of the model is "
            + "(N\(text(slot.shape.dropFirst(), continued: true))")
      }
      return Input(path: path, content: content, header: header)
    } catch {
      throw Failure(error.status, "\(path.text): \(error.text)")
    }
  }

  private func predict(
    _ inputs: [Input], _ outputs: [FloatMemory], first: Int, batch: Int
  ) throws(Failure) {
    var error = mtlrt_error()
    guard let context = mtlrt_ctx_new(model.handle, UInt32(batch), &error) else {
      throw Failure(.someFailed, error.message)
    }
    defer { mtlrt_ctx_free(context) }
    var rows: [FloatMemory] = []
    for (input, slot) in zip(inputs, model.inputs) {
      let row = try FloatMemory(count: slot.count, batch: batch)
      NumpyFile.copy(
        input.content.bytes, input.header, first: first * slot.count, count: row.count,
        to: row.floats)
      rows.append(row)
    }
    let from: [UnsafeRawPointer?] = rows.map { UnsafeRawPointer($0.floats) }
    let to: [UnsafeMutableRawPointer?] = zip(outputs, model.outputs).map { output, slot in
      UnsafeMutableRawPointer(output.floats + first * slot.count)
    }
    let code = withExtendedLifetime(rows) { mtlrt_run(context, from, to, &error) }
    guard code == 0 else { throw Failure(.someFailed, error.message) }
  }

  private func write(
    _ output: FloatMemory, _ slot: OpenModel.Slot, _ count: Int
  ) throws(Failure) {
    let isOnly = model.outputs.count == 1
    let target =
      isOnly ? settings.output! : settings.output!.replacingExtension(with: ".\(slot.name).npy")
    do throws(Failure) {
      let header: [UInt8]
      do throws(NumpyError) {
        header = try NumpyFile.header(shape: [count] + slot.shape.dropFirst())
      } catch {
        throw Failure(.someFailed, error.text)
      }
      try replaceFile(target, with: header, output.raw)
    } catch {
      throw Failure(.someFailed, "cannot write \(target.text): \(error.text)")
    }
  }

  private static func text(_ shape: [Int]) -> String {
    guard let first = shape.first else { return "()" }
    return "(\(first)" + text(shape.dropFirst(), continued: true)
  }

  private static func text(_ shape: ArraySlice<Int>, continued: Bool) -> String {
    var text = ""
    for dimension in shape { text += ", \(dimension)" }
    return text + ")"
  }
}
