import BackendKit

/// Applies an epilogue to sums; its max-pool is the caller's.
struct Finish {
  let epilogue: Epilogue
  /// Bounds of activations, beyond all numbers where there is none.
  private let least: Lanes, most: Lanes, sumLeast: Lanes

  init(epilogue: Epilogue) {
    self.epilogue = epilogue
    (least, most) = (Lanes(repeating: epilogue.least), Lanes(repeating: epilogue.most))
    sumLeast = Lanes(repeating: epilogue.rectifiesSum ? 0 : -.infinity)
  }

  /// Whether sums must go through `bend` first, which adds the biases.
  var isBent: Bool { epilogue.curve != .none }

  /// What belongs to one vector of channels.
  struct Channels {
    let bias: Lanes, scale: Lanes, shift: Lanes
  }

  /// Of `count` channels from `channel` on; they are as many as a vector holds, or fewer.
  @inline(__always)
  func channels(_ channel: Int, _ count: Int) -> Channels {
    Channels(
      bias: isBent ? .zero : epilogue.bias.map { loadSome($0 + channel, count) } ?? .zero,
      scale: epilogue.scale.map { loadSome($0 + channel, count) } ?? Lanes(repeating: 1),
      shift: epilogue.shift.map { loadSome($0 + channel, count) } ?? .zero)
  }

  /// Writes the constants of a `TileEnd` for whole vectors of channels from `channel` on.
  func write(_ channel: Int, vectors: Int, to target: UnsafeMutablePointer<Float>) {
    for v in 0..<vectors {
      let channels = channels(channel + v * laneCount, laneCount)
      store(channels.bias, target + v * laneCount)
      store(channels.scale, target + (2 + v) * laneCount)
      store(channels.shift, target + (4 + v) * laneCount)
    }
    store(least, target + 6 * laneCount)
    store(most, target + 7 * laneCount)
    store(sumLeast, target + 8 * laneCount)
  }

  /// `bend` for `count` vectors of sums of the channels from `channel` on, in place.
  @inline(__always)
  func bend(
    _ sums: UnsafeMutablePointer<Float>, count: Int, step: Int, channel: Int, _ some: Int
  ) {
    bendSums(
      epilogue.curve, sums, count: count, step: step,
      bias: epilogue.bias.map { $0 + channel }, some)
  }

  /// The results of one vector of sums, of an epilogue without a residual.
  @inline(__always)
  func callAsFunction(_ sums: Lanes, _ channels: Channels) -> Lanes {
    let active = atMost(most, atLeast(least, sums + channels.bias))
    return multiplyAdd(active, channels.scale, channels.shift)
  }

  /// The same where `residual` may be: where the values lie that are added.
  @inline(__always)
  func callAsFunction(
    _ sums: Lanes, _ channels: Channels, _ residual: UnsafePointer<Float>?, _ count: Int
  ) -> Lanes {
    let lanes = self(sums, channels)
    guard let residual else { return lanes }
    return atLeast(sumLeast, lanes + loadSome(residual, count))
  }

  /// `count` results that lie side by side, of the channels from `channel` on, of an epilogue
  /// without a residual. `target` may be `sums`.
  @inline(__always)
  func apply(
    _ sums: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, channel: Int, count: Int
  ) {
    forLanes(count) { next, some in
      var lanes = loadSome(sums + next, some)
      if isBent {
        storeSome(lanes, target + next, some)
        bend(target + next, count: 1, step: 0, channel: channel + next, some)
        lanes = loadSome(target + next, some)
      }
      storeSome(self(lanes, channels(channel + next, some)), target + next, some)
    }
  }
}
