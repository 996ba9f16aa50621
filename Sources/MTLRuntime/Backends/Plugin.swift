import CMTL
import MTLFormat

/// A backend plugin in a folder, as its file describes it. No code of it has to run for that.
final class Plugin {
  let name: [UInt8]
  let path: [UInt8]
  /// The constant in the file, without its functions; nil where it could not be read.
  let constant: mtlrt_module?
  /// Why it is not used, whatever is tried; nil if it may be loaded.
  let refusal: Refusal?
  /// Where its constant is in this process, once it was loaded; the pool's lock guards it.
  private var module: UnsafePointer<mtlrt_module>?

  struct Refusal {
    let message: Message
    /// The file is as it should be, but made for another CPU.
    let isForOtherCPU: Bool
    var isForLackOfMemory = false
  }

  /// - Parameters:
  ///   - folder: the path of the folder as it was given; `real`: without links, if it is trusted.
  init(_ name: [UInt8], folder: [UInt8], real: Result<[UInt8], Status>, _ way: PluginPath) {
    self.name = name
    path = PluginFolder.file(named: name, in: folder)
    var constant: mtlrt_module?
    do throws(Status) {
      guard Plugin.isName(name) else { throw Status(MTLRT_E_BACKEND, "not a name of a module") }
      constant = try Self.read(PluginFolder.file(named: name, in: []), in: try real.get(), way)
      try constant!.checkData()
      try constant!.checkName(name)
      let missing = constant!.missingFeatures()
      refusal = missing.isEmpty ? nil : Refusal(message: lacking(missing), isForOtherCPU: true)
    } catch {
      refusal = Refusal(
        message: error.message, isForOtherCPU: false,
        isForLackOfMemory: error.code == Int32(MTLRT_E_MEMORY))
    }
    self.constant = constant
  }

  private static func read(
    _ file: [UInt8], in folder: [UInt8], _ way: PluginPath
  ) throws(Status) -> mtlrt_module {
    var constant = mtlrt_module()
    var failure: Status?
    withUnsafeMutableBytes(of: &constant) { raw in
      do throws(Status) {
        try way.read(raw, symbol: "mtlrt_module_v1", of: file, in: folder)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return constant
  }

  /// Of two that can run here `auto` prefers the higher; nil where that is not known.
  var rank: UInt32? { refusal == nil || refusal!.isForOtherCPU ? constant?.rank : nil }

  /// The name before the first dash: of those that have it in common one is enough.
  var family: ArraySlice<UInt8> { name.prefix { $0 != UInt8(ascii: "-") } }

  /// Loads it, unless this process has it already.
  func load() throws(Status) -> UnsafePointer<mtlrt_module> {
    mtl_pool_lock()
    let known = module
    mtl_pool_unlock()
    if let known { return known }
    let address = try ModuleFile.load(path, symbol: "mtlrt_module_v1")
    let loaded = UnsafePointer(address.assumingMemoryBound(to: mtlrt_module.self))
    // The file may be another one by now.
    try loaded.pointee.check()
    try loaded.pointee.checkName(name)
    mtl_pool_lock()
    module = loaded
    mtl_pool_unlock()
    return loaded
  }

  /// Letters, digits, dashes: nothing that could leave the folder.
  static func isName(_ name: [UInt8]) -> Bool {
    !name.isEmpty && name.count < 16
      && name.allSatisfy { byte in
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }
}

private func lacking(_ features: Message) -> Message { "this CPU lacks \(features)" }

extension mtlrt_module {
  /// The name without its padding.
  public var nameBytes: [UInt8] { withUnsafeBytes(of: name) { Array($0.prefix { $0 != 0 }) } }
  public var buildBytes: [UInt8] { withUnsafeBytes(of: build) { Array($0.prefix { $0 != 0 }) } }

  /// Throws unless this host can use the module on this CPU. Reads data only: no code of the module
  /// runs before this returned.
  public func check() throws(Status) {
    try checkData()
    guard plan != nil, run != nil else {
      throw Status(MTLRT_E_BACKEND, "its constant is too short or lacks plan or run")
    }
    let missing = missingFeatures()
    guard missing.isEmpty else { throw Status(MTLRT_E_BACKEND, lacking(missing)) }
  }

  /// The part of `check` that needs neither its functions nor this CPU.
  func checkData() throws(Status) {
    guard magic == MTLRT_MODULE_MAGIC else {
      throw Status(MTLRT_E_BACKEND, "mtlrt_module_v1 is not a module's constant (wrong magic)")
    }
    guard abi == MTLRT_MODULE_ABI else {
      throw Status(
        MTLRT_E_BACKEND,
        "it is made for module contract \(abi), this runtime has \(MTLRT_MODULE_ABI)")
    }
    guard Int(size) >= mtl_module_size_least() else {
      throw Status(MTLRT_E_BACKEND, "its constant is too short or lacks plan or run")
    }
  }

  /// Throws unless its name is that of its file, `mtlrt-<file>.so`, and is free.
  public func checkName(_ file: [UInt8]) throws(Status) {
    guard withUnsafePointer(to: self, { mtl_module_has_name($0) }) != 0 else {
      throw Status(MTLRT_E_BACKEND, "its constant has a name of more than 15 letters, or none")
    }
    guard nameBytes.elementsEqual(file) else {
      throw Status(
        MTLRT_E_BACKEND, "its constant has another name, \(Message(utf8: nameBytes))")
    }
    for taken: StaticString in ["scalar", "auto", "image"] {
      guard !taken.withUTF8Buffer({ $0.elementsEqual(file) }) else {
        throw Status(MTLRT_E_BACKEND, "\(Message(utf8: file)) is a name that the runtime needs")
      }
    }
  }

  /// Names of the CPU features that it needs and this CPU lacks, with commas between.
  public func missingFeatures() -> Message {
    featuresLacking(cpu_need)
  }
}

/// Names of the CPU features of `need` that this CPU lacks, with commas between.
func featuresLacking(_ need: (UInt64, UInt64)) -> Message {
  var found: (UInt64, UInt64) = (0, 0)
  withUnsafeMutableBytes(of: &found) {
    mtl_cpu_features($0.baseAddress!.assumingMemoryBound(to: UInt64.self))
  }
  var names = Message()
  for (word, missing) in [need.0 & ~found.0, need.1 & ~found.1].enumerated() {
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
