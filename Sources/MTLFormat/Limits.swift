/// The constants of `spec/format.md`, section "Limits". A reader may lower them, never raise them.
public enum Limits {
  public static let sections = 64
  /// Header, table and every section that is parsed, together, in bytes.
  public static let smallBytes = 64 << 20
  public static let tensors = 65_536
  public static let rank = 8
  /// Largest dimension, and most elements of a tensor.
  public static let elements = Int(Int32.max)
  public static let inputs = 64
  public static let outputs = 64
  public static let nodes = 65_536
  public static let nodeInputs = 64
  public static let nodeAttributes = 64
  public static let tasks = 4096
  /// Of all tasks together.
  public static let labels = 1_000_000
  /// Largest width and height of the image that preprocessing makes.
  public static let imageSide = 16_384
  public static let metadata = 4096
  /// Bytes of a name.
  public static let name = 4096
  /// Bytes of a metadata value.
  public static let text = 65_536
  /// Records of the packed section.
  public static let packed = 65_536
}

/// Sizes that are the same in every file.
public enum Layout {
  public static let magic: [UInt8] = [0x89, 0x4D, 0x54, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A]
  public static let header = 64
  /// The part of the header that its checksum covers; the checksum follows.
  public static let headerSummed = 56
  public static let entry = 64
  /// Every section but the weights begins at a multiple of this.
  public static let sectionAlignment = 64
  /// The weights section begins at a multiple of this.
  public static let weightsAlignment = 4096
  /// Elements and scales begin at multiples of this within the weights section.
  public static let tensorAlignment = 256
  /// Bytes of a record of the packed section.
  public static let packedRecord = 48
  /// Data begin at multiples of this within the packed section.
  public static let packedAlignment = 64
  /// Marks an optional input that is absent.
  public static let absent: UInt32 = 0xFFFF_FFFF

  /// The first multiple of `alignment` from `offset` on. Offsets are sizes of what exists, far
  /// below the largest integer.
  public static func align(_ offset: Int, to alignment: Int) -> Int {
    (offset + alignment - 1) / alignment * alignment
  }
}

/// The sections that are defined, in the order of a file.
public enum SectionType: UInt32, CaseIterable, Sendable {
  case tensors = 1
  case graph = 2
  case tasks = 3
  case preprocessing = 4
  case metadata = 5
  case selfTest = 6
  case weights = 7
  case packed = 9

  public var name: StaticString {
    switch self {
    case .tensors: "tensors"
    case .graph: "graph"
    case .tasks: "tasks"
    case .preprocessing: "preprocessing"
    case .metadata: "metadata"
    case .selfTest: "self-test"
    case .weights: "weights"
    case .packed: "packed"
    }
  }

  /// The flags that an entry of this type has: whether a reader must understand the section.
  public var flags: UInt32 {
    switch self {
    case .metadata, .selfTest, .packed: 0
    case .tensors, .graph, .tasks, .preprocessing, .weights: Section.isRequired
    }
  }

  /// Whether it is parsed as a whole when a file is opened.
  public var isSmall: Bool { self != .weights && self != .packed }

  public var alignment: Int {
    self == .weights ? Layout.weightsAlignment : Layout.sectionAlignment
  }
}
