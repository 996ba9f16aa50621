import BackendKit
import CMTL

// concat: one part copies some runs of every input. A run is what lies together in memory: the
// dimensions from the axis on.

private func runSplit(_ op: OperatorView) -> Split {
  let (output, axis) = (op.output, op.attribute(0))
  let length = output.count(of: axis..<output.rank)
  return Split(output.count(of: 0..<axis), grain: max(1, (1 << 14) / length))
}

@c(mtlk_simd_concat_plan)
func simdConcatPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, runSplit(OperatorView(chain)))
}

@c(mtlk_simd_concat_run)
func simdConcatRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (output, axis) = (call.op.output, call.op.attribute(0))
  let runs = runSplit(call.op)[part]
  let step = output.count(of: axis..<output.rank)
  var first = call.values(output) + runs.lowerBound * step
  for position in 0..<call.op.inputCount {
    let input = call.op.input(position)
    let length = input.count(of: axis..<input.rank)
    // A constant is the same for each image.
    let inputRuns = input.count(of: 0..<axis)
    var (run, y) = (runs.lowerBound % inputRuns, first)
    for _ in runs {
      memcpy(y, call.elements(input) + run * length, 4 * length)
      run = run + 1 == inputRuns ? 0 : run + 1
      y += step
    }
    first += length
  }
  return Int32(MTLRT_MODULE_OK)
}
