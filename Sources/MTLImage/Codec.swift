import CImageCodecs
import CMTL
import MTLFormat

/// Calls of the C codecs with their faults as `Status`.
struct Codec {
  /// For messages: "JPEG".
  let name: StaticString

  /// Runs one call. Throws `MTLRT_E_IMAGE` or `MTLRT_E_MEMORY`.
  func call(_ body: (UnsafeMutablePointer<mtl_codec_fault>) -> Int32) throws(Status) {
    var fault = mtl_codec_fault()
    let code = Int(body(&fault))
    guard code != MTL_CODEC_OK else { return }
    let detail = String(cString: mtl_codec_text(&fault))
    switch code {
    case MTL_CODEC_MEMORY:
      throw Status(MTLRT_E_MEMORY, "not enough memory to decode the \(name): \(detail)")
    case MTL_CODEC_CUT_SHORT:
      throw Status(MTLRT_E_IMAGE, "the \(name) is cut short: \(detail)")
    default:
      throw Status(MTLRT_E_IMAGE, "the \(name) is damaged: \(detail)")
    }
  }
}
