import CMTL

/// A convolution, or a dense layer, as a product of matrices: per group, a row of `taps` inputs for
/// each position times a column of `taps` weights for each output.
public struct Convolution {
  public let window: Window
  public let groups: Int
  /// Input and output channels of a group.
  public let depth: Int, outputs: Int
  /// Inputs that one result sums up: kernel height * kernel width * depth.
  public let taps: Int
  /// Positions of all images.
  public let positions: Int

  public init(_ op: OperatorView) {
    let isDense = op.code == MTLRT_OP_DENSE
    window = isDense ? Window(rowsOf: op.input(0)) : Window(op, isPool: false)
    groups = isDense ? 1 : op.attribute(8)
    depth = window.channels / groups
    outputs = op.input(1).dimension(0) / groups
    taps = window.vertical.kernel * window.horizontal.kernel * depth
    positions = window.images * window.positions
  }

  /// Whether the rows lie in the input as they are: a 1x1 kernel that touches every pixel once.
  public var isPointwise: Bool {
    let (v, h) = (window.vertical, window.horizontal)
    return v.kernel == 1 && h.kernel == 1 && v.stride == 1 && h.stride == 1
      && v.count == v.size && h.count == h.size
  }

  /// Whether each output channel reads the input channel of the same number and no other.
  public var isDepthwise: Bool { depth == 1 && outputs == 1 && groups > 1 }

  /// Writes the rows of `positions`, counted through all images, for one group; zeros for padding.
  public func gather(
    _ positions: Range<Int>, group: Int, from x: UnsafePointer<Float>,
    to rows: UnsafeMutablePointer<Float>
  ) {
    var image = positions.lowerBound / window.positions
    var (h, w) = (positions.lowerBound % window.positions).quotientAndRemainder(
      dividingBy: window.horizontal.count)
    var row = rows
    for _ in positions {
      gatherRow(x + image * window.imageElements + group * depth, h, w, row)
      row += taps
      w += 1
      if w == window.horizontal.count { (w, h) = (0, h + 1) }
      if h == window.vertical.count { (h, image) = (0, image + 1) }
    }
  }

  private func gatherRow(
    _ image: UnsafePointer<Float>, _ h: Int, _ w: Int, _ row: UnsafeMutablePointer<Float>
  ) {
    let (vertical, horizontal) = (window.vertical, window.horizontal)
    let (top, left) = (vertical.start(h), horizontal.start(w))
    let columns = horizontal.inside(from: left)
    let inside = vertical.inside(from: top)
    let line = horizontal.kernel * depth
    if inside.count < vertical.kernel || columns.count < horizontal.kernel {
      row.update(repeating: 0, count: taps)
    }
    for i in inside {
      let source = image + (top + i * vertical.dilation) * window.rowElements
      let first = source + (left + columns.lowerBound * horizontal.dilation) * window.channels
      let target = row + i * line + columns.lowerBound * depth
      if groups == 1, horizontal.dilation == 1 {
        copy(first, to: target, count: columns.count * depth)
      } else {
        for j in 0..<columns.count {
          let step = j * horizontal.dilation * window.channels
          copy(first + step, to: target + j * depth, count: depth)
        }
      }
    }
  }
}

/// Copies without a call: runs are short.
@inline(__always)
private func copy(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  let (from, to) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
  var next = 0
  while next + 8 <= count {
    let eight = from.loadUnaligned(fromByteOffset: next * 4, as: SIMD8<Float>.self)
    to.storeBytes(of: eight, toByteOffset: next * 4, as: SIMD8<Float>.self)
    next += 8
  }
  while next < count {
    target[next] = source[next]
    next += 1
  }
}
