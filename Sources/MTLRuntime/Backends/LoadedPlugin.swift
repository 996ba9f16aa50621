import CMTL
import CPlugins
import MTLFormat

/// A plugin in this process: opened once for all models that use it, closed after the last. It
/// stays loaded: unloading code that another thread may still run cannot be made safe.
final class LoadedPlugin {
  private let module: UnsafePointer<mtlrt_module>
  /// What its `open` gave, for its other functions, as long as it has users.
  private(set) var instance: UnsafeMutableRawPointer?
  private var users = 0
  /// The process of which a thread opens or closes it at the moment, or 0. A child that was forked
  /// meanwhile has no such thread.
  private var changingProcess: pid_t = 0
  private var next: LoadedPlugin?

  /// The pool's lock guards the list and its plugins' variables. It is held for moments only, so
  /// never in a function of a plugin.
  private nonisolated(unsafe) static var first: LoadedPlugin?

  private init(_ module: UnsafePointer<mtlrt_module>) { self.module = module }

  /// The one whose constant is at `module`.
  static func of(_ module: UnsafePointer<mtlrt_module>) throws(Status) -> LoadedPlugin {
    let new = LoadedPlugin(module)
    try Memory.check()
    mtl_pool_lock()
    defer { mtl_pool_unlock() }
    var plugin = first
    while let this = plugin {
      if this.module == module { return this }
      plugin = this.next
    }
    new.next = first
    first = new
    return new
  }

  /// Opens it for its first user. `release` must follow.
  func retain() throws(Status) {
    guard beginUse() else { return }
    var error = mtlrt_error()
    var opened: UnsafeMutableRawPointer?
    let answer = module.pointee.open?(&opened, &error) ?? Int32(MTLRT_MODULE_OK)
    let isOpen = answer == Int32(MTLRT_MODULE_OK)
    mtl_pool_lock()
    instance = isOpen ? opened : nil
    users = isOpen ? 1 : 0
    changingProcess = 0
    mtl_pool_unlock()
    guard isOpen else {
      let reason = withUnsafeMutablePointer(to: &error) { $0.message }
      throw Status(MTLRT_E_BACKEND, "it does not open: \(reason)")
    }
  }

  /// Counts one more user; true if this thread has to open it for that.
  private func beginUse() -> Bool {
    while true {
      mtl_pool_lock()
      if users > 0 {
        users += 1
        mtl_pool_unlock()
        return false
      }
      if changingProcess != getpid() {
        changingProcess = getpid()
        mtl_pool_unlock()
        return true
      }
      mtl_pool_unlock()
      mtl_wait_a_moment()
    }
  }

  func release() {
    mtl_pool_lock()
    users -= 1
    let isLast = users == 0
    if isLast { changingProcess = getpid() }
    mtl_pool_unlock()
    guard isLast else { return }
    module.pointee.close?(instance)
    mtl_pool_lock()
    instance = nil
    changingProcess = 0
    mtl_pool_unlock()
  }
}
