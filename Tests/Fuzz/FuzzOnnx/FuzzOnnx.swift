// ONNX models from a fuzzer, as far as they become a graph. Build and run it with tools/fuzz.

import MTLFormat
import MTLImport

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Bytes.borrowed(UnsafeRawBufferPointer(start: data, count: count))
  do {
    let source = try ONNXReader.read(bytes, path: nil)
    // Small inputs can ask for large constants; those are for the importer's own limits.
    for stored in source.constants.values {
      let size = stored.shape.reduce(1.0) { $0 * Double($1) }
      guard size < 65_536 else { continue }
      let count = try stored.load().count
      precondition(count == Int(size))
    }
  } catch let error as ImportError {
    precondition(!error.text.isEmpty, "a refusal without a reason")
  } catch {
    preconditionFailure("an error of another kind")
  }
  return 0
}
