import CMTL
import MTLFormat
import Synchronization

/// The threads that share the work of one training run.
///
/// Work is cut into parts before it is handed out, and never by the number of threads: whoever
/// sums over parts afterwards, in their order, gets the same bits with any number of threads.
public final class Workers {
  public let threads: Int
  /// What the threads compute with.
  public let kernels: mtl_train_kernels
  private var scratch: [FloatBuffer] = []

  public init(threads: Int, kernels: mtl_train_kernels = TrainingKernels.best) {
    self.threads = max(1, threads)
    self.kernels = kernels
    mtl_pool_retain(UInt32(Self.available), UInt32(self.threads))
  }

  deinit { mtl_pool_release() }

  /// Makes sure that each thread has scratch memory of so many floats.
  func reserve(_ floats: Int) throws(Status) {
    if let first = scratch.first, first.count >= floats { return }
    var larger: [FloatBuffer] = []
    for _ in 0..<threads { larger.append(try FloatBuffer(count: floats)) }
    scratch = larger
  }

  /// Scratch memory of the thread that runs a part; what it holds lasts until the part ends.
  func scratch(_ thread: Int) -> MutableFloats { scratch[thread].base }

  /// As many threads as this process may use CPUs.
  public static var available: Int { Int(mtl_cores()) }

  /// Runs `body(part, thread)` once for each part in `0..<parts`; `thread` is below `threads` and
  /// belongs to one part at a time, so that it can name scratch memory.
  public func forEach(_ parts: Int, _ body: (_ part: Int, _ thread: Int) -> Void) {
    if threads == 1 || parts <= 1 {
      for part in 0..<max(0, parts) { body(part, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let job = Job(parts: parts, body: body)
      let context = Unmanaged.passUnretained(job).toOpaque()
      withExtendedLifetime(job) {
        mtl_pool_run(
          UInt32(threads),
          { context, thread in
            Unmanaged<Job>.fromOpaque(context!).takeUnretainedValue().work(thread: Int(thread))
            return 0
          }, context)
      }
    }
  }

  /// The same for ranges of at most `size` neighbouring elements out of `count`.
  public func forEachRange(
    of count: Int, size: Int, _ body: (_ range: Range<Int>, _ thread: Int) -> Void
  ) {
    forEach((count + size - 1) / size) { part, thread in
      body(part * size..<min(count, (part + 1) * size), thread)
    }
  }
}

/// Parts that are taken one by one by whichever thread is free.
private final class Job {
  private let parts: Int
  private let body: (Int, Int) -> Void
  private let next = Atomic<Int>(0)

  init(parts: Int, body: @escaping (Int, Int) -> Void) {
    self.parts = parts
    self.body = body
  }

  func work(thread: Int) {
    while true {
      let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if part >= parts { return }
      body(part, thread)
    }
  }
}
