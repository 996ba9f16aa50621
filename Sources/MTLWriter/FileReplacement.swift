import CMTL
import Glibc
import MTLFormat

/// Puts a complete file in the place of `path`, or leaves everything as it was: the bytes are
/// written under a temporary name in the same folder and reach the disk before they get the name.
/// A device or a pipe takes the bytes as they come.
public func replaceFile(at path: String, with bytes: UnsafeRawBufferPointer) throws(Status) {
  let stream = mtl_open_stream(path.fileName)
  if stream != -1 {
    guard stream >= 0, writeAll(bytes, to: stream), close(stream) == 0 else {
      throw failure(path, "cannot write")
    }
    return
  }
  let temporary = "\(path).\(getpid()).tmp".fileName
  let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
  guard file >= 0 else { throw failure(path, "cannot create a file beside it") }
  guard writeAll(bytes, to: file), fsync(file) == 0 else {
    let status = failure(path, "cannot write")
    close(file)
    unlink(temporary)
    throw status
  }
  // Some file systems report a full disk only now.
  guard close(file) == 0, rename(temporary, path.fileName) == 0 else {
    let status = failure(path, "cannot write")
    unlink(temporary)
    throw status
  }
  syncFolder(of: path)
}

/// Whether everything was written; errno says why not.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
  var position = 0
  while position < bytes.count {
    let count = write(file, bytes.baseAddress! + position, bytes.count - position)
    if count < 0 {
      if errno == EINTR { continue }
      return false
    }
    position += count
  }
  return true
}

/// Makes the new name durable. A folder that cannot be opened or synced does not undo a file that
/// is complete.
private func syncFolder(of path: String) {
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  let descriptor = open(folder.fileName, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}

private func failure(_ path: String, _ what: String) -> Status {
  let reason = String(cString: strerror(errno))
  return Status(MTLRT_E_IO, "\(path.spelled): \(what): \(reason)")
}
