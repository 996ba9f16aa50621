import CMTL
import MTLRuntime
import Testing

@Suite struct DecodeArgumentTests {
  /// Whoever cannot be given the pixels is told so before anything is decoded for them.
  @Test func pixelsThatAreTooShortAreRefused() {
    let whole = UInt32(MemoryLayout<mtlrt_pixels>.size)
    for size in [0, 4, whole - 1] {
      var pixels = mtlrt_pixels()
      pixels.size = size
      var error = mtlrt_error()
      #expect(mtlrt_decode(nil, [0xFF, 0xD8] as [UInt8], 2, &pixels, &error) == MTLRT_E_ARGUMENT)
      #expect(pixels.data == nil)
    }
  }
}
