/// The windows of a convolution laid out as the rows of a matrix (im2col): stride 1, and as many
/// zeros around the image as keep its size.
struct Columns {
  let height: Int
  let width: Int
  let channels: Int
  /// Side of the window, odd.
  let size: Int

  /// Floats in a row: `(size, size, channels)`.
  var depth: Int { size * size * channels }

  /// How many image rows fit into `floats`, at least one.
  func rows(within floats: Int) -> Int { max(1, min(height, floats / (width * depth))) }

  /// Writes the windows of the image rows `rows`: `(rows.count * width, depth)`.
  func fill(_ columns: MutableFloats, from image: Floats, rows: Range<Int>) {
    let margin = size / 2
    let line = size * channels
    var target = columns
    for y in rows {
      for x in 0..<width {
        // The part of the window that lies on the image, in columns of pixels.
        let left = max(0, margin - x)
        let right = min(size, width + margin - x)
        for ky in 0..<size {
          let sourceY = y + ky - margin
          if sourceY < 0 || sourceY >= height {
            target.update(repeating: 0, count: line)
          } else {
            let source = image + (sourceY * width + x + left - margin) * channels
            if left > 0 { target.update(repeating: 0, count: left * channels) }
            (target + left * channels).update(from: source, count: (right - left) * channels)
            if right < size {
              (target + right * channels).update(repeating: 0, count: (size - right) * channels)
            }
          }
          target += line
        }
      }
    }
  }
}
