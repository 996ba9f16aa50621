import CMTL
import MTLFormat

/// A backend that passed every check and was opened, as one model uses it.
final class Backend {
  let module: UnsafePointer<mtlrt_module>
  /// What its `open` gave, for its other functions.
  let instance: UnsafeMutableRawPointer?
  /// nil for the one that is linked in.
  private let plugin: LoadedPlugin?

  /// The backend that is linked in.
  init(linked module: UnsafePointer<mtlrt_module>) {
    self.module = module
    (instance, plugin) = (nil, nil)
  }

  private init(_ module: UnsafePointer<mtlrt_module>, _ plugin: LoadedPlugin) {
    self.module = module
    self.plugin = plugin
    instance = plugin.instance
  }

  /// One that was loaded.
  static func open(_ module: UnsafePointer<mtlrt_module>) throws(Status) -> Backend {
    let plugin = try LoadedPlugin.of(module)
    try plugin.retain()
    return Backend(module, plugin)
  }

  deinit { plugin?.release() }

  var name: [UInt8] { module.pointee.nameBytes }

  /// Whether an image's results have the same bits in any batch.
  var isBatchInvariant: Bool { has(MTLRT_MODULE_BATCH_INVARIANT) }

  /// Whether what it declines is for scalar, not for a backend of a lower rank.
  var isGeneral: Bool { has(MTLRT_MODULE_GENERAL) }

  /// What tells the module's file from every other build of it; nil where its packed constants must
  /// not be kept.
  private(set) lazy var packedIdentity: [UInt8]? = {
    var count = 0
    guard has(MTLRT_MODULE_PACKED_LASTS), let id = mtl_build_id(module, &count) else { return nil }
    return Array(UnsafeBufferPointer(start: id, count: count))
  }()

  private func has(_ flag: UInt64) -> Bool { mtl_module_flags(module) & flag != 0 }
}
