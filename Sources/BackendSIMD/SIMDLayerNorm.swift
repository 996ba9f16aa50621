import BackendKit
import CBackendSIMD
import CMTL

// layer_norm: one part computes some lines. Sums in Double: squares of large numbers fit.

@c(mtlk_simd_layer_norm_plan)
func simdLayerNormPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, pixelSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_layer_norm_run)
func simdLayerNormRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (length, epsilon) = (call.op.output.channels, call.op.real(0))
  let (gamma, beta) = (call.op.input(1).floats, call.op.input(2).floats)
  for line in pixelSplit(call.op.output)[part] {
    let x = call.elements(call.op.input(0)) + line * length
    let y = call.values(call.op.output) + line * length
    var sums = WideLanes.zero
    forLanes(length) { next, some in sums += wideSum(loadSome(x + next, some)) }
    let mean = Lanes(repeating: Float(mtl_wide_sum(sums) / Double(length)))
    var squares = WideLanes.zero
    forLanes(length) { next, some in
      let away = mtl_first_lanes(loadSome(x + next, some) - mean, some, 0)
      squares += wideSquares(away)
    }
    let deviation = (mtl_wide_sum(squares) / Double(length) + epsilon).squareRoot()
    let scale = Lanes(repeating: Float(1 / deviation))
    forLanes(length) { next, some in
      let normal = (loadSome(x + next, some) - mean) * scale
      let lanes = multiplyAdd(normal, loadSome(gamma + next, some), loadSome(beta + next, some))
      storeSome(lanes, y + next, some)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
