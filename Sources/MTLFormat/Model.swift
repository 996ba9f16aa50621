/// A model in memory: what a file holds and a writer writes. Nothing here is checked; `Reader`
/// returns only models that keep every rule of `spec/format.md`.
public struct Model {
  /// Constants and values; nodes refer to them by index.
  public var tensors: [Tensor] = []
  /// In execution order.
  public var nodes: [Node] = []
  /// Indexes of the tensors that the caller gives.
  public var inputs: [Int] = []
  /// Indexes of the tensors that the caller gets.
  public var outputs: [Int] = []
  public var tasks: [Task] = []
  public var preprocessing: Preprocessing?
  /// Where the model comes from: producer, data, date, license. Sorted by key in a file.
  public var metadata: [(key: Name, value: Name)] = []
  public var selfTest: SelfTest?
  /// Sorted by key in a file.
  public var packed: [PackedConstants] = []

  public init() {}

  /// The lowest minor version of the format that has everything the model uses.
  public var leastMinor: Int {
    if nodes.contains(where: { $0.op > Self.firstOperators }) { return 2 }
    return packed.isEmpty ? 0 : 1
  }

  /// Codes of operators up to this one are in every version.
  private static let firstOperators: UInt32 = 75
}

/// Element types; the numbers are those of the file and of `mtlrt_module.h`.
public enum ElementType: UInt32, CaseIterable, Sendable {
  case f32 = 1
  case f16 = 2
  case i32 = 3
  case u8 = 4
  /// value = element * scale[i], `i` the index on axis 0: one scale per output channel.
  case i8 = 5
  /// value = element * scale[i], `i` the index on axis 0: one scale per output row, or per input
  /// where weights lie by input.
  case i16 = 6

  public var byteCount: Int {
    switch self {
    case .f32, .i32: 4
    case .f16, .i16: 2
    case .u8, .i8: 1
    }
  }

  /// Whether constants of this type carry one f32 scale per index on axis 0.
  public var isScaled: Bool { self == .i8 || self == .i16 }
}

/// A constant, or a value that the graph computes.
///
/// Dense, row-major, last dimension innermost; images are NHWC, convolution weights OHWI
/// `(output, height, width, input / groups)`, dense weights `(output, input)`.
/// A value's dimension 0 is 1, for one image: a run of batch N multiplies it by N.
public struct Tensor {
  public var name: Name
  public var type: ElementType
  public var shape: [Int]
  /// The elements of a constant; nil for a value. Whoever made the model keeps them alive.
  public var data: UnsafeRawBufferPointer?
  /// `shape[0]` scales of an i8 or i16 constant, in the file's memory or the maker's.
  public var scales: UnsafeBufferPointer<Float>?

  public init(
    name: Name, type: ElementType = .f32, shape: [Int], data: UnsafeRawBufferPointer? = nil,
    scales: UnsafeBufferPointer<Float>? = nil
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.data = data
    self.scales = scales
  }

  public var isConstant: Bool { data != nil }
  public var elementCount: Int { shape.reduce(1, *) }
}

/// One operator at work.
public struct Node {
  /// Code of the operator's row in `mtlrt_ops.h`.
  public var op: UInt32
  public var name: Name
  /// Indexes of tensors; nil is an optional input that is absent.
  public var inputs: [Int?]
  public var output: Int
  /// One slot per attribute in the order of the row: an integer, or the bits of a `Double`.
  public var attributes: [Int64]

  public init(op: UInt32, name: Name, inputs: [Int?], output: Int, attributes: [Int64] = []) {
    self.op = op
    self.name = name
    self.inputs = inputs
    self.output = output
    self.attributes = attributes
  }
}

/// A named question about the image, and where its answer stands.
public struct Task {
  public var name: Name
  /// Exactly one label holds (the best); otherwise each label that reaches the threshold.
  public var isExclusive: Bool
  /// Which of `Model.outputs`.
  public var output: Int
  /// Index of the first label's score in that output's row; the others follow.
  public var first: Int
  public var labels: [Name]
  public var threshold: Float

  public init(
    name: Name, isExclusive: Bool, output: Int, first: Int, labels: [Name], threshold: Float
  ) {
    self.name = name
    self.isExclusive = isExclusive
    self.output = output
    self.first = first
    self.labels = labels
    self.threshold = threshold
  }
}

/// From an image to input 0 of the graph, shape (1, height, width, channels):
/// `(pixel * scale - mean[c]) / deviation[c]`, channels in the order named.
public struct Preprocessing {
  public enum Resize: UInt32, CaseIterable, Sendable {
    /// Half-pixel centers, no antialiasing, edge clamped, on 8-bit pixels: OpenCV's INTER_LINEAR.
    case bilinear = 1
    /// Half-pixel centers, the nearest pixel.
    case nearest = 2
    /// A triangle as wide as a target pixel: Pillow's BILINEAR, and so torchvision's.
    case antialiased = 3
    /// A cubic as wide as two target pixels to each side: Pillow's BICUBIC.
    case bicubic = 4
  }

  public enum Channels: UInt32, CaseIterable, Sendable {
    case rgb = 1
    case bgr = 2
    case gray = 3

    public var count: Int { self == .gray ? 1 : 3 }
  }

  public var width: Int
  public var height: Int
  public var resize: Resize
  /// Pixels of the shorter side after resizing, the other as the image's shape wants it; of the
  /// result the center is taken. At least width and height. nil: the image is resized to width and
  /// height, whatever its shape.
  public var cropSide: Int?
  public var channels: Channels
  /// Whether an image is turned upright by its EXIF orientation first.
  public var appliesOrientation: Bool
  public var scale: Float
  /// One per channel.
  public var mean: [Float]
  /// One per channel, never 0.
  public var deviation: [Float]

  public init(
    width: Int, height: Int, resize: Resize, cropSide: Int? = nil, channels: Channels,
    appliesOrientation: Bool, scale: Float, mean: [Float], deviation: [Float]
  ) {
    self.width = width
    self.height = height
    self.resize = resize
    self.cropSide = cropSide
    self.channels = channels
    self.appliesOrientation = appliesOrientation
    self.scale = scale
    self.mean = mean
    self.deviation = deviation
  }
}

/// One input for a batch of 1 and what each output must then be.
public struct SelfTest {
  /// Largest allowed difference in any element of any output.
  public var tolerance: Float
  /// For each of `Model.inputs`, one element of `[u8]` per element of the input: the input is
  /// `Float(byte) / 255`, so that the section stays small.
  public var inputs: [[UInt8]]
  /// For each of `Model.outputs`.
  public var outputs: [[Float]]

  public init(tolerance: Float, inputs: [[UInt8]], outputs: [[Float]]) {
    self.tolerance = tolerance
    self.inputs = inputs
    self.outputs = outputs
  }
}
