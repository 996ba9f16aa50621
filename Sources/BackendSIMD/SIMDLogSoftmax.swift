import BackendKit
import CBackendSIMD
import CMTL

// log_softmax along the last axis, vectors along the line; one part computes some lines.

@c(mtlk_simd_log_softmax_plan)
func simdLogSoftmaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let lines = ReducedLines(axisOf: OperatorView(chain))
  guard lines.inner == 1 else { return refuse(error, "log_softmax along another axis") }
  return answer(plan, lines.split, inPlace: true)
}

@c(mtlk_simd_log_softmax_run)
func simdLogSoftmaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let lines = ReducedLines(axisOf: call.op)
  for index in lines.split[part] {
    let x = call.elements(call.op.input(0)) + index * lines.length
    let y = call.values(call.op.output) + index * lines.length
    var most = Lanes(repeating: -.infinity)
    forLongLanes(lines.length) { next, some in
      most = atLeast(most, mtl_first_lanes(loadSome(x + next, some), some, -.infinity))
    }
    let largest = Lanes(repeating: mtl_largest_lane(most))
    // In Double: beside the 1 of the largest element the others may be small.
    var sums = WideLanes.zero
    forLongLanes(lines.length) { next, some in
      let power = mtl_exponential_of_negative(largest - loadSome(x + next, some))
      sums += wideSum(mtl_first_lanes(power, some, 0))
    }
    let shift = Lanes(repeating: Float(log(sums.sum())))
    forLongLanes(lines.length) { next, some in
      storeSome((loadSome(x + next, some) - largest) - shift, y + next, some)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
