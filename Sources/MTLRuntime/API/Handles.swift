import CMTL
import MTLFormat

/// The handles of `mtlrt.h` are references to Swift objects that C holds one count of.
extension OpaquePointer {
  init<Object: AnyObject>(retaining object: Object) {
    self.init(Unmanaged.passRetained(object).toOpaque())
  }

  func object<Object: AnyObject>(_ type: Object.Type) -> Object {
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).takeUnretainedValue()
  }

  func release<Object: AnyObject>(_ type: Object.Type) {
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).release()
  }
}

/// Fills the structure of a caller that may know fewer fields of it than this library: writes no
/// byte beyond the size that the caller set, which stays as it is.
func fill<Structure>(_ target: UnsafeMutablePointer<Structure>, with value: Structure) -> Bool {
  let raw = UnsafeMutableRawPointer(target)
  let size = Int(raw.load(as: UInt32.self))
  guard size >= MemoryLayout<UInt32>.size, size <= 4096 else { return false }
  withUnsafeBytes(of: value) { bytes in
    let count = min(size, bytes.count) - MemoryLayout<UInt32>.size
    memcpy(raw + MemoryLayout<UInt32>.size, bytes.baseAddress! + MemoryLayout<UInt32>.size, count)
  }
  return true
}
