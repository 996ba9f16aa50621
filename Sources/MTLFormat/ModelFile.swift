/// A model out of a file that keeps every rule of the format but those of the operators (4xx).
public final class ModelFile {
  /// Constants point into `bytes`: whoever uses them keeps this object alive.
  public let model: Model
  /// The whole file.
  public let bytes: Bytes
  /// In the order of the file, those of unknown type included.
  public let sections: [Section]
  public let version: FormatVersion
  /// Where each node's record begins in the file.
  public let nodeOffsets: [UInt64]

  init(
    model: Model, bytes: Bytes, sections: [Section], version: FormatVersion,
    nodeOffsets: [UInt64]
  ) {
    self.model = model
    self.bytes = bytes
    self.sections = sections
    self.version = version
    self.nodeOffsets = nodeOffsets
  }
}

extension ModelFile {
  /// Bytes of the sections that are parsed as a whole.
  public var smallBytes: Int { sections.smallBytes }
}

extension [Section] {
  /// Bytes of those that are parsed as a whole.
  var smallBytes: Int {
    reduce(0) { $0 + (SectionType(rawValue: $1.type)?.isSmall == true ? $1.length : 0) }
  }
}

/// Version of the format: a higher minor version only adds, a higher major version breaks.
public struct FormatVersion: Sendable {
  public let major: Int
  public let minor: Int

  /// The highest version that this code writes; it reads every minor version of the same major
  /// version.
  public static let current = FormatVersion(major: 1, minor: 2)

  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }
}

/// An entry of the section table.
public struct Section {
  /// The flag of a section that a reader must understand.
  public static let isRequired: UInt32 = 1

  public let type: UInt32
  public let flags: UInt32
  /// Of the first byte, in the file.
  public let offset: Int
  public let length: Int
  public let checksum: UInt32
  /// SHA-256, 32 bytes.
  public let hash: [UInt8]
}
