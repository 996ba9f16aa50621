import BackendKit
import CBackendSIMD
import CMTL

/// Transforms weights (O, 3, 3, I): U = G g G^T for each output and channel, in double precision,
/// rounded once. They are packed as (panel, frequency, channel, output in panel).
///
/// Some channels at a time go to a small block first: their frequencies lie so far apart in the
/// packed weights that they would push each other out of the cache, line by line.
struct WinogradWeights<Transform: WinogradTransform> {
  let layout: WinogradLayout
  let target: UnsafeMutablePointer<Float>

  /// Outputs whose kernels are transformed at once.
  private static var outputs: Int { laneCount / 2 }

  /// Returns whether there was memory for it.
  func pack(_ weights: TensorView) -> Bool {
    let line = WinogradTapBlock.step
    let tapCount = 9 * line + 3 * Transform.inputs * Self.outputs
    let tapBytes = tapCount * MemoryLayout<Double>.stride
    let count = Transform.frequencies * line
    guard let memory = malloc(tapBytes + count * MemoryLayout<Float>.stride) else { return false }
    defer { free(memory) }
    let taps = memory.bindMemory(to: Double.self, capacity: tapCount)
    let transformed = (memory + tapBytes).bindMemory(to: Float.self, capacity: count)
    var block = WinogradTapBlock(weights: weights, convolution: layout.convolution, target: taps)
    while block.panel < layout.panels.count {
      weights.accept(&block)
      transform(taps, rows: taps + 9 * line, to: transformed)
      put(transformed, block)
      block.advance()
    }
    return true
  }

  /// From (tap, channel, output) to (frequency, channel, output). Half-transformed kernels lie in
  /// `rows`: a vector whose number is not known to the compiler would have it store them all.
  @inline(never)
  private func transform(
    _ taps: UnsafePointer<Double>, rows: UnsafeMutablePointer<Double>,
    to target: UnsafeMutablePointer<Float>
  ) {
    let (n, line) = (Transform.inputs, WinogradTapBlock.step)
    for first in stride(from: 0, to: WinogradTapBlock.count, by: Self.outputs) {
      for i in 0..<3 {
        let row = Transform.kernel(three(taps + i * 3 * line + first, step: line))
        for j in 0..<n {
          UnsafeMutableRawPointer(rows + (i * n + j) * Self.outputs)
            .storeBytes(of: row[j], as: mtl_wide_lanes.self)
        }
      }
      for j in 0..<n {
        let u = Transform.kernel(three(rows + j * Self.outputs, step: n * Self.outputs))
        for i in 0..<n { mtl_store_narrow(u[i], target + (i * n + j) * line + first) }
      }
    }
  }

  /// Three taps of some outputs, `step` apart.
  @inline(__always)
  private func three(_ taps: UnsafePointer<Double>, step: Int) -> WinogradTaps {
    var three = WinogradTaps(repeating: .zero)
    for j in 0..<3 {
      three[j] = UnsafeRawPointer(taps + j * step).loadUnaligned(as: mtl_wide_lanes.self)
    }
    return three
  }

  @inline(never)
  private func put(_ transformed: UnsafePointer<Float>, _ block: WinogradTapBlock) {
    let depth = layout.convolution.depth
    for frequency in 0..<Transform.frequencies {
      let first = (block.panel * Transform.frequencies + frequency) * depth + block.channel
      let source = transformed + frequency * WinogradTapBlock.step
      memcpy(target + first * Gemm.columns, source, block.channelCount * Gemm.columns * 4)
    }
  }
}

/// The kernels of a panel's outputs for some channels, as (tap, channel, output), with zeros behind
/// the last output and channel.
struct WinogradTapBlock: WeightVisitor {
  let weights: TensorView
  let convolution: Convolution
  let target: UnsafeMutablePointer<Double>
  private(set) var panel = 0
  /// The first one.
  private(set) var channel = 0

  /// Channels of a block.
  static let channels = 8
  /// Numbers of one tap, and from one tap to the next: a line of the cache more, as powers of two
  /// would push each other out of it.
  static var count: Int { channels * Gemm.columns }
  static var step: Int { count + 16 }

  init(
    weights: TensorView, convolution: Convolution, target: UnsafeMutablePointer<Double>
  ) {
    self.weights = weights
    self.convolution = convolution
    self.target = target
  }

  /// Channels of this block.
  var channelCount: Int { min(Self.channels, convolution.depth - channel) }

  /// Goes on to the next channels, or to the next panel.
  mutating func advance() {
    channel += Self.channels
    if channel >= convolution.depth { (panel, channel) = (panel + 1, 0) }
  }

  mutating func visit<W: Weight>(_ elements: UnsafePointer<W>) {
    let depth = convolution.depth
    let columns = min(Gemm.columns, convolution.outputs - panel * Gemm.columns)
    if columns < Gemm.columns || channelCount < Self.channels {
      memset(target, 0, 9 * Self.step * MemoryLayout<Double>.stride)
    }
    for column in 0..<columns {
      let output = panel * Gemm.columns + column
      let scale = weights.scale(output)
      for tap in 0..<9 {
        let source = elements + (output * 9 + tap) * depth + channel
        let taps = target + tap * Self.step + column
        for c in 0..<channelCount {
          taps[c * Gemm.columns] = Double(source[c].float * scale)
          // One by one: the compiler would scatter vectors, which takes longer.
          mtl_keep_order()
        }
      }
    }
  }
}
