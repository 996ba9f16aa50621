import BackendKit
import CBackendSIMD
import CMTL

// Convolution of few input channels, as the first layer of a network is one: straight from the
// image. What a kernel's row covers lies together in memory, kernel width times channels, so each
// of these numbers is multiplied with a vector of output channels. One part computes some rows of
// results.
//
// Weights are packed vector by vector of outputs, two of them as one panel: (panel, tap, output in
// panel), the last panel may be one vector; behind them lie the constants of the epilogue.

struct DirectConvolution {
  private let convolution: Convolution
  private let outputs: Int, taps: Int
  private let split: Split

  /// Whether a convolution is computed this way.
  static func suits(_ convolution: Convolution) -> Bool {
    convolution.groups == 1 && convolution.depth <= 4 && convolution.window.horizontal.dilation == 1
      && convolution.window.horizontal.kernel > 1
  }

  @inline(never)
  init(_ convolution: Convolution) {
    self.convolution = convolution
    (outputs, taps) = (convolution.outputs, convolution.taps)
    let window = convolution.window
    let rowWork = window.horizontal.count * taps * outputs
    split = Split(window.images * window.vertical.count, grain: max(1, (1 << 19) / rowWork))
  }

  private var weightCount: Int { ChannelFinish.padded(outputs) * taps }

  /// Floats of weights and constants.
  var packedCount: Int { weightCount + ChannelFinish.packedCount(outputs) }

  func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    setStages(plan, split.parts)
    plan.pointee.take = UInt32(Epilogue(OperatorView(chain), .simd).take)
    plan.pointee.packed_bytes = UInt64(4 * packedCount)
    plan.pointee.local_bytes = UInt64(4 * DirectLine.localCount(convolution.window))
  }

  func pack(_ op: OperatorView, to target: UnsafeMutablePointer<Float>) {
    let weights = op.input(1)
    let padded = ChannelFinish.padded(outputs)
    // Weights (O, taps) go into panels of two vectors of outputs, or one; behind the last output
    // lie zeros.
    for output in 0..<padded {
      let column = output % Gemm.columns
      let first = output - column
      let columns = min(Gemm.columns, padded - first)
      let place = target + first * taps + column
      if output < outputs {
        weights.decode(row: output, length: taps, to: place, step: columns)
      } else {
        for k in 0..<taps { place[k * columns] = 0 }
      }
    }
    ChannelFinish.pack(Epilogue(op, .simd), channels: outputs, to: target + weightCount)
  }

  func run(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    let window = convolution.window
    let epilogue = Epilogue(call.op, .simd)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    let finish = finish(epilogue, packed: weights)
    let x = call.elements(call.op.input(0))
    let y = call.values(epilogue.output)
    for row in split[part] {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      let line = DirectLine(
        convolution, x + image * window.imageElements, row: h, finish: finish,
        DirectSteps(pixel: outputs, vector: laneCount), local: local)
      let result = y + row * window.horizontal.count * outputs
      for first in stride(from: 0, to: outputs, by: Gemm.columns) {
        line.run(weights + first * taps, first, to: result + first)
      }
    }
  }

  /// What is left to do to sums.
  func finish(_ epilogue: Epilogue, packed: UnsafePointer<Float>) -> ChannelFinish {
    ChannelFinish(epilogue, channels: outputs, packed: packed + weightCount)
  }
}
