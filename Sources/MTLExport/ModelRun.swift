import CMTL
import MTLFormat

/// A model file in memory, open in the runtime.
public final class ModelRun {
  private let model: OpaquePointer
  /// Elements of each output for one image.
  private let outputCounts: [Int]

  /// `file` stays unchanged as long as this lives. Errors: it does not open.
  public init(
    _ file: UnsafeRawBufferPointer, backends: String, threads: Int
  ) throws(Status) {
    var options = mtlrt_options()
    options.size = UInt32(MemoryLayout<mtlrt_options>.size)
    options.threads = UInt32(threads)
    options.flags = UInt32(MTLRT_STRICT)
    var error = mtlrt_error()
    let opened = backends.withCString { names in
      options.backends = names
      return mtlrt_open_memory(file.baseAddress, file.count, &options, &error)
    }
    guard let opened else { throw Self.status(error) }
    model = opened
    var counts: [Int] = []
    var slot = mtlrt_slot()
    slot.size = UInt32(MemoryLayout<mtlrt_slot>.size)
    while mtlrt_slot_at(opened, 1, UInt32(counts.count), &slot) == 0 {
      counts.append(Int(slot.bytes) / MemoryLayout<Float>.size)
    }
    outputCounts = counts
  }

  deinit { mtlrt_close(model) }

  /// Every output for a batch of images. Errors: a backend fails.
  public func outputs(_ inputs: [[Float]], batch: Int) throws(Status) -> [[Float]] {
    var error = mtlrt_error()
    guard let context = mtlrt_ctx_new(model, UInt32(batch), &error) else {
      throw Self.status(error)
    }
    defer { mtlrt_ctx_free(context) }
    let from = inputs.map { list in
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, list.count))
      _ = memory.initialize(from: list)
      return memory
    }
    let to = outputCounts.map { count in
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, count * batch))
      memory.initialize(repeating: .nan)
      return memory
    }
    defer { (from + to).forEach { $0.deallocate() } }
    let code = mtlrt_run(
      context, from.map { UnsafeRawPointer($0.baseAddress) },
      to.map { UnsafeMutableRawPointer($0.baseAddress) }, &error)
    guard code == 0 else { throw Self.status(error) }
    return to.map { Array($0) }
  }

  private static func status(_ error: mtlrt_error) -> Status {
    var error = error
    return withUnsafeMutablePointer(to: &error) { Status(Int($0.pointee.code), $0.message) }
  }
}
