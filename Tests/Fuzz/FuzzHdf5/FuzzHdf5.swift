// .h5 files from a fuzzer. What they do to the HDF5 library happens in the child process that reads
// them; this process must get an answer or an error. Build and run it with tools/fuzz.

import MTLFormat
import MTLImport

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Bytes.borrowed(UnsafeRawBufferPointer(start: data, count: count))
  do {
    let source = try KerasReader.read(bytes)
    for stored in source.constants.values { _ = try stored.load() }
  } catch let error as ImportError {
    precondition(!error.text.isEmpty, "a refusal without a reason")
    // A file that costs the child all of its CPU time is not kept: most of what is made of it would
    // cost as much.
    if error.text.contains("came to no end") { return -1 }
  } catch {
    preconditionFailure("an error of another kind")
  }
  return 0
}
