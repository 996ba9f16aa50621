import BackendKit
import CMTL

// pow: one part computes some lines.

@c(mtlk_simd_pow_plan)
func simdPowPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_pow_run)
func simdPowRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  var walk = BroadcastLines(call.op).walk(call, part, local)
  repeat {
    var (x, y) = (walk.line[0], walk.line[1])
    let (xStep, yStep) = (min(walk.vectorStep[0], 1), min(walk.vectorStep[1], 1))
    for k in 0..<walk.length {
      walk.result[k] = powf(x[0], y[0])
      x += xStep
      y += yStep
    }
  } while walk.advance()
  return Int32(MTLRT_MODULE_OK)
}
