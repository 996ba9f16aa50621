import BackendKit
import CMTL

// slice without gaps: a run of each line along the axis, with all that lies behind the axis. One
// part copies some runs.

private struct SliceRuns {
  /// Elements of a run, those between two of them in the input, and those before the first.
  let length: Int, step: Int, first: Int
  let split: Split

  init(_ op: OperatorView) {
    let (x, axis) = (op.input(0), op.attribute(0))
    let inner = x.count(of: axis + 1..<x.rank)
    (length, step) = (op.attribute(2) * inner, x.dimension(axis) * inner)
    first = op.attribute(1) * inner
    split = Split(x.count(of: 0..<axis), grain: max(1, (1 << 14) / length))
  }
}

@c(mtlk_simd_slice_plan)
func simdSlicePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  guard op.attribute(3) == 1 else { return refuse(error, "slices with gaps") }
  return answer(plan, SliceRuns(op).split)
}

@c(mtlk_simd_slice_run)
func simdSliceRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let runs = SliceRuns(call.op)
  let (x, y) = (call.elements(call.op.input(0)) + runs.first, call.values(call.op.output))
  for run in runs.split[part] {
    let (source, target) = (x + run * runs.step, y + run * runs.length)
    forLanes(runs.length) { next, some in
      storeSome(loadSome(source + next, some), target + next, some)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
