import BackendKit
import CBackendSIMD
import CMTL

// Convolution of few input channels with a stride of 1, whose kernels are three rows high: four
// rows of results at once by Winograd's filtering down the columns, which halves the
// multiplications, and straight along the rows. So all products of a result stay in registers;
// those of filtering in both directions would not, and are few for what its transforms take.
//
// Weights are packed as (panel, tap in a row of the kernel, frequency, output in panel); behind
// them lie the constants of the epilogue.

struct ColumnConvolution {
  typealias Transform = Winograd4

  private let convolution: Convolution
  /// Inputs that a row of the kernel covers.
  private let taps: Int
  /// Strips of rows of one image, and those of all images in parts.
  private let strips: Int, split: Split

  /// Whether a convolution is computed this way.
  static func suits(_ convolution: Convolution) -> Bool {
    let (vertical, horizontal) = (convolution.window.vertical, convolution.window.horizontal)
    return DirectConvolution.suits(convolution) && convolution.outputs > laneCount
      && vertical.kernel == 3 && vertical.stride == 1 && vertical.dilation == 1
      && horizontal.stride == 1 && vertical.count > Transform.outputs / 2
  }

  @inline(never)
  init(_ convolution: Convolution) {
    self.convolution = convolution
    let window = convolution.window
    taps = window.horizontal.kernel * window.channels
    strips = (window.vertical.count + Transform.outputs - 1) / Transform.outputs
    let stripWork = Transform.inputs * window.horizontal.count * taps * convolution.outputs
    split = Split(window.images * strips, grain: max(1, (1 << 17) / stripWork))
  }

  private var panels: Int { Gemm.panels(convolution.outputs) }
  private var panelCount: Int { taps * Transform.inputs * Gemm.columns }
  private var packedCount: Int {
    panels * panelCount + ChannelFinish.packedCount(convolution.outputs)
  }

  func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    setStages(plan, split.parts)
    plan.pointee.take = UInt32(Epilogue(OperatorView(chain), .simd).take)
    plan.pointee.packed_bytes = UInt64(4 * packedCount)
    plan.pointee.local_bytes = UInt64(
      4 * (ColumnTile.sumCount + ColumnStrip(convolution.window).count))
  }

  func pack(_ op: OperatorView, to target: UnsafeMutablePointer<Float>) {
    for panel in 0..<panels {
      let outputs = panel * Gemm.columns..<min((panel + 1) * Gemm.columns, convolution.outputs)
      let place = target + panel * panelCount
      // The second half of the panel has room for three of the six numbers of each tap. They are
      // read before the panel grows over them: up to and with tap t it has 6 (t + 1) rows of all
      // 6 taps, and the kernels of later taps lie from row 3 taps + 3 (t + 1) on.
      let kernels = place + panelCount / 2
      kernels.update(repeating: 0, count: panelCount / 2)
      for (column, output) in outputs.enumerated() {
        op.input(1).decode(rows: output..<output + 1, length: 3 * taps, to: place)
        for row in 0..<3 {
          for tap in 0..<taps {
            kernels[(3 * tap + row) * Gemm.columns + column] = place[row * taps + tap]
          }
        }
      }
      transform(kernels, to: place)
    }
    ChannelFinish.pack(
      Epilogue(op, .simd), channels: convolution.outputs, to: target + panels * panelCount)
  }

  /// From (tap, row of the kernel, output) to (tap, frequency, output), in double precision.
  private func transform(_ kernels: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    for tap in 0..<taps {
      for column in stride(from: 0, to: Gemm.columns, by: laneCount) {
        let rows = InlineArray<3, Lanes> {
          load(kernels + (3 * tap + $0) * Gemm.columns + column)
        }
        let low = Transform.kernel(WinogradTaps { mtl_wide_low(rows[$0]) })
        let high = Transform.kernel(WinogradTaps { mtl_wide_high(rows[$0]) })
        for frequency in 0..<Transform.inputs {
          let place = target + (tap * Transform.inputs + frequency) * Gemm.columns + column
          mtl_store_narrow(low[frequency], place)
          mtl_store_narrow(high[frequency], place + laneCount / 2)
        }
      }
    }
  }

  func run(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    let window = convolution.window
    let epilogue = Epilogue(call.op, .simd)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    let finish = ChannelFinish(
      epilogue, channels: convolution.outputs, packed: weights + panels * panelCount)
    let (x, y) = (call.elements(call.op.input(0)), call.values(epilogue.output))
    let (strip, inputs) = (ColumnStrip(window), local + ColumnTile.sumCount)
    let rowStep = window.horizontal.count * convolution.outputs
    for index in split[part] {
      let (image, down) = index.quotientAndRemainder(dividingBy: strips)
      let top = down * Transform.outputs
      strip.fill(x + image * window.imageElements, top: top, to: inputs)
      for panel in 0..<panels {
        let channel = panel * Gemm.columns
        let tile = ColumnTile(
          weights: weights + panel * panelCount, taps: taps, inputStep: strip.step,
          pixelStep: window.channels, finish: finish,
          channel: channel, outputs: convolution.outputs, rowStep: rowStep,
          rows: min(Transform.outputs, window.vertical.count - top), sums: local)
        tile.run(
          inputs, count: window.horizontal.count,
          to: y + (image * window.vertical.count + top) * rowStep + channel)
      }
    }
  }
}
