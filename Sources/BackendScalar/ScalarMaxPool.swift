import BackendKit
import CMTL

// max_pool: one part computes some rows of results.

@c(mtlk_scalar_max_pool_plan)
func scalarMaxPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, rowSplit(Window(OperatorView(chain), isPool: true)))
}

@c(mtlk_scalar_max_pool_run)
func scalarMaxPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let window = Window(call.op, isPool: true)
  let y = call.values(call.op.output)
  for row in rowSplit(window)[part] {
    poolRow(call, window, row) { result, pixels in
      var largest = -Float.infinity
      pixels.forEach { largest = greater(largest, $0) }
      y[result] = largest
    }
  }
  return Int32(MTLRT_MODULE_OK)
}

/// The greater of two numbers, and NaN if one of them is.
func greater(_ a: Float, _ b: Float) -> Float {
  a.isNaN || a > b ? a : b
}
