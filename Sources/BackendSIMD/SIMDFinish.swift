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

  /// What belongs to one vector of channels.
  struct Channels {
    let bias: Lanes, scale: Lanes, shift: Lanes
  }

  /// Of `count` channels from `channel` on; they are as many as a vector holds, or fewer.
  @inline(__always)
  func channels(_ channel: Int, _ count: Int) -> Channels {
    Channels(
      bias: epilogue.bias.map { loadSome($0 + channel, count) } ?? .zero,
      scale: epilogue.scale.map { loadSome($0 + channel, count) } ?? Lanes(repeating: 1),
      shift: epilogue.shift.map { loadSome($0 + channel, count) } ?? .zero)
  }

  /// The results of one vector of sums, of an epilogue without a sigmoid and a residual.
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
    let isLogistic = epilogue.isSigmoid
    forLanes(count) { next, some in
      let channels = channels(channel + next, some)
      var lanes = loadSome(sums + next, some)
      if isLogistic {
        lanes = logistic(lanes + channels.bias)
        lanes = multiplyAdd(lanes, channels.scale, channels.shift)
      } else {
        lanes = self(lanes, channels)
      }
      storeSome(lanes, target + next, some)
    }
  }
}
