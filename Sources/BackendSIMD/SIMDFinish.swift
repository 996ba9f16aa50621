import BackendKit

/// Applies an epilogue to runs of sums.
struct Finish {
  let epilogue: Epilogue

  /// `count` results that lie side by side, of the channels from `channel` on. `target` may be
  /// `sums`.
  @inline(__always)
  func apply(
    _ sums: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, channel: Int, count: Int
  ) {
    switch epilogue.activation {
    case .none: apply(sums, target, channel, count) { $0 }
    case .relu: apply(sums, target, channel, count, rectified)
    case .sigmoid: apply(sums, target, channel, count, logistic)
    }
  }

  @inline(__always)
  private func apply(
    _ sums: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ channel: Int,
    _ count: Int, _ activation: (Lanes) -> Lanes
  ) {
    forLanes(count) { next, some in
      var lanes = loadSome(sums + next, some)
      if let bias = epilogue.bias { lanes += loadSome(bias + channel + next, some) }
      lanes = activation(lanes)
      if let scale = epilogue.scale, let shift = epilogue.shift {
        lanes = loadSome(shift + channel + next, some)
          .addingProduct(lanes, loadSome(scale + channel + next, some))
      }
      storeSome(lanes, target + next, some)
    }
  }
}
