import CMTL

/// A path as the system keeps it: bytes without a zero, in no certain encoding.
public struct Path {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  public init(_ text: String) { bytes = Array(text.utf8) }
  public init(cString: UnsafePointer<CChar>) {
    bytes = Array(UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
  }

  /// For messages and JSON: what is no UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// What stands behind the last slash.
  public var name: [UInt8] {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes }
    return Array(bytes[(slash + 1)...])
  }

  /// The name without its extension; a leading dot begins no extension.
  public var stem: [UInt8] {
    let name = name
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return name }
    return Array(name[..<dot])
  }

  /// The same folder and stem and another end: `("y.npy", ".probs.npy")` is "y.probs.npy".
  public func replacingExtension(with end: String) -> Path {
    let folder = bytes.dropLast(name.count)
    return Path(Array(folder) + stem + Array(end.utf8))
  }

  public func appending(_ component: [UInt8]) -> Path {
    var folder = bytes
    while folder.count > 1, folder.last == UInt8(ascii: "/") { folder.removeLast() }
    if folder.last != UInt8(ascii: "/") { folder.append(UInt8(ascii: "/")) }
    return Path(folder + component)
  }

  public func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let terminated = bytes + [0]
    return terminated.withUnsafeBytes {
      body($0.baseAddress!.assumingMemoryBound(to: CChar.self))
    }
  }

  /// What tells a file or folder that is there from all others; links are followed.
  public struct Identity: Equatable {
    let device, number: UInt64
  }

  /// nil where nothing is.
  public var identity: Identity? {
    var information = stat()
    guard withCString({ stat($0, &information) }) == 0 else { return nil }
    return Identity(device: UInt64(information.st_dev), number: UInt64(information.st_ino))
  }

  public enum Kind { case missing, file, folder, link, other }

  /// What is there; a link is not followed where `followsLinks` is false.
  public func kind(followsLinks: Bool = true) -> Kind {
    var information = stat()
    let found = withCString {
      followsLinks ? stat($0, &information) : lstat($0, &information)
    }
    if found != 0 { return .missing }
    if mtl_is_regular(&information) != 0 { return .file }
    if mtl_is_directory(&information) != 0 { return .folder }
    return mtl_is_link(&information) != 0 ? .link : .other
  }
}
