import CMTL

/// How a kernel slides along one dimension of an image.
public struct WindowAxis {
  /// Elements of input, of kernel, and of result along this dimension.
  public let size: Int, kernel: Int, count: Int
  public let stride: Int, padding: Int, dilation: Int

  @inlinable
  public init(size: Int, kernel: Int, count: Int, stride: Int, padding: Int, dilation: Int) {
    self.size = size
    self.kernel = kernel
    self.count = count
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// Where the window at `position` begins; negative in the padding.
  @inlinable public func start(_ position: Int) -> Int { position * stride - padding }

  /// The kernel's indexes that fall on input when the window begins at `start`; may be empty.
  @inlinable
  public func inside(from start: Int) -> Range<Int> {
    if start >= 0, start + (kernel - 1) * dilation < size { return 0..<kernel }
    let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
    let room = size - start
    let end = room <= 0 ? 0 : min(kernel, (room + dilation - 1) / dilation)
    return min(first, end)..<end
  }
}

/// How a kernel slides over an image (N, H, W, C).
public struct Window {
  public let images: Int, channels: Int
  public let vertical: WindowAxis, horizontal: WindowAxis

  /// Of `conv` or, with `isPool`, of a pooling operator: the first six attributes are the same.
  @inlinable
  public init(_ op: OperatorView, isPool: Bool) {
    let (x, y) = (op.input(0), op.output)
    images = x.dimension(0)
    channels = x.dimension(3)
    vertical = WindowAxis(
      size: x.dimension(1),
      kernel: isPool ? op.attribute(6) : op.input(1).dimension(1), count: y.dimension(1),
      stride: op.attribute(0), padding: op.attribute(2), dilation: isPool ? 1 : op.attribute(6))
    horizontal = WindowAxis(
      size: x.dimension(2),
      kernel: isPool ? op.attribute(7) : op.input(1).dimension(2), count: y.dimension(2),
      stride: op.attribute(1), padding: op.attribute(3), dilation: isPool ? 1 : op.attribute(7))
  }

  /// Of one element, on an image whose pixels are the rows of `x`, which lie along its last axis.
  public init(rowsOf x: TensorView) {
    func axis(_ size: Int) -> WindowAxis {
      WindowAxis(size: size, kernel: 1, count: size, stride: 1, padding: 0, dilation: 1)
    }
    (images, channels) = (x.dimension(0), x.channels)
    (vertical, horizontal) = (axis(x.count(of: 1..<x.rank - 1)), axis(1))
  }

  /// Positions of the window on one image.
  @inlinable public var positions: Int { vertical.count * horizontal.count }

  /// Elements of one image of the input.
  @inlinable public var imageElements: Int { vertical.size * horizontal.size * channels }

  /// Input elements from one row of an image to the next.
  @inlinable public var rowElements: Int { horizontal.size * channels }
}
