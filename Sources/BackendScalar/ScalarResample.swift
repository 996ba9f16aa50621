import BackendKit
import CMTL

// resample: one part fills some runs of the result. Sums in Double, rounded once.

@c(mtlk_scalar_resample_plan)
func scalarResamplePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, AxisRuns(OperatorView(chain)).split)
}

@c(mtlk_scalar_resample_run)
func scalarResampleRun(
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
    for k in 0..<runs.length {
      var sum = 0.0
      for tap in position * taps..<(position + 1) * taps {
        let element = (outer * runs.inputs + indexes[tap]) * runs.length + k
        sum += Double(weights[tap]) * Double(x[element])
      }
      y[run * runs.length + k] = Float(sum)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
