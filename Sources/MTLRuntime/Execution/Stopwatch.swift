import CMTL

/// How long threads were busy with each step of a run.
final class Stopwatch {
  private let nanoseconds: UnsafeMutablePointer<Int64>
  private let threads: Int
  /// Counters from one thread's to the next one's: they share no cache line.
  private let stride: Int

  init(steps: Int, threads: Int) {
    self.threads = threads
    stride = (steps + 15) / 8 * 8
    nanoseconds = .allocate(capacity: stride * threads)
    reset()
  }

  deinit { nanoseconds.deallocate() }

  func reset() { nanoseconds.initialize(repeating: 0, count: stride * threads) }

  func add(_ time: Int64, step: Int, thread: Int) { nanoseconds[thread * stride + step] += time }

  /// Of all threads together.
  func seconds(step: Int) -> Double {
    var sum: Int64 = 0
    for thread in 0..<threads { sum += nanoseconds[thread * stride + step] }
    return Double(sum) * 1e-9
  }

  /// Nanoseconds since some moment.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
