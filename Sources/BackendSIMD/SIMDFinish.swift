import BackendKit

/// Applies an epilogue to sums; its max-pool is the caller's.
struct Finish {
  let epilogue: Epilogue
  private let activation: Activation

  init(epilogue: Epilogue) {
    self.epilogue = epilogue
    activation = Activation(epilogue)
  }

  /// Whether the activation is a curve, which `apply` alone can do.
  var isBent: Bool { activation.curve != .none }

  /// What is left to do to sums that begin with their biases, if it is no more than to bound them.
  var bounds: GemmBounds? {
    if isBent || epilogue.scale != nil || epilogue.residual != nil { return nil }
    return GemmBounds(least: epilogue.least, most: epilogue.most)
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

  /// Writes the results of rows of sums.
  func apply(_ rows: SumRows, _ channels: Channels) { rows.finish(activation, channels) }

  /// The results of one vector of sums, of an epilogue without a residual.
  @inline(__always)
  func callAsFunction(_ sums: Lanes, _ channels: Channels) -> Lanes {
    multiplyAdd(activation(sums + channels.bias), channels.scale, channels.shift)
  }

  /// The same where `residual` may be: where the values lie that are added.
  @inline(__always)
  func callAsFunction(
    _ sums: Lanes, _ channels: Channels, _ residual: UnsafePointer<Float>?
  ) -> Lanes {
    let lanes = self(sums, channels)
    guard let residual else { return lanes }
    return atLeast(activation.sumLeast, lanes + load(residual))
  }
}
