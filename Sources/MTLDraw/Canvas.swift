import CMTL

/// Dense RGB8 pixels to draw on, in memory of its own.
public final class Canvas {
  public struct Color: Sendable {
    let red, green, blue: Float

    /// Each from 0 to 255.
    public init(_ red: Float, _ green: Float, _ blue: Float) {
      self.red = red
      self.green = green
      self.blue = blue
    }
  }

  public let width: Int
  public let height: Int
  private let data: UnsafeMutablePointer<UInt8>

  /// All of one color. nil where memory is short.
  public init?(width: Int, height: Int, color: Color) {
    guard let memory = malloc(3 * width * height) else { return nil }
    self.width = width
    self.height = height
    data = memory.assumingMemoryBound(to: UInt8.self)
    for pixel in 0..<width * height {
      data[3 * pixel] = UInt8(color.red)
      data[3 * pixel + 1] = UInt8(color.green)
      data[3 * pixel + 2] = UInt8(color.blue)
    }
  }

  deinit { free(data) }

  /// The pixels, for as long as the canvas lives.
  public var pixels: mtlrt_pixels {
    var pixels = mtlrt_pixels()
    pixels.size = UInt32(MemoryLayout<mtlrt_pixels>.size)
    pixels.width = UInt32(width)
    pixels.height = UInt32(height)
    pixels.stride = UInt32(3 * width)
    pixels.format = UInt32(MTLRT_RGB8)
    pixels.data = data
    return pixels
  }

  /// Copies RGB8 pixels to (x, y), each as a square of `scale` pixels; all of them fit.
  public func place(_ source: mtlrt_pixels, x: Int, y: Int, scale: Int) {
    for row in 0..<Int(source.height) * scale {
      let from = source.data + (row / scale) * Int(source.stride)
      let to = data + 3 * ((y + row) * width + x)
      for column in 0..<Int(source.width) * scale {
        (to + 3 * column).update(from: from + 3 * (column / scale), count: 3)
      }
    }
  }

  /// A rectangle with soft edges where its sides fall between pixels.
  public func fill(
    x: Float, y: Float, width: Float, height: Float, _ color: Color, opacity: Float
  ) {
    let columns = max(0, Int(x))..<max(0, min(self.width, Int((x + width).rounded(.up))))
    let rows = max(0, Int(y))..<max(0, min(self.height, Int((y + height).rounded(.up))))
    for row in rows.clamped(to: 0..<self.height) {
      let vertical = Self.overlap(Float(row), y, y + height)
      for column in columns {
        blend(column, row, color, opacity * vertical * Self.overlap(Float(column), x, x + width))
      }
    }
  }

  /// A line drawn with a round pen.
  func stroke(_ points: [Glyph.Point], thickness: Float, _ color: Color) {
    let radius = thickness / 2
    let reach = radius + 1
    let (left, right) = bounds(points.map { $0.x }, reach, width)
    let (top, bottom) = bounds(points.map { $0.y }, reach, height)
    guard left < right, top < bottom else { return }
    for y in top..<bottom {
      for x in left..<right {
        let center = Glyph.Point(x: Float(x) + 0.5, y: Float(y) + 0.5)
        var nearest = Float.infinity
        for index in 0..<points.count {
          nearest = min(nearest, distance(center, points[max(0, index - 1)], points[index]))
        }
        blend(x, y, color, max(0, min(1, radius + 0.5 - nearest)))
      }
    }
  }

  /// The part of pixel `index` that lies between two edges.
  private static func overlap(_ index: Float, _ from: Float, _ to: Float) -> Float {
    max(0, min(index + 1, to) - max(index, from))
  }

  private func bounds(_ values: [Float], _ reach: Float, _ limit: Int) -> (Int, Int) {
    var (least, most) = (Float.infinity, -Float.infinity)
    for value in values {
      least = min(least, value)
      most = max(most, value)
    }
    guard least <= most else { return (0, 0) }
    let edge = Float(limit)
    return (Int(max(0, min(edge, least - reach))), Int(max(0, min(edge, most + reach + 1))))
  }

  private func distance(_ p: Glyph.Point, _ a: Glyph.Point, _ b: Glyph.Point) -> Float {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = dx * dx + dy * dy
    let along = length > 0 ? max(0, min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length)) : 0
    let (ex, ey) = (p.x - a.x - along * dx, p.y - a.y - along * dy)
    return (ex * ex + ey * ey).squareRoot()
  }

  private func blend(_ x: Int, _ y: Int, _ color: Color, _ opacity: Float) {
    let pixel = data + 3 * (y * width + x)
    pixel[0] = mixed(pixel[0], color.red, opacity)
    pixel[1] = mixed(pixel[1], color.green, opacity)
    pixel[2] = mixed(pixel[2], color.blue, opacity)
  }

  private func mixed(_ below: UInt8, _ above: Float, _ opacity: Float) -> UInt8 {
    UInt8(max(0, min(255, Float(below) + (above - Float(below)) * opacity + 0.5)))
  }
}
