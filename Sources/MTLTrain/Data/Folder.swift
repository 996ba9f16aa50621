import CLIKit
import CMTL
import MTLFormat
import MTLWriter

/// What a folder holds; hidden entries are left out.
struct Folder {
  /// Names in the order of their bytes.
  let folders: [String]
  let files: [String]

  /// Errors: the folder is not there or cannot be read.
  init(path: String) throws(Status) {
    guard let directory = opendir(path.fileName) else {
      throw Status(MTLRT_E_IO, "\(path.spelled): \(String(cString: strerror(mtl_errno())))")
    }
    defer { closedir(directory) }
    var folders: [String] = []
    var files: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(fileName: bytes.prefix { $0 != 0 })
      }
      if name.utf8.first == UInt8(ascii: ".") { continue }
      var information = stat()
      guard stat((path + "/" + name).fileName, &information) == 0 else {
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

extension Folder {
  /// The folders in a folder that may hold images, and the images below each, by the rule that all
  /// commands follow (`ImageFolder`); paths are relative to the folder.
  /// Errors: a folder that cannot be read.
  static func images(in path: String) throws(Status) -> [(folder: String, images: [String])] {
    func failure(_ path: String, _ reason: String) -> Status {
      Status(MTLRT_E_IO, "\(path.spelled): \(reason)")
    }
    let root = Path(fileName: path)
    guard let names = ImageFolder.folders(in: root) else {
      throw failure(path, String(cString: strerror(mtl_errno())))
    }
    let length = root.appending([0x78]).bytes.count - 1
    var found: [(folder: String, images: [String])] = []
    for name in names {
      var unreadable: (Path, Failure)?
      let images = ImageFolder.images(in: root.appending(name)) { unreadable = ($0, $1) }
      if let (path, reason) = unreadable {
        throw failure(String(fileName: path.bytes), reason.text)
      }
      found.append(
        (
          folder: String(fileName: name),
          images: images.map { String(fileName: $0.bytes.dropFirst(length)) }
        ))
    }
    return found
  }
}
