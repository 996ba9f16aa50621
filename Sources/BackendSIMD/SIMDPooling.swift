import BackendKit

/// Parts of some rows of pooling results, through all images.
func poolSplit(_ window: Window) -> Split {
  Split(
    window.images * window.vertical.count,
    grain: max(1, (1 << 13) / (window.horizontal.count * window.channels)))
}

/// For a part of a pooling operator: combines the pixels of each window, vector by vector along the
/// channels.
@inline(__always)
func pool(
  _ call: CallView, _ part: UInt32, _ reduction: some LaneReduction
) {
  let window = Window(call.op, isPool: true)
  let (vertical, horizontal) = (window.vertical, window.horizontal)
  for row in poolSplit(window)[part] {
    let (image, h) = row.quotientAndRemainder(dividingBy: vertical.count)
    let x = call.elements(call.op.input(0)) + image * window.imageElements
    let y = call.values(call.op.output) + row * horizontal.count * window.channels
    let rows = vertical.inside(from: vertical.start(h))
    for w in 0..<horizontal.count {
      let columns = horizontal.inside(from: horizontal.start(w))
      let block = PixelBlock(
        first: x + (vertical.start(h) + rows.lowerBound) * window.rowElements
          + (horizontal.start(w) + columns.lowerBound) * window.channels,
        rows: rows.count, columns: columns.count, rowStep: window.rowElements,
        step: window.channels)
      block.combine(
        channels: 0..<window.channels, to: y + w * window.channels, reduction)
    }
  }
}
