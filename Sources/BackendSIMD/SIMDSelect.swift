import BackendKit
import CMTL

// select: one part computes some lines.

@c(mtlk_simd_select_plan)
func simdSelectPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_select_run)
func simdSelectRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  var walk = BroadcastLines(call.op).walk(call, part, local)
  repeat {
    var (condition, x, y, z) = (walk.line[0], walk.line[1], walk.line[2], walk.result)
    let step = walk.vectorStep
    forLanes(walk.length) { _, some in
      let choice = loadSome(x, some).replacing(
        with: loadSome(y, some), where: loadSome(condition, some) .== 0)
      storeSome(choice, z, some)
      condition += step[0]
      x += step[1]
      y += step[2]
      z += laneCount
    }
  } while walk.advance()
  return Int32(MTLRT_MODULE_OK)
}
