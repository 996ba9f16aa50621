import CArguments
import CMTL

/// Writes a file, `head` and then `body`, under a temporary name beside it and renames it when it
/// is complete: whoever looks finds the old file or the new one, never a part. A device or a pipe
/// takes the bytes as they come. Throws what the system says, without the path.
public func replaceFile(
  _ path: Path, with head: [UInt8] = [], _ body: UnsafeRawBufferPointer
) throws(Failure) {
  let stream = path.withCString { mtl_open_stream($0) }
  guard stream == -1 else { return try fill(stream, with: head, body) }
  let temporary = try TemporaryFile(beside: path, head, body)
  guard temporary.rename(to: path, replaces: true) else { throw temporary.discarded() }
}

/// Writes a file at the first of `names` in `folder` that is free, and never replaces one. Throws
/// what the system says.
public func writeNewFile(
  in folder: Path, _ body: UnsafeRawBufferPointer, name: (_ attempt: Int) -> [UInt8]
) throws(Failure) {
  let temporary = try TemporaryFile(beside: folder.appending([0x78]), [], body)
  var attempt = 0
  while !temporary.rename(to: folder.appending(name(attempt)), replaces: false) {
    guard mtl_errno() == EEXIST else { throw temporary.discarded() }
    attempt += 1
  }
}

/// A complete file that has not got its name yet.
private struct TemporaryFile {
  private let path: Path

  /// In the folder of `target`, under a name that is short whatever the target is called.
  init(
    beside target: Path, _ head: [UInt8], _ body: UnsafeRawBufferPointer
  ) throws(Failure) {
    let folder = Array(target.bytes.dropLast(target.name.count))
    var (attempt, candidate, file) = (0, target, Int32(-1))
    repeat {
      // What a process that was killed has left may have the name.
      candidate = Path(folder + Array(".mtl-\(getpid())-\(attempt).part".utf8))
      file = candidate.withCString { mtl_create_new($0) }
      attempt += 1
    } while file < 0 && mtl_errno() == EEXIST && attempt < 100
    path = candidate
    guard file >= 0 else { throw FileContent.systemFailure() }
    let isWritten = head.withUnsafeBytes { write($0, to: file) } && write(body, to: file)
    let failure = isWritten ? nil : FileContent.systemFailure()
    let isClosed = close(file) == 0
    guard isWritten && isClosed else { throw discarded(failure) }
  }

  /// Whether it has got the name; if not, errno says why.
  func rename(to target: Path, replaces: Bool) -> Bool {
    path.withCString { from in
      target.withCString { replaces ? CMTL.rename(from, $0) : mtl_rename_new(from, $0) }
    } == 0
  }

  /// Removes it; returns what has gone wrong.
  func discarded(_ reason: Failure? = nil) -> Failure {
    let failure = reason ?? FileContent.systemFailure()
    path.withCString { _ = unlink($0) }
    return failure
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
