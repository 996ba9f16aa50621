import BackendKit
import CMTL

// avg_pool: one part computes some rows of results. Sums in Double, rounded once.

@c(mtlk_scalar_avg_pool_plan)
func scalarAvgPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, rowSplit(Window(OperatorView(chain), isPool: true)))
}

@c(mtlk_scalar_avg_pool_run)
func scalarAvgPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let window = Window(call.op, isPool: true)
  let countsPadding = call.op.attribute(8) == 1
  let whole = window.vertical.kernel * window.horizontal.kernel
  let y = call.values(call.op.output)
  for row in rowSplit(window)[part] {
    poolRow(call, window, row) { result, pixels in
      var sum = 0.0
      pixels.forEach { sum += Double($0) }
      y[result] = Float(sum / Double(countsPadding ? whole : pixels.count))
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
