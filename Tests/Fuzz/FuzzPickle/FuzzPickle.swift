// Pickled label lists from a fuzzer. Build and run it with tools/fuzz.

import MTLImport

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    let labels = try LabelPickle.labels(UnsafeRawBufferPointer(start: data, count: count))
    precondition(Set(labels).count == labels.count && !labels.isEmpty)
  } catch let error as ImportError {
    precondition(!error.text.isEmpty, "a refusal without a reason")
  } catch {
    preconditionFailure("an error of another kind")
  }
  return 0
}
