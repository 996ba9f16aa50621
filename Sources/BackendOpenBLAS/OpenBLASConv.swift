import BackendKit
import CMTL
import COpenBLAS

// conv: gathers a block of positions, and has sgemm multiply it by the weights. One part is one
// block, so that the host's threads share the work; what follows is applied to the block.

private struct ConvBlocks {
  let convolution: Convolution
  let split: Split

  /// Floats of gathered input that a part works on.
  static let gatheredMax = 64 << 10

  init(_ op: OperatorView) {
    convolution = Convolution(op)
    split = Split(
      convolution.positions, grain: min(512, max(16, Self.gatheredMax / convolution.taps)))
  }

  var gatheredCount: Int { convolution.isPointwise ? 0 : split.grain * convolution.taps }

  /// Whether sgemm's 32-bit sizes suffice.
  var fits: Bool {
    max(convolution.taps, convolution.window.channels, convolution.outputs * convolution.groups)
      <= sizeMax
  }
}

@c(mtlk_openblas_conv_plan)
func openBLASConvPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  let blocks = ConvBlocks(op)
  guard !blocks.convolution.isDepthwise else {
    return refuse(error, "a depthwise convolution is no product of matrices")
  }
  guard blocks.fits else { return refuse(error, "larger than 32-bit sizes") }
  let verdict = answer(plan, blocks.split)
  plan.pointee.take = UInt32(Epilogue(OperatorView(chain)).take)
  plan.pointee.packed_bytes = packedBytes(op.input(1))
  plan.pointee.local_bytes = UInt64(blocks.gatheredCount * 4)
  return verdict
}

@c(mtlk_openblas_conv_pack)
func openBLASConvPack(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafePointer<mtlrt_plan>,
  packed: UnsafeMutableRawPointer, error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  packWeights(OperatorView(chain).input(1), packed)
}

@c(mtlk_openblas_conv_run)
func openBLASConvRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let blocks = ConvBlocks(call.op)
  let (convolution, positions) = (blocks.convolution, blocks.split[part])
  let (taps, outputs) = (convolution.taps, convolution.outputs)
  let channels = outputs * convolution.groups
  let x = call.elements(call.op.input(0))
  let epilogue = Epilogue(call.op)
  let y = call.values(epilogue.output) + positions.lowerBound * channels
  for group in 0..<convolution.groups {
    var (rows, stride) = (x + group * convolution.depth, taps)
    if convolution.isPointwise {
      stride = convolution.window.channels
      rows += positions.lowerBound * stride
    } else {
      let gathered = local!.assumingMemoryBound(to: Float.self)
      convolution.gather(positions, group: group, from: x, to: gathered)
      rows = UnsafePointer(gathered)
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(positions.count), Int32(outputs),
      Int32(taps), 1, rows, Int32(stride), weights(call) + group * outputs * taps, Int32(taps), 0,
      y + group * outputs, Int32(channels))
  }
  finish(epilogue, y, rows: positions.count, stride: channels, channel: 0, count: channels)
  return Int32(MTLRT_MODULE_OK)
}
