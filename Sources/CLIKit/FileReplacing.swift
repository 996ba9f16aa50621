import CMTL

/// Writes a file, `head` and then `body`, under a temporary name beside it and renames it when it
/// is complete: whoever looks finds the old file or the new one, never a part. A device or a pipe
/// takes the bytes as they come. Throws what the system says, without the path.
public func replaceFile(
  _ path: Path, with head: [UInt8] = [], _ body: UnsafeRawBufferPointer
) throws(Failure) {
  let stream = path.withCString { mtl_open_stream($0) }
  guard stream == -1 else { return try fill(stream, with: head, body) }
  let temporary = Path(path.bytes + Array(".\(getpid()).part".utf8))
  let file = temporary.withCString { mtl_create_new($0) }
  guard file >= 0 else { throw FileContent.systemFailure() }
  let isWritten = head.withUnsafeBytes { write($0, to: file) } && write(body, to: file)
  let failure = isWritten ? nil : FileContent.systemFailure()
  let isClosed = close(file) == 0
  let isDone =
    isWritten && isClosed
    && temporary.withCString { from in path.withCString { rename(from, $0) } } == 0
  guard isDone else {
    let failure = failure ?? FileContent.systemFailure()
    temporary.withCString { _ = unlink($0) }
    throw failure
  }
}

private func fill(
  _ stream: Int32, with head: [UInt8], _ body: UnsafeRawBufferPointer
) throws(Failure) {
  guard stream >= 0, head.withUnsafeBytes({ write($0, to: stream) }), write(body, to: stream)
  else {
    let failure = FileContent.systemFailure()
    if stream >= 0 { close(stream) }
    throw failure
  }
  guard close(stream) == 0 else { throw FileContent.systemFailure() }
}

/// Whether all bytes were taken; if not, errno says why.
private func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
  var rest = bytes
  while !rest.isEmpty {
    let count = CMTL.write(file, rest.baseAddress, rest.count)
    if count < 0, mtl_errno() == EINTR { continue }
    guard count > 0 else { return false }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
  }
  return true
}
