import CMTL
import MTLFormat
import MTLPixels

/// Columns that are turned together, so that a transposed picture is written in runs.
private let blockWidth = 64

/// A copy of dense RGB8 pixels that stands upright. Throws `MTLRT_E_MEMORY`.
func turned(_ stored: mtlrt_pixels, _ orientation: Orientation) throws(Status) -> mtlrt_pixels {
  let isTransposed = orientation.isTransposed
  let target = try mtlrt_pixels.allocate(
    width: isTransposed ? stored.height : stored.width,
    height: isTransposed ? stored.width : stored.height, format: MTLRT_RGB8)
  let columns = Int(stored.width)
  let rows = Int(stored.height)
  // Bytes in the target from one stored column, and row, to the next.
  let columnStep = isTransposed ? Int(target.stride) : 3
  let rowStep = isTransposed ? 3 : Int(target.stride)
  for block in stride(from: 0, to: columns, by: blockWidth) {
    for row in 0..<rows {
      let from = stored.data + row * Int(stored.stride)
      let to = target.data + (orientation.flipsRows ? rows - 1 - row : row) * rowStep
      for column in block..<min(block + blockWidth, columns) {
        let place = to + (orientation.flipsColumns ? columns - 1 - column : column) * columnStep
        place.update(from: from + 3 * column, count: 3)
      }
    }
  }
  return target
}
