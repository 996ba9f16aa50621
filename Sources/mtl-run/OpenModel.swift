import CLIKit
import CMTL

/// An open model and what it says about itself.
final class OpenModel {
  struct Slot {
    let name: String
    /// dim[0] is the batch, 1 here.
    let shape: [Int]
    /// Floats for a batch of 1.
    let count: Int
    /// How the model that this one was made of has the tensor.
    let layout: SourceLayout
  }

  let handle: OpaquePointer
  let inputs: [Slot]
  let outputs: [Slot]
  /// Milliseconds that opening took.
  let openTime: Double

  init(_ settings: Settings) throws(Failure) {
    let start = Clock.now
    var options = mtlrt_options()
    options.size = UInt32(MemoryLayout<mtlrt_options>.size)
    options.threads = UInt32(settings.threads)
    options.backends = settings.backend
    if settings.backend != nil { options.flags = MTLRT_STRICT }
    var error = mtlrt_error()
    let opened: OpaquePointer?
    if let pipe = try FileContent.readPipe(settings.model!) {
      options.flags |= MTLRT_COPY
      opened = mtlrt_open_memory(pipe.bytes.baseAddress, pipe.bytes.count, &options, &error)
    } else {
      opened = settings.model!.withCString { mtlrt_open($0, &options, &error) }
    }
    guard let opened else {
      let isBackend = Int(error.code) == MTLRT_E_BACKEND
      throw Failure(isBackend ? .noBackend : .unreadableModel, error.message)
    }
    openTime = Clock.now - start
    handle = opened
    var axes = SourceLayout.lines(mtlrt_metadata(opened, "mtl.axes"))
    inputs = try Self.slots(opened, isOutput: 0, &axes)
    outputs = try Self.slots(opened, isOutput: 1, &axes)
    warnOfFallback()
  }

  deinit { mtlrt_close(handle) }

  /// Says why it does not run on the backend that was preferred, though this CPU could: the answers
  /// are the same, but come later.
  private func warnOfFallback() {
    var error = mtlrt_error()
    guard mtlrt_fallback(handle, &error) != 0 else { return }
    var console = Console(program: "mtl-run")
    console.complain("warning: \(error.message); it runs on \(backends)")
  }

  /// Floats of all outputs for one image.
  var outputCount: Int { outputs.reduce(0) { $0 + $1.count } }

  /// Names of the backends that run it, in order of their first node.
  var backends: String {
    var names = ""
    var index: UInt32 = 0
    while let name = mtlrt_backend(handle, index) {
      names += (index == 0 ? "" : "+") + String(cString: name)
      index += 1
    }
    return names
  }

  /// Takes a line of `axes` for each, as long as there are some.
  private static func slots(
    _ handle: OpaquePointer, isOutput: UInt32, _ axes: inout ArraySlice<[UInt8]>
  ) throws(Failure) -> [Slot] {
    var slots: [Slot] = []
    var slot = mtlrt_slot()
    slot.size = UInt32(MemoryLayout<mtlrt_slot>.size)
    while mtlrt_slot_at(handle, isOutput, UInt32(slots.count), &slot) == 0 {
      let shape = withUnsafeBytes(of: slot.dim) { dimensions in
        dimensions.bindMemory(to: UInt64.self).prefix(Int(slot.rank)).map { Int($0) }
      }
      slots.append(
        Slot(
          name: String(cString: slot.name), shape: shape,
          count: Int(slot.bytes) / MemoryLayout<Float>.size,
          layout: try SourceLayout(axes.popFirst(), shape: shape)))
    }
    return slots
  }
}
