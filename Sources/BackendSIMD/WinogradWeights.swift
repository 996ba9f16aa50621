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
    for first in stride(from: 0, to: layout.panels.count * Gemm.columns, by: laneCount) {
      let (panel, column) = first.quotientAndRemainder(dividingBy: Gemm.columns)
      var next = target + panel * Transform.frequencies * step + column
      for channel in 0..<depth {
        transform(taps(elements, first, channel), to: next, step: step)
        next += Gemm.columns
      }
    }
  }

  /// The kernels of as many outputs as a vector holds, for one channel; zeros behind the last.
  @inline(__always)
  private func taps<W: Weight>(
    _ elements: UnsafePointer<W>, _ first: Int, _ channel: Int
  ) -> InlineArray<3, WinogradTaps> {
    let (depth, outputs) = (layout.convolution.depth, layout.convolution.outputs)
    return InlineArray { i in
      WinogradTaps { j in
        var lanes = Lanes.zero
        for lane in 0..<max(0, min(laneCount, outputs - first)) {
          let row = first + lane
          let tap = elements[(row * 9 + i * 3 + j) * depth + channel]
          lanes[lane] = tap.float * weights.scale(row)
        }
        return mtl_widen(lanes)
      }
    }
  }

  @inline(__always)
  private func transform(
    _ g: InlineArray<3, WinogradTaps>, to target: UnsafeMutablePointer<Float>, step: Int
  ) {
    let n = Transform.inputs
    let rows = InlineArray<3, WinogradKernelLine> { Transform.kernel(g[$0]) }
    for j in 0..<n {
      let u = Transform.kernel(WinogradTaps { rows[$0][j] })
      for i in 0..<n { store(mtl_narrow(u[i]), target + (i * n + j) * step) }
    }
  }
}
