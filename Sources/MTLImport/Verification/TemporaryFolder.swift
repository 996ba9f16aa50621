import Glibc
import MTLWriter

/// A folder of this process, which goes with all that is in it.
final class TemporaryFolder {
  let path: String

  /// In the folder that TMPDIR names, or /tmp. Errors: it cannot be made.
  init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    var template = "\(parent.isEmpty ? "/tmp" : parent)/mtl-export.XXXXXX".fileName
    guard mkdtemp(&template) != nil else {
      throw ImportError(
        "cannot make a folder below \(parent.isEmpty ? "/tmp" : parent) (TMPDIR): "
          + String(cString: strerror(errno)))
    }
    path = String(fileName: template.dropLast().map { UInt8(bitPattern: $0) })
  }

  deinit {
    if let stream = opendir(path.fileName) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        unlink((path + "/" + String(fileName: name)).fileName)
      }
      closedir(stream)
    }
    rmdir(path.fileName)
  }
}
