import CMTL
import MTLFormat
import MTLPixels

/// Columns that are turned together, so that a transposed picture is written in runs.
private let blockWidth = 64

/// Dense RGB8 rows of a stored picture on their way to a picture that stands upright.
struct Turn {
  private let orientation: Orientation
  private let rows: Int
  private let columns: Int
  /// Upright, dense RGB8, of which each row that is placed fills its part.
  let target: mtlrt_pixels

  /// Allocates the target; whoever takes it frees it. Throws `MTLRT_E_MEMORY`.
  init(_ orientation: Orientation, width: UInt32, height: UInt32) throws(Status) {
    self.orientation = orientation
    rows = Int(height)
    columns = Int(width)
    target = try mtlrt_pixels.allocate(
      width: orientation.isTransposed ? height : width,
      height: orientation.isTransposed ? width : height, format: MTLRT_RGB8)
  }

  /// Puts `count` stored rows, the first of which is row `first`, where they belong.
  func place(_ stored: UnsafePointer<UInt8>, first: Int, count: Int) {
    if !orientation.isTransposed, !orientation.flipsColumns {
      for row in 0..<count {
        self.row(first + row).update(from: stored + 3 * columns * row, count: 3 * columns)
      }
      return
    }
    // Bytes in the target from one stored column to the next.
    let step = orientation.isTransposed ? Int(target.stride) : 3
    for block in stride(from: 0, to: columns, by: blockWidth) {
      for row in 0..<count {
        let from = stored + 3 * columns * row
        let to = self.row(first + row)
        for column in block..<min(block + blockWidth, columns) {
          let place = to + (orientation.flipsColumns ? columns - 1 - column : column) * step
          place.update(from: from + 3 * column, count: 3)
        }
      }
    }
  }

  /// Where a stored row begins in the target.
  private func row(_ number: Int) -> UnsafeMutablePointer<UInt8> {
    let place = orientation.flipsRows ? rows - 1 - number : number
    return target.data + place * (orientation.isTransposed ? 3 : Int(target.stride))
  }
}

/// A copy of dense RGB8 pixels that stands upright. Throws `MTLRT_E_MEMORY`.
func turned(_ stored: mtlrt_pixels, _ orientation: Orientation) throws(Status) -> mtlrt_pixels {
  let turn = try Turn(orientation, width: stored.width, height: stored.height)
  turn.place(stored.data, first: 0, count: Int(stored.height))
  return turn.target
}
