import CMTL
import MTLFormat

/// `mtlrt_options`, checked, with every default filled in.
struct Options {
  let threads: Int
  /// CPUs that this process may use.
  let cores: Int
  let isStrict: Bool
  let verifies: Bool
  let copies: Bool
  /// Whether the image plugin is loaded while the model is opened.
  let loadsImages: Bool
  let backends: [UInt8]?
  let moduleDirectory: UnsafePointer<CChar>?

  private static let flags = MTLRT_STRICT | MTLRT_VERIFY | MTLRT_COPY | MTLRT_IMAGES

  /// 0 if the numbers among the options are possible ones; else what is wrong has been reported.
  static func refusal(
    of given: UnsafePointer<mtlrt_options>?, _ error: UnsafeMutablePointer<mtlrt_error>?
  ) -> Int32 {
    guard let given else { return 0 }
    let size = Int(given.pointee.size)
    guard size >= MemoryLayout<UInt32>.size, size <= 4096 else {
      return error.refuse("mtlrt_options.size is %lld: set it to sizeof", size)
    }
    let options = fields(given)
    // A caller compiled with a later header has more fields: they mean nothing as long as they
    // are zero.
    let later = UnsafeRawBufferPointer(start: given, count: size)
      .dropFirst(MemoryLayout<mtlrt_options>.size)
    guard options.reserved == 0, later.allSatisfy({ $0 == 0 }) else {
      return error.refuse(
        "mtlrt_options asks for something unknown here: clear it before its fields are set")
    }
    guard options.flags & ~flags == 0 else {
      return error.refuse("mtlrt_options.flags has bits that this version lacks")
    }
    guard options.threads <= UInt32(threadsMax) else {
      return error.refuse(
        "%lld threads asked for, at most %lld can be", Int(options.threads), threadsMax)
    }
    return 0
  }

  /// The fields that this version and the caller know.
  private static func fields(_ given: UnsafePointer<mtlrt_options>?) -> mtlrt_options {
    var options = mtlrt_options()
    guard let given else { return options }
    memcpy(&options, given, min(Int(given.pointee.size), MemoryLayout<mtlrt_options>.size))
    return options
  }

  /// `given` has passed `refusal`.
  init(_ given: UnsafePointer<mtlrt_options>?) throws(Status) {
    let options = Self.fields(given)
    cores = Int(mtl_cores())
    threads = options.threads == 0 ? min(cores, threadsMax) : Int(options.threads)
    isStrict = options.flags & MTLRT_STRICT != 0
    verifies = options.flags & MTLRT_VERIFY != 0
    copies = options.flags & MTLRT_COPY != 0
    loadsImages = options.flags & MTLRT_IMAGES != 0
    backends = options.backends.map { bytes(of: $0) }
    moduleDirectory = options.module_dir.map { UnsafePointer($0) }
  }
}

/// Most threads that a caller can ask for.
let threadsMax = 256
