import CModelFiles
import Glibc
import MTLFormat

/// An HDF5 file in memory.
final class HDF5File {
  private let handle: OpaquePointer
  private let owner: Bytes

  /// `view` lies in memory that `owner` keeps. Errors: not an HDF5 file.
  init(_ view: UnsafeRawBufferPointer, owner: Bytes) throws(ImportError) {
    guard let handle = mtl_h5_open(view.baseAddress, view.count) else {
      throw ImportError("not an HDF5 file, or a damaged one")
    }
    self.handle = handle
    self.owner = owner
  }

  deinit { mtl_h5_close(handle) }

  func text(_ object: String, _ attribute: String) -> String? {
    guard let text = mtl_h5_text(handle, object, attribute) else { return nil }
    defer { free(text) }
    return String(validatingCString: text)
  }

  func texts(_ object: String, _ attribute: String) -> [String]? {
    var count = 0
    return Self.list(mtl_h5_texts(handle, object, attribute, &count), count)
  }

  /// What is in a group; nil if there is no such group.
  func names(_ group: String) -> [String]? {
    var count = 0
    return Self.list(mtl_h5_names(handle, group, &count), count)
  }

  private static func list(_ texts: UnsafeMutablePointer<CChar>?, _ count: Int) -> [String]? {
    guard let texts else { return nil }
    defer { free(texts) }
    var list: [String] = []
    var next = UnsafePointer(texts)
    for _ in 0..<count {
      list.append(String(cString: next))
      next += strlen(next) + 1
    }
    return list
  }

  /// Errors: no such numbers.
  func floats(_ path: String) throws(ImportError) -> HostTensor {
    var shape: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
      (0, 0, 0, 0, 0, 0, 0, 0)
    var rank: UInt32 = 0
    let found = withUnsafeMutableBytes(of: &shape) { raw in
      mtl_h5_floats(
        handle, path, raw.bindMemory(to: UInt64.self).baseAddress, &rank)
    }
    guard let found else { throw ImportError("there are no numbers at '\(path)' in the file") }
    defer { free(found) }
    let sizes = withUnsafeBytes(of: shape) { raw in
      raw.bindMemory(to: UInt64.self).prefix(Int(rank)).map { Int($0) }
    }
    let count = sizes.reduce(1, *)
    return HostTensor(sizes, floats: Array(UnsafeBufferPointer(start: found, count: count)))
  }
}
