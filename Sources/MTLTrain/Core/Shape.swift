/// Dimensions of one image's value within a network: `[height, width, channels]` or `[features]`.
public struct Shape: Equatable, Sendable, CustomStringConvertible {
  public let dimensions: [Int]

  public init(height: Int, width: Int, channels: Int) { dimensions = [height, width, channels] }

  public init(features: Int) { dimensions = [features] }

  public var count: Int { dimensions.reduce(1, *) }
  public var isImage: Bool { dimensions.count == 3 }
  public var height: Int { isImage ? dimensions[0] : 1 }
  public var width: Int { isImage ? dimensions[1] : 1 }
  /// The innermost dimension.
  public var channels: Int { dimensions[dimensions.count - 1] }
  public var pixels: Int { height * width }

  public var description: String { dimensions.map(String.init).joined(separator: "x") }
}
