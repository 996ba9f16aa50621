import BackendKit
import CMTL

// conv: as a product of matrices, a block of positions at a time, with what follows applied while
// the results are in the nearest cache. Depthwise convolutions have a way of their own.

/// How a convolution is cut: one part is one block of positions.
private struct ConvBlocks {
  let convolution: Convolution
  let split: Split

  /// Floats of gathered input that a part works on; they stay in the second cache.
  static let gatheredMax = 48 << 10

  init(_ op: OperatorView) {
    convolution = Convolution(op)
    let tiles = Self.gatheredMax / convolution.taps / Gemm.rowsMax
    split = Split(convolution.positions, grain: max(1, min(tiles, 40)) * Gemm.rowsMax)
  }

  /// Floats of gathered rows; none where they lie in the input as they are.
  var gatheredCount: Int { convolution.isPointwise ? 0 : split.grain * convolution.taps }

  /// Floats of local memory: gathered rows, then the sums of a panel.
  var localCount: Int {
    gatheredCount + split.grain * Gemm.columns
  }
}

@c(mtlk_simd_conv_plan)
func simdConvPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  let convolution = Convolution(op)
  if convolution.isDepthwise { return depthwisePlan(chain, plan) }
  let blocks = ConvBlocks(op)
  let verdict = answer(plan, blocks.split)
  let packed = Gemm.packedCount(outputs: convolution.outputs, taps: convolution.taps)
  plan.pointee.take = UInt32(Epilogue(chain).take)
  plan.pointee.packed_bytes = UInt64(convolution.groups * packed * 4)
  plan.pointee.local_bytes = UInt64(blocks.localCount * 4)
  return verdict
}

@c(mtlk_simd_conv_pack)
func simdConvPack(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafePointer<mtlrt_plan>,
  packed: UnsafeMutableRawPointer, error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  let target = packed.assumingMemoryBound(to: Float.self)
  let convolution = Convolution(op)
  if convolution.isDepthwise {
    var packer = DepthwisePacker(weights: op.input(1), convolution: convolution, target: target)
    op.input(1).accept(&packer)
  } else {
    var packer = PanelPacker(weights: op.input(1), convolution: convolution, target: target)
    op.input(1).accept(&packer)
  }
  return Int32(MTLRT_MODULE_OK)
}

@c(mtlk_simd_conv_run)
func simdConvRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let convolution = Convolution(call.op)
  if convolution.isDepthwise {
    depthwiseRun(call, convolution, part)
  } else {
    let gathered = local!.assumingMemoryBound(to: Float.self)
    for group in 0..<convolution.groups {
      runBlock(call, ConvBlocks(call.op), part, group, gathered)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}

/// One block of positions and one group: gathers the rows, then takes panel by panel.
private func runBlock(
  _ call: CallView, _ blocks: ConvBlocks, _ part: UInt32, _ group: Int,
  _ local: UnsafeMutablePointer<Float>
) {
  let convolution = blocks.convolution
  let positions = blocks.split[part]
  let (taps, outputs) = (convolution.taps, convolution.outputs)
  let channels = outputs * convolution.groups
  let x = call.elements(call.op.input(0))
  var (rows, stride) = (UnsafePointer(local), taps)
  if convolution.isPointwise {
    stride = convolution.window.channels
    rows = x + positions.lowerBound * stride + group * convolution.depth
  } else {
    convolution.gather(positions, group: group, from: x, to: local)
  }
  let sums = local + blocks.gatheredCount
  let finish = Finish(epilogue: Epilogue(call.chain))
  let y = call.values(finish.epilogue.output) + positions.lowerBound * channels
  let panels = Gemm.panels(outputs)
  let weights = call.packed!.assumingMemoryBound(to: Float.self)
  for panel in 0..<panels {
    Gemm.panel(
      rows, stride: stride, count: positions.count, taps: taps,
      weights: weights + (group * panels + panel) * taps * Gemm.columns, sums: sums)
    let first = panel * Gemm.columns
    let channel = group * outputs + first
    let count = min(Gemm.columns, outputs - first)
    for row in 0..<positions.count {
      finish.apply(
        sums + row * Gemm.columns, to: y + row * channels + channel, channel: channel,
        count: count)
    }
  }
}

/// Brings weights (O, KH, KW, I) into panels, group by group.
private struct PanelPacker: WeightVisitor {
  let weights: TensorView
  let convolution: Convolution
  let target: UnsafeMutablePointer<Float>

  mutating func visit<W: Weight>(_ elements: UnsafePointer<W>) {
    let (taps, outputs) = (convolution.taps, convolution.outputs)
    let columns = Gemm.columns
    var panel = target
    for group in 0..<convolution.groups {
      for first in stride(from: 0, to: outputs, by: columns) {
        for column in 0..<columns {
          let output = first + column
          guard output < outputs else {
            for k in 0..<taps { panel[k * columns + column] = 0 }
            continue
          }
          let channel = group * outputs + output
          let (source, scale) = (elements + channel * taps, weights.scale(channel))
          for k in 0..<taps { panel[k * columns + column] = source[k].float * scale }
        }
        panel += taps * columns
      }
    }
  }
}
