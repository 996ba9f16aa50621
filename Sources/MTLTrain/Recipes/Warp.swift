/// Draws an 8-bit RGB image into a network's input, moved by an affine map.
///
/// Bilinear between the four nearest pixels; beyond the edge the nearest pixel of the edge counts
/// ("nearest" fill). Values are scaled to 0 ... 1.
public enum Warp {
  public static func draw(
    _ image: UnsafePointer<UInt8>, height: Int, width: Int, through map: AffineMap,
    into target: MutableFloats
  ) {
    let lastRow = Float(height - 1)
    let lastColumn = Float(width - 1)
    var output = target
    for y in 0..<height {
      for x in 0..<width {
        let place = map.apply(row: Double(y), column: Double(x))
        let row = min(max(Float(place.row), 0), lastRow)
        let column = min(max(Float(place.column), 0), lastColumn)
        let (top, left) = (Int(row), Int(column))
        let (down, right) = (row - Float(top), column - Float(left))
        let here = image + (top * width + left) * 3
        let nextRow = top + 1 < height ? width * 3 : 0
        let nextColumn = left + 1 < width ? 3 : 0
        for channel in 0..<3 {
          let a = Float(here[channel])
          let b = Float(here[nextColumn + channel])
          let c = Float(here[nextRow + channel])
          let d = Float(here[nextRow + nextColumn + channel])
          let upper = a + (b - a) * right
          let lower = c + (d - c) * right
          output[channel] = (upper + (lower - upper) * down) * (1 / 255)
        }
        output += 3
      }
    }
  }

  /// The image as it is, scaled to 0 ... 1 as the runtime's preprocessing scales it.
  public static func copy(_ image: UnsafePointer<UInt8>, count: Int, into target: MutableFloats) {
    for i in 0..<count { target[i] = Float(image[i]) * (1 / Float(255)) }
  }
}
