import CBackendSIMD
import CMTL

/// Transforms weights, U = G g G^T for each filter and channel, in double precision, rounded once.
/// They are packed as (panel, frequency, channel, filter in panel), zeros behind the last filter.
enum ConvWeights<Transform: TrainedTransform> {
  /// Filters whose kernels are transformed at once.
  private static var group: Int { laneCount / 2 }
  /// Channels of a part.
  static var channels: Int { 32 }

  static func parts(_ layout: ConvLayout<Transform>) -> Int {
    layout.panels * ((layout.shape.channels + channels - 1) / channels)
  }

  static func pack(_ call: mtl_conv_pack, part: Int) {
    let layout = ConvLayout<Transform>(call.shape)
    let groups = (layout.shape.channels + channels - 1) / channels
    let (panel, block) = part.quotientAndRemainder(dividingBy: groups)
    let last = min(layout.shape.channels, (block + 1) * channels)
    let frequency = layout.shape.channels * Product.columns
    let target = call.packed + panel * Transform.frequencies * frequency
    for channel in block * channels..<last {
      for first in stride(from: 0, to: Product.columns, by: group) {
        let filter = panel * Product.columns + first
        let kernels = kernels(call, filter: filter, channel: channel)
        transform(
          kernels, to: target + channel * Product.columns + first, step: frequency)
      }
    }
  }

  private typealias Kernels = InlineArray<9, mtl_wide_lanes>

  /// The taps of some filters for one channel.
  @inline(__always)
  private static func kernels(_ call: mtl_conv_pack, filter: Int, channel: Int) -> Kernels {
    var kernels = Kernels(repeating: .zero)
    let count = min(group, call.shape.filters - filter)
    if count <= 0 { return kernels }
    let source = call.source + filter * call.filter_step + channel * call.channel_step
    for lane in 0..<count {
      for tap in 0..<9 {
        kernels[tap][lane] = Double(source[lane * call.filter_step + tap * call.tap_step])
      }
    }
    return kernels
  }

  @inline(__always)
  private static func transform(
    _ kernels: Kernels, to target: UnsafeMutablePointer<Float>, step: Int
  ) {
    let n = Transform.inputs
    var lines = InlineArray<3, WinogradKernelLine>(
      repeating: WinogradKernelLine(repeating: .zero))
    for i in 0..<3 {
      var taps = WinogradTaps(repeating: .zero)
      for j in 0..<3 { taps[j] = kernels[i * 3 + j] }
      lines[i] = Transform.kernel(taps)
    }
    for j in 0..<n {
      var column = WinogradTaps(repeating: .zero)
      for i in 0..<3 { column[i] = lines[i][j] }
      let u = Transform.kernel(column)
      for i in 0..<n { mtl_store_narrow(u[i], target + (i * n + j) * step) }
    }
  }
}
