import BackendKit

/// Some pixels of an image: `rows` times `columns` of them.
struct PixelBlock {
  let first: UnsafePointer<Float>
  let rows: Int, columns: Int
  /// Elements from one row of pixels to the next, and from one pixel to the next.
  let rowStep: Int, step: Int

  /// Combines the pixels, vector by vector along the channels, several at a time, and writes the
  /// results to `result`.
  @inline(never)
  func combine(
    channels: Range<Int>, to result: UnsafeMutablePointer<Float>,
    _ reduction: some LaneReduction
  ) {
    let (start, count) = (Lanes(repeating: reduction.start), rows * columns)
    var channel = channels.lowerBound
    while channel + 4 * laneCount <= channels.upperBound {
      var four = InlineArray<4, Lanes>(repeating: start)
      for i in 0..<rows {
        var pixel = first + i * rowStep + channel
        for _ in 0..<columns {
          for v in 0..<4 {
            four[v] = reduction(four[v], reduction.take(load(pixel + v * laneCount)))
          }
          pixel += step
        }
      }
      for v in 0..<4 {
        store(reduction.finish(four[v], count: count), result + channel + v * laneCount)
      }
      channel += 4 * laneCount
    }
    forLongLanes(channels.upperBound - channel) { next, some in
      var one = start
      for i in 0..<rows {
        var pixel = first + i * rowStep + channel + next
        for _ in 0..<columns {
          one = reduction(one, reduction.take(loadSome(pixel, some)))
          pixel += step
        }
      }
      storeSome(reduction.finish(one, count: count), result + channel + next, some)
    }
  }
}
