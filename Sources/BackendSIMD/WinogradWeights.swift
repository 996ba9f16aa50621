import BackendKit
import CBackendSIMD

/// Transforms weights (O, 3, 3, I): U = G g G^T for each output and channel, in double precision,
/// rounded once. They are packed as (panel, frequency, channel, output in panel).
struct WinogradWeights<Transform: WinogradTransform>: WeightVisitor {
  let weights: TensorView
  let layout: WinogradLayout
  let target: UnsafeMutablePointer<Float>

  mutating func visit<W: Weight>(_ elements: UnsafePointer<W>) {
    let depth = layout.convolution.depth
    let step = depth * Gemm.columns
    for first in stride(from: 0, to: layout.panels.count * Gemm.columns, by: laneCount / 2) {
      let (panel, column) = first.quotientAndRemainder(dividingBy: Gemm.columns)
      var next = target + panel * Transform.frequencies * step + column
      for channel in 0..<depth {
        let g0 = taps(elements, first, channel, row: 0)
        let g1 = taps(elements, first, channel, row: 1)
        let g2 = taps(elements, first, channel, row: 2)
        transform(g0, g1, g2, to: next, step: step)
        next += Gemm.columns
      }
    }
  }

  /// A row of the kernels of as many outputs as a vector of doubles holds, for one channel; zeros
  /// behind the last output.
  @inline(__always)
  private func taps<W: Weight>(
    _ elements: UnsafePointer<W>, _ first: Int, _ channel: Int, row: Int
  ) -> WinogradTaps {
    let (depth, outputs) = (layout.convolution.depth, layout.convolution.outputs)
    var taps = WinogradTaps(repeating: .zero)
    for j in 0..<3 {
      var lanes = mtl_wide_lanes.zero
      for lane in 0..<max(0, min(laneCount / 2, outputs - first)) {
        let output = first + lane
        let tap = elements[(output * 9 + row * 3 + j) * depth + channel]
        lanes[lane] = Double(tap.float * weights.scale(output))
      }
      taps[j] = lanes
    }
    return taps
  }

  @inline(__always)
  private func transform(
    _ g0: WinogradTaps, _ g1: WinogradTaps, _ g2: WinogradTaps,
    to target: UnsafeMutablePointer<Float>, step: Int
  ) {
    let n = Transform.inputs
    let (r0, r1, r2) = (Transform.kernel(g0), Transform.kernel(g1), Transform.kernel(g2))
    for j in 0..<n {
      var column = WinogradTaps(repeating: .zero)
      (column[0], column[1], column[2]) = (r0[j], r1[j], r2[j])
      let u = Transform.kernel(column)
      for i in 0..<n { mtl_store_narrow(u[i], target + (i * n + j) * step) }
    }
  }
}
