import BackendKit

/// Some pixels of an image: `rows` times `columns` of them.
struct PixelBlock {
  let first: UnsafePointer<Float>
  let rows: Int, columns: Int
  /// Elements from one row of pixels to the next, and from one pixel to the next.
  let rowStep: Int, step: Int

  /// Combines the pixels, vector by vector along the channels, several at a time, and writes what
  /// `finish` makes of each vector to `result`.
  @inline(__always)
  func combine(
    channels: Range<Int>, from start: Lanes, to result: UnsafeMutablePointer<Float>,
    _ combine: (Lanes, Lanes) -> Lanes, finish: (Lanes) -> Lanes
  ) {
    var channel = channels.lowerBound
    while channel + 4 * laneCount <= channels.upperBound {
      var some = InlineArray<4, Lanes>(repeating: start)
      for i in 0..<rows {
        var pixel = first + i * rowStep + channel
        for _ in 0..<columns {
          for v in 0..<4 { some[v] = combine(some[v], load(pixel + v * laneCount)) }
          pixel += step
        }
      }
      for v in 0..<4 { store(finish(some[v]), result + channel + v * laneCount) }
      channel += 4 * laneCount
    }
    forLanes(channels.upperBound - channel) { next, count in
      var one = start
      for i in 0..<rows {
        var pixel = first + i * rowStep + channel + next
        for _ in 0..<columns {
          one = combine(one, loadSome(pixel, count))
          pixel += step
        }
      }
      storeSome(finish(one), result + channel + next, count)
    }
  }
}
