import CMTL
import MTLFormat

/// Runs the body of a function of `mtlrt.h`: the calling thread is not cancelled meanwhile, and
/// computes as IEEE 754 has it by default.
func inLibrary<Result>(_ body: () -> Result) -> Result {
  var entry = mtl_entry()
  mtl_enter(&entry)
  defer { mtl_leave(&entry) }
  return body()
}

/// The same for a function that can fail: writes the failure to `destination` and returns its code,
/// or 0.
func call(
  _ destination: UnsafeMutablePointer<mtlrt_error>?, _ body: () throws(Status) -> Void
) -> Int32 {
  inLibrary { reporting(to: destination, body) }
}

extension UnsafeMutablePointer<mtlrt_error>? {
  /// Reports an argument that cannot be, without allocating anything. Each `%lld` in `text` stands
  /// for a number.
  func refuse(_ text: StaticString, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) -> Int32 {
    mtl_refuse_argument(
      self, UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self), Int64(a),
      Int64(b), Int64(c))
  }
}
