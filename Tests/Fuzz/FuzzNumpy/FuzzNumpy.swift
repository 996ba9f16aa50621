// .npy files from a fuzzer. Build and run it with tools/fuzz.

import MTLNumpy

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let file = UnsafeRawBufferPointer(start: data, count: count)
  do throws(NumpyError) {
    let header = try NumpyHeader(file)
    precondition(header.shape.reduce(1, *) == header.elementCount)
    precondition(header.elementCount * header.element.byteCount <= count - header.dataOffset)
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: header.elementCount)
    defer { floats.deallocate() }
    NumpyFile.copy(file, header, first: 0, count: header.elementCount, to: floats)
    try checkWritten(header.shape)
  } catch {
    precondition(!error.text.isEmpty, "a refusal without a reason")
  }
  return 0
}

/// A header that the writer makes says what it was told to.
private func checkWritten(_ shape: [Int]) throws(NumpyError) {
  let header = try NumpyFile.header(shape: shape)
  precondition(header.count % 64 == 0)
  // Without its elements the file is cut short, unless there are none; the shape has been read.
  let again = header.withUnsafeBytes { bytes in try? NumpyHeader(bytes) }
  precondition((again == nil) == (shape.reduce(1, *) > 0))
  precondition(again == nil || again!.shape == shape)
}
