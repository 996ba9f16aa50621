import BackendKit
import CMTL

// resample: vectors along the runs behind the axis; one part fills some runs of the result.

@c(mtlk_simd_resample_plan)
func simdResamplePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, AxisRuns(OperatorView(chain)).split)
}

@c(mtlk_simd_resample_run)
func simdResampleRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let runs = AxisRuns(call.op)
  let (table, weights) = (call.op.input(1), call.op.input(2).floats)
  let indexes = AxisIndexes(table, below: runs.inputs)
  let taps = table.dimension(1)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for run in runs.split[part] {
    let (outer, position) = run.quotientAndRemainder(dividingBy: runs.outputs)
    let image = x + outer * runs.inputs * runs.length
    forLongLanes(runs.length) { next, some in
      var sum = Lanes.zero
      for tap in position * taps..<(position + 1) * taps {
        let source = image + indexes[tap] * runs.length + next
        sum = multiplyAdd(Lanes(repeating: weights[tap]), loadSome(source, some), sum)
      }
      storeSome(sum, y + run * runs.length + next, some)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
