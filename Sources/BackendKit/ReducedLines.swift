/// Lines of elements along one axis or several neighbouring ones: `inner` of them start side by
/// side, and each has `length` elements, `inner` apart.
public struct ReducedLines {
  public let length: Int, inner: Int
  /// Lines in all.
  public let count: Int

  /// Along the axes from attribute 0 to attribute 1 of the first input.
  public init(_ op: OperatorView) {
    self.init(op.input(0), axes: op.attribute(0)..<op.attribute(1) + 1)
  }

  /// Along the axis of attribute 0.
  public init(axisOf op: OperatorView) {
    self.init(op.input(0), axes: op.attribute(0)..<op.attribute(0) + 1)
  }

  /// Along the pixels of an image.
  public init(pixelsOf op: OperatorView) { self.init(op.input(0), axes: 1..<3) }

  private init(_ x: TensorView, axes: Range<Int>) {
    length = x.count(of: axes)
    inner = x.count(of: axes.upperBound..<x.rank)
    count = x.count(of: 0..<axes.lowerBound) * inner
  }

  /// Parts of some lines.
  public var split: Split { Split(count, grain: max(1, (1 << 13) / length)) }

  /// Index of the first element of a line.
  public func first(_ line: Int) -> Int { line / inner * inner * length + line % inner }
}
