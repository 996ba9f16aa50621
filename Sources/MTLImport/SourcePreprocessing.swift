import MTLFormat

/// How an image becomes the input of a model that somebody else trained: presets and what differs
/// from them.
public struct SourcePreprocessing: Sendable {
  public var channels = Preprocessing.Channels.rgb
  public var resize = Preprocessing.Resize.bilinear
  public var crop = Crop.none
  public var scale: Float = 1
  public var mean: [Float] = [0]
  public var deviation: [Float] = [1]

  /// What is taken of an image that has another shape than the input.
  public enum Crop: Sendable {
    /// All of it, out of shape.
    case none
    /// The center, once the shorter side has so many pixels.
    case side(Int)
    /// The same, with so many times the larger side of the input.
    case factor(Double)
  }

  /// Pixels as they are, 0 to 255.
  public init() {}

  /// By name; the help text says what each does.
  public static let presets: [(name: String, preprocessing: SourcePreprocessing, help: String)] = [
    (
      "imagenet",
      SourcePreprocessing(
        resize: .antialiased, crop: .factor(256.0 / 224), scale: 1 / 255,
        mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225]),
      """
      RGB, the shorter side resized to 256 for an input of 224 (antialiased), of it the
            center; / 255, minus and by ImageNet's mean and deviation (torchvision)
      """
    ),
    ("unit", SourcePreprocessing(scale: 1 / 255), "RGB / 255"),
    (
      "symmetric", SourcePreprocessing(scale: 1 / 127.5, mean: [1]),
      "RGB / 127.5 - 1 (Keras MobileNet, Inception, Xception)"
    ),
    (
      "caffe", SourcePreprocessing(channels: .bgr, mean: [103.939, 116.779, 123.68]),
      "BGR minus ImageNet's mean (Keras ResNet, VGG)"
    ),
    ("raw", SourcePreprocessing(), "RGB from 0 to 255 (Keras EfficientNet)"),
  ]

  private init(
    channels: Preprocessing.Channels = .rgb, resize: Preprocessing.Resize = .bilinear,
    crop: Crop = .none, scale: Float = 1, mean: [Float] = [0], deviation: [Float] = [1]
  ) {
    self.channels = channels
    self.resize = resize
    self.crop = crop
    self.scale = scale
    self.mean = mean
    self.deviation = deviation
  }

  /// For an input of `shape`, (1, height, width, channels).
  ///
  /// Errors: it is not the input of an image, the lists have another length, or the center is
  /// larger than the image that it is taken from.
  func preprocessing(shape: [Int]) throws -> Preprocessing {
    guard shape.count == 4, shape[3] == channels.count else {
      throw ImportError(
        "the input is \(shapeText(shape)), not an image of \(channels.count) channels")
    }
    func list(_ values: [Float], _ name: String) throws -> [Float] {
      guard values.count == 1 || values.count == channels.count else {
        throw ImportError("\(name) has \(values.count) numbers for \(channels.count) channels")
      }
      return values.count == 1
        ? Array(repeating: values[0], count: channels.count) : values
    }
    return Preprocessing(
      width: shape[2], height: shape[1], resize: resize,
      cropSide: try cropSide(larger: max(shape[1], shape[2])), channels: channels,
      appliesOrientation: true, scale: scale, mean: try list(mean, "--mean"),
      deviation: try list(deviation, "--std"))
  }

  private func cropSide(larger: Int) throws -> Int? {
    switch crop {
    case .none: return nil
    case .factor(let factor): return min(Int((Double(larger) * factor).rounded()), Limits.imageSide)
    case .side(let side):
      guard (larger...max(larger, Limits.imageSide)).contains(side) else {
        throw ImportError("--crop \(side): the input is \(larger) pixels large")
      }
      return side
    }
  }
}
