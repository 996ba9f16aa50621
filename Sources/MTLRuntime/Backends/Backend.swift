import CMTL
import MTLFormat

/// A backend module that passed every check and was opened. Modules stay loaded for the life of the
/// process: unloading code that another thread may still run cannot be made safe.
final class Backend {
  let module: UnsafePointer<mtlrt_module>
  /// What its `open` gave, for its other functions.
  let instance: UnsafeMutableRawPointer?
  /// Where it was found; nil for the one that is linked in.
  let path: [UInt8]?

  private init(
    _ module: UnsafePointer<mtlrt_module>, _ instance: UnsafeMutableRawPointer?, path: [UInt8]?
  ) {
    self.module = module
    self.instance = instance
    self.path = path
  }

  static func open(
    _ module: UnsafePointer<mtlrt_module>, path: [UInt8]?
  ) throws(Status) -> Backend {
    var instance: UnsafeMutableRawPointer?
    if let open = module.pointee.open {
      var error = mtlrt_error()
      guard open(&instance, &error) == Int32(MTLRT_MODULE_OK) else {
        let reason = withUnsafeMutablePointer(to: &error) { $0.message }
        throw Status(MTLRT_E_BACKEND, "it does not open: \(reason)")
      }
    }
    return Backend(module, instance, path: path)
  }

  deinit { module.pointee.close?(instance) }

  var name: [UInt8] { module.pointee.nameBytes }

  /// Whether an image's results have the same bits in any batch.
  var isBatchInvariant: Bool { has(MTLRT_MODULE_BATCH_INVARIANT) }

  /// What tells the module's file from every other build of it; nil where its packed constants must
  /// not be kept.
  private(set) lazy var packedIdentity: [UInt8]? = {
    var count = 0
    guard has(MTLRT_MODULE_PACKED_LASTS), let id = mtl_build_id(module, &count) else { return nil }
    return Array(UnsafeBufferPointer(start: id, count: count))
  }()

  private func has(_ flag: UInt64) -> Bool { mtl_module_flags(module) & flag != 0 }
}

extension mtlrt_module {
  /// The name without its padding.
  public var nameBytes: [UInt8] { withUnsafeBytes(of: name) { Array($0.prefix { $0 != 0 }) } }
  public var buildBytes: [UInt8] { withUnsafeBytes(of: build) { Array($0.prefix { $0 != 0 }) } }

  /// Throws unless this host can use the module on this CPU. Reads data only: no code of the module
  /// runs before this returned.
  public func check() throws(Status) {
    guard magic == MTLRT_MODULE_MAGIC else {
      throw Status(MTLRT_E_BACKEND, "mtlrt_module_v1 is not a module's constant (wrong magic)")
    }
    guard abi == MTLRT_MODULE_ABI else {
      throw Status(
        MTLRT_E_BACKEND,
        "it is made for module contract \(abi), this runtime has \(MTLRT_MODULE_ABI)")
    }
    guard Int(size) >= mtl_module_size_least(), plan != nil, run != nil else {
      throw Status(MTLRT_E_BACKEND, "its constant is too short or lacks plan or run")
    }
    let missing = missingFeatures()
    guard missing.isEmpty else {
      throw Status(MTLRT_E_BACKEND, "this CPU lacks \(missing)")
    }
  }

  /// Names of the CPU features that it needs and this CPU lacks, with commas between.
  public func missingFeatures() -> Message {
    var found: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &found) {
      mtl_cpu_features($0.baseAddress!.assumingMemoryBound(to: UInt64.self))
    }
    var names = Message()
    for (word, missing) in [cpu_need.0 & ~found.0, cpu_need.1 & ~found.1].enumerated() {
      for bit in 0..<UInt32(64) where missing >> UInt64(bit) & 1 == 1 {
        if !names.isEmpty { names += ", " }
        if let name = mtl_cpu_feature_name(UInt32(word), bit) {
          names += Message(cString: name)
        } else {
          names += "feature \(word):\(bit)"
        }
      }
    }
    return names
  }
}
