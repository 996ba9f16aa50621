// ONNX models from a fuzzer, as far as they become a graph. Build and run it with tools/fuzz.

import MTLFormat
import MTLImport

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Bytes.borrowed(UnsafeRawBufferPointer(start: data, count: count))
  do {
    let source = try ONNXReader.read(bytes, folder: nil)
    // Small inputs can ask for large constants; those are for the importer's own limits.
    for stored in source.constants.values where stored.shape.reduce(1, *) < 1 << 16 {
      precondition(try stored.load().count == stored.shape.reduce(1, *))
    }
  } catch let error as ImportError {
    precondition(!error.text.isEmpty, "a refusal without a reason")
  } catch {
    preconditionFailure("an error of another kind")
  }
  return 0
}
