import BackendKit

/// The elements of one channel in one window, without padding.
struct WindowPixels {
  /// The channel at the first pixel of the image.
  let image: UnsafePointer<Float>
  let rows: Range<Int>, columns: Range<Int>
  let rowElements: Int, channels: Int

  var count: Int { rows.count * columns.count }

  @inline(__always)
  func forEach(_ body: (Float) -> Void) {
    for row in rows {
      for column in columns { body(image[row * rowElements + column * channels]) }
    }
  }
}

/// For each element of a row of pooling results: its index in the result and what it pools.
/// `row` counts through all images.
@inline(__always)
func poolRow(
  _ call: CallView, _ window: Window, _ row: Int, _ body: (Int, WindowPixels) -> Void
) {
  let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
  let x = call.elements(call.op.input(0)) + image * window.imageElements
  let top = window.vertical.start(h)
  let rows = window.vertical.inside(from: top)
  for w in 0..<window.horizontal.count {
    let left = window.horizontal.start(w)
    let columns = window.horizontal.inside(from: left)
    for c in 0..<window.channels {
      let pixels = WindowPixels(
        image: x + c, rows: rows.lowerBound + top..<rows.upperBound + top,
        columns: columns.lowerBound + left..<columns.upperBound + left,
        rowElements: window.rowElements, channels: window.channels)
      body((row * window.horizontal.count + w) * window.channels + c, pixels)
    }
  }
}
