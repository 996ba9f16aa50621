import BackendKit
import CBackendSIMD
import CMTL

/// Transforms weights (O, 3, 3, I): U = G g G^T for each output and channel, in double precision,
/// rounded once. They are packed as (panel, frequency, channel, output in panel).
///
/// Some channels at a time go to a small block first: their frequencies lie so far apart in the
/// packed weights that they would push each other out of the cache, line by line.
struct WinogradWeights<Transform: WinogradTransform>: WeightVisitor {
  let weights: TensorView
  let layout: WinogradLayout
  let target: UnsafeMutablePointer<Float>

  /// Channels of a block, and outputs whose kernels are transformed at once.
  private static var channels: Int { 8 }
  private static var outputs: Int { laneCount / 2 }

  mutating func visit<W: Weight>(_ elements: UnsafePointer<W>) {
    let line = Self.channels * Gemm.columns
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 9 * line) { taps in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Transform.frequencies * line) {
        for panel in 0..<layout.panels.count {
          for channel in stride(from: 0, to: layout.convolution.depth, by: Self.channels) {
            gather(elements, panel, channel, to: taps.baseAddress!)
            transform(taps.baseAddress!, to: $0.baseAddress!)
            put($0.baseAddress!, panel, channel)
          }
        }
      }
    }
  }

  /// Channels of the block that begins at `channel`.
  private func count(_ channel: Int) -> Int {
    min(Self.channels, layout.convolution.depth - channel)
  }

  /// The kernels of a panel's outputs for a block of channels, as (tap, channel, output), with zeros
  /// behind the last output and channel.
  private func gather<W: Weight>(
    _ elements: UnsafePointer<W>, _ panel: Int, _ channel: Int,
    to taps: UnsafeMutablePointer<Double>
  ) {
    let (depth, outputs) = (layout.convolution.depth, layout.convolution.outputs)
    let some = count(channel)
    memset(taps, 0, 9 * Self.channels * Gemm.columns * MemoryLayout<Double>.stride)
    for column in 0..<min(Gemm.columns, outputs - panel * Gemm.columns) {
      let output = panel * Gemm.columns + column
      let scale = weights.scale(output)
      for tap in 0..<9 {
        let source = elements + (output * 9 + tap) * depth + channel
        let target = taps + tap * Self.channels * Gemm.columns + column
        for c in 0..<some { target[c * Gemm.columns] = Double(source[c].float * scale) }
      }
    }
  }

  /// From (tap, channel, output) to (frequency, channel, output).
  private func transform(
    _ taps: UnsafePointer<Double>, to target: UnsafeMutablePointer<Float>
  ) {
    let (n, line) = (Transform.inputs, Self.channels * Gemm.columns)
    for first in stride(from: 0, to: line, by: Self.outputs) {
      let r0 = Transform.kernel(row(taps + first, 0))
      let r1 = Transform.kernel(row(taps + first, 1))
      let r2 = Transform.kernel(row(taps + first, 2))
      for j in 0..<n {
        var column = WinogradTaps(repeating: .zero)
        (column[0], column[1], column[2]) = (r0[j], r1[j], r2[j])
        let u = Transform.kernel(column)
        for i in 0..<n { mtl_store_narrow(u[i], target + (i * n + j) * line + first) }
      }
    }
  }

  /// Three taps of some outputs.
  @inline(__always)
  private func row(_ taps: UnsafePointer<Double>, _ i: Int) -> WinogradTaps {
    let line = Self.channels * Gemm.columns
    var row = WinogradTaps(repeating: .zero)
    for j in 0..<3 {
      let source = UnsafeRawPointer(taps + (i * 3 + j) * line)
      row[j] = source.loadUnaligned(as: mtl_wide_lanes.self)
    }
    return row
  }

  private func put(_ block: UnsafePointer<Float>, _ panel: Int, _ channel: Int) {
    let depth = layout.convolution.depth
    for frequency in 0..<Transform.frequencies {
      let first = (panel * Transform.frequencies + frequency) * depth + channel
      let source = block + frequency * Self.channels * Gemm.columns
      memcpy(target + first * Gemm.columns, source, count(channel) * Gemm.columns * 4)
    }
  }
}
