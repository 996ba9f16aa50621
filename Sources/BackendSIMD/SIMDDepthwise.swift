import BackendKit
import CMTL

// Depthwise convolution: vectors along the channels. One part computes some rows of results for
// some vectors of channels; it brings the input rows that it needs, with zeros around them, into a
// ring that stays in the nearest cache.
//
// Weights are packed as (kernel position, channel), behind them the constants of the epilogue.

struct DepthwiseConvolution {
  let window: Window
  let channels: DepthwiseChannels
  private let rows: Split
  private let blocks: Split

  @inline(never)
  init(_ convolution: Convolution) {
    window = convolution.window
    channels = DepthwiseChannels(count: window.channels)
    let ring = DepthwiseRing.count(window, vectors: 1)
    // A ring of 20 KB, of whole lines of the cache.
    blocks = channels.blocks(grain: min(16, max(64 / 4 / laneCount, 5120 / ring)))
    let rowWork = window.horizontal.count * convolution.taps * blocks.grain * laneCount
    rows = Split(window.images * window.vertical.count, grain: max(4, (1 << 18) / rowWork))
  }

  var packedCount: Int { weightCount + ChannelFinish.packedCount(window.channels) }

  var weightCount: Int {
    window.vertical.kernel * window.horizontal.kernel * channels.padded
  }

  func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    setStages(plan, rows.parts * blocks.parts)
    plan.pointee.take = UInt32(Epilogue(OperatorView(chain), .simd).take)
    plan.pointee.packed_bytes = UInt64(4 * packedCount)
    plan.pointee.local_bytes = UInt64(
      4 * DepthwiseRing.count(window, vectors: blocks.grain) + DepthwiseLine.localBytes(window))
  }

  func pack(_ op: OperatorView, to target: UnsafeMutablePointer<Float>) {
    let weights = op.input(1)
    let (taps, padded) = (weightCount / channels.padded, channels.padded)
    // Weights (C, KH, KW, 1) come into the order (KH, KW, C), with zeros behind the last channel.
    for channel in 0..<padded {
      if channel < channels.count {
        weights.decode(row: channel, length: taps, to: target + channel, step: padded)
      } else {
        for k in 0..<taps { target[k * padded + channel] = 0 }
      }
    }
    ChannelFinish.pack(Epilogue(op, .simd), channels: window.channels, to: target + weightCount)
  }

  func run(_ call: CallView, _ part: UInt32, _ local: UnsafeMutableRawPointer) {
    let (rowBlock, block) = Int(part).quotientAndRemainder(dividingBy: blocks.parts)
    let vectors = blocks[UInt32(block)]
    var ring = DepthwiseRing(
      window, channels, vectors, room: vectors.count, local.assumingMemoryBound(to: Float.self))
    let line = DepthwiseLine(
      self, call.packed!.assumingMemoryBound(to: Float.self), call.op, vectors,
      local: local + 4 * DepthwiseRing.count(window, vectors: blocks.grain))
    let (x, y) = (call.elements(call.op.input(0)), call.values(line.output))
    for row in rows[UInt32(rowBlock)] {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      for next in ring.move(to: h, of: image) {
        ring.copy(x + image * window.imageElements + next * window.rowElements, row: next)
      }
      line.run(h, ring, y + row * window.horizontal.count * window.channels)
    }
  }
}

/// Channels as vectors. The last one begins where it still fits and has some channels a second
/// time; fewer channels than lanes are one vector with zeros behind them.
struct DepthwiseChannels {
  let count: Int

  var vectors: Int { (count + laneCount - 1) / laneCount }
  var padded: Int { max(count, laneCount) }
  /// Lanes of a vector that hold channels.
  var lanes: Int { min(count, laneCount) }

  /// Blocks of at least `grain` vectors. One that writes channels a second time is in a block with
  /// the one before it: no two parts may write the same.
  func blocks(grain: Int) -> Split {
    var grain = max(1, grain)
    let overlaps = count > laneCount && count % laneCount > 0
    while overlaps, grain < vectors, grain == 1 || vectors % grain == 1 { grain += 1 }
    return Split(vectors, grain: grain)
  }

  /// The first channel of a vector.
  @inline(__always)
  func first(_ vector: Int) -> Int { min(vector * laneCount, padded - laneCount) }
}
