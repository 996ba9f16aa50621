import CCheck
import CMTL

/// What one core of this machine can do at most.
public struct Machine {
  /// Of f32 multiply-adds, a multiplication and an addition each counting as one.
  public let gigaflops: Double
  /// The instruction set that reaches it.
  public let instructions: String
  /// Reading memory that is in no cache, in GB/s.
  public let gigabytes: Double

  private static let repeats = 7
  private static let rounds: UInt32 = 40_000
  private static let bytesRead = 256 << 20

  /// Measured with the instruction set that `module` needs; with the best of this CPU for one that
  /// needs none, as it may choose by itself.
  public init(for module: ModuleUnderTest) {
    let peak = Self.peak(module.module.cpu_need.0)
    instructions = String(cString: peak.name)
    let operations = Self.fastest { Double(peak.run(Self.rounds)) }
    gigaflops = operations / 1e9
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.bytesRead, alignment: 4096)
    memset(memory, 1, Self.bytesRead)
    let bytes = Self.fastest {
      withExtendedLifetime(mtl_check_read(memory, Self.bytesRead)) { Double(Self.bytesRead) }
    }
    gigabytes = bytes / 1e9
    memory.deallocate()
  }

  private static func peak(_ need: UInt64) -> mtl_check_peak {
    var features: [UInt64] = [0, 0]
    mtl_cpu_features(&features)
    var (index, last) = (UInt32(0), mtl_check_peak())
    while let peak = mtl_check_peak_at(index)?.pointee {
      last = peak
      let isHere = peak.need & ~features[0] == 0
      if isHere, need == 0 || peak.need & ~need == 0 { return peak }
      index += 1
    }
    return last
  }

  /// The most that `body` says it did per second.
  private static func fastest(_ body: () -> Double) -> Double {
    var best = 0.0
    for _ in 0..<repeats {
      let start = secondsNow()
      let amount = body()
      best = max(best, amount / (secondsNow() - start))
    }
    return best
  }
}

/// A clock that only goes forward.
func secondsNow() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
