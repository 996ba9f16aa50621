import CMTL
import MTLFormat

/// `mtlrt_options`, checked, with every default filled in.
struct Options {
  let threads: Int
  /// CPUs that this process may use.
  let cores: Int
  let isStrict: Bool
  let verifies: Bool
  let backends: [UInt8]?
  let moduleDirectory: UnsafePointer<CChar>?

  init(_ given: UnsafePointer<mtlrt_options>?) throws(Status) {
    var options = mtlrt_options()
    if let given {
      // A caller compiled with a later header may have more fields: those are zero or unknown here.
      let size = Int(given.pointee.size)
      guard size >= MemoryLayout<UInt32>.size, size <= 4096 else {
        throw Status(MTLRT_E_ARGUMENT, "mtlrt_options.size is \(size): set it to sizeof")
      }
      memcpy(&options, given, min(size, MemoryLayout<mtlrt_options>.size))
    }
    guard options.flags & ~(MTLRT_STRICT | MTLRT_VERIFY) == 0 else {
      throw Status(MTLRT_E_ARGUMENT, "mtlrt_options.flags has bits that this version lacks")
    }
    guard options.threads <= UInt32(threadsMax) else {
      throw Status(
        MTLRT_E_ARGUMENT, "\(options.threads) threads asked for, at most \(threadsMax) can be")
    }
    cores = Int(mtl_cores())
    threads = options.threads == 0 ? min(cores, threadsMax) : Int(options.threads)
    isStrict = options.flags & MTLRT_STRICT != 0
    verifies = options.flags & MTLRT_VERIFY != 0
    backends = options.backends.map { bytes(of: $0) }
    moduleDirectory = options.module_dir.map { UnsafePointer($0) }
  }
}

/// Most threads that a caller can ask for.
let threadsMax = 256
