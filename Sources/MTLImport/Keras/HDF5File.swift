import CModelFiles
import Glibc
import MTLFormat

/// An HDF5 file in memory, read by a child process. Every question throws once that process is
/// gone.
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
    try checkLife()
  }

  deinit { mtl_h5_close(handle) }

  /// Errors: the process that reads the file has ended.
  func checkLife() throws(ImportError) {
    let signal = mtl_h5_death(handle)
    guard signal != 0 else { return }
    // The hard limit of CPU time kills.
    if signal == SIGXCPU || signal == SIGKILL {
      throw ImportError("the HDF5 library came to no end reading it: the file is damaged")
    }
    let how = signal > 0 ? ", signal \(signal)" : ""
    throw ImportError("the HDF5 library broke down reading it\(how): the file is damaged")
  }

  func text(_ object: String, _ attribute: String) throws(ImportError) -> String? {
    guard let text = mtl_h5_text(handle, object, attribute) else {
      try checkLife()
      return nil
    }
    defer { free(text) }
    return String(validatingCString: text)
  }

  func texts(_ object: String, _ attribute: String) throws(ImportError) -> [String]? {
    var count = 0
    return try list(mtl_h5_texts(handle, object, attribute, &count), count)
  }

  /// The same where a list too long for one attribute is split into several, numbered from 0.
  func pieces(_ object: String, _ attribute: String) throws(ImportError) -> [String]? {
    if let whole = try texts(object, attribute) { return whole }
    var list: [String]?
    var number = 0
    while let piece = try texts(object, "\(attribute)\(number)") {
      list = (list ?? []) + piece
      number += 1
    }
    return list
  }

  /// What is in a group; nil if there is no such group.
  func names(_ group: String) throws(ImportError) -> [String]? {
    var count = 0
    return try list(mtl_h5_names(handle, group, &count), count)
  }

  private func list(
    _ texts: UnsafeMutablePointer<CChar>?, _ count: Int
  ) throws(ImportError) -> [String]? {
    guard let texts else {
      try checkLife()
      return nil
    }
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
    guard let found else {
      try checkLife()
      throw ImportError("there are no numbers at '\(path)' in the file")
    }
    defer { free(found) }
    let sizes = withUnsafeBytes(of: shape) { raw in
      raw.bindMemory(to: UInt64.self).prefix(Int(rank)).map { Int($0) }
    }
    let count = sizes.reduce(1, *)
    return HostTensor(sizes, floats: Array(UnsafeBufferPointer(start: found, count: count)))
  }
}
