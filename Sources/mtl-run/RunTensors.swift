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
    let batch: Int
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
    let targets = self.targets
    for target in targets {
      try refuseOverwriting(settings.inputs + [settings.model!], with: target, of: "--output")
    }
    for (path, slot) in zip(settings.inputs, model.inputs) {
      inputs.append(try Self.read(path, slot))
    }
    let count = inputs[0].batch
    for input in inputs where input.batch != count {
      throw Failure(
        .someFailed,
        "\(input.path.text): \(input.batch) rows, \(inputs[0].path.text) has \(count)")
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
    for (index, output) in outputs.enumerated() {
      try write(output, model.outputs[index], count, to: targets[index])
    }
  }

  /// The file of each output. Of several each has its name in it, with `_` for what no file's name
  /// can hold; of two that would meet, the later one has a number too.
  private var targets: [Path] {
    guard model.outputs.count > 1 else { return [settings.output!] }
    var names: [[UInt8]] = []
    for slot in model.outputs {
      let plain = slot.name.utf8.map { $0 == UInt8(ascii: "/") || $0 < 0x20 ? 0x5F : $0 }
      var (name, number) = (plain, 1)
      while names.contains(name) {
        number += 1
        name = plain + Array("-\(number)".utf8)
      }
      names.append(name)
    }
    return names.map { name in
      settings.output!.replacingExtension(
        with: "." + String(decoding: name, as: UTF8.self) + ".npy")
    }
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
      guard let batch = slot.layout.batch(of: header.shape) else {
        throw Failure(
          .someFailed,
          "its shape is \(text(header.shape)), the input '\(slot.name)' of the model is "
            + slot.layout.text)
      }
      return Input(path: path, content: content, header: header, batch: batch)
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
      rows.append(try slot.layout.isSame ? row : Self.laid(row, slot, batch, isToFile: true))
    }
    let from: [UnsafeRawPointer?] = rows.map { UnsafeRawPointer($0.floats) }
    let to: [UnsafeMutableRawPointer?] = zip(outputs, model.outputs).map { output, slot in
      UnsafeMutableRawPointer(output.floats + first * slot.count)
    }
    let code = withExtendedLifetime(rows) { mtlrt_run(context, from, to, &error) }
    guard code == 0 else { throw Failure(.someFailed, error.message) }
  }

  private func write(
    _ output: FloatMemory, _ slot: OpenModel.Slot, _ count: Int, to target: Path
  ) throws(Failure) {
    do throws(Failure) {
      let header: [UInt8]
      do throws(NumpyError) {
        header = try NumpyFile.header(shape: slot.layout.shape(batch: count))
      } catch {
        throw Failure(.someFailed, error.text)
      }
      let result =
        try slot.layout.isSame ? output : Self.laid(output, slot, count, isToFile: false)
      try replaceFile(target, with: header, result.raw)
    } catch {
      throw Failure(.someFailed, "cannot write \(target.text): \(error.text)")
    }
  }

  /// The same numbers in the file's order, or in the source's.
  private static func laid(
    _ numbers: FloatMemory, _ slot: OpenModel.Slot, _ batch: Int, isToFile: Bool
  ) throws(Failure) -> FloatMemory {
    let target = try FloatMemory(count: numbers.count)
    slot.layout.copy(numbers.floats, target.floats, batch: batch, isToFile: isToFile)
    return target
  }

  private static func text(_ shape: [Int]) -> String {
    var text = "("
    for (index, dimension) in shape.enumerated() {
      text += index == 0 ? "\(dimension)" : ", \(dimension)"
    }
    return text + ")"
  }
}
