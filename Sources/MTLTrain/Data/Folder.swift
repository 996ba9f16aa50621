import CMTL
import MTLFormat

/// What a folder holds; hidden entries are left out.
struct Folder {
  /// Names in the order of their bytes.
  let folders: [String]
  let files: [String]

  /// Errors: the folder is not there or cannot be read.
  init(path: String) throws(Status) {
    guard let directory = opendir(path) else {
      throw Status(MTLRT_E_IO, "\(path): \(String(cString: strerror(mtl_errno())))")
    }
    defer { closedir(directory) }
    var folders: [String] = []
    var files: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.utf8.first == UInt8(ascii: ".") { continue }
      var information = stat()
      guard stat(path + "/" + name, &information) == 0 else {
        // A dangling link is a file that cannot be read: whoever reads it will say so.
        files.append(name)
        continue
      }
      if mtl_is_directory(&information) != 0 {
        folders.append(name)
      } else {
        files.append(name)
      }
    }
    self.folders = folders.sorted(by: Folder.precedes)
    self.files = files.sorted(by: Folder.precedes)
  }

  /// By the bytes, which does not depend on the language of the system.
  static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
