import CMTL
import MTLFormat

/// How long threads were busy with each step of a run.
final class Stopwatch {
  private let memory: LargeMemory
  private let nanoseconds: UnsafeMutablePointer<Int64>
  private let threads: Int
  /// Counters from one thread's to the next one's: they share no cache line.
  private let stride: Int

  private init(_ memory: LargeMemory, stride: Int, threads: Int) {
    self.memory = memory
    self.stride = stride
    self.threads = threads
    nanoseconds = memory.start.bindMemory(to: Int64.self, capacity: stride * threads)
  }

  static func make(steps: Int, threads: Int) throws(Status) -> Stopwatch {
    let stride = (steps + 15) / 8 * 8
    let memory = try LargeMemory.allocate(stride * threads * MemoryLayout<Int64>.stride)
    return Stopwatch(memory, stride: stride, threads: threads)
  }

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
