import BackendKit
import CMTL

// dense_by_input: as dense, with a matrix that is not transposed.

@c(mtlk_openblas_dense_by_input_plan)
func openBLASDenseByInputPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  DenseBlocks(OperatorView(chain), liesByInput: true).plan(chain, plan, error)
}

@c(mtlk_openblas_dense_by_input_pack)
func openBLASDenseByInputPack(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafePointer<mtlrt_plan>,
  packed: UnsafeMutableRawPointer, error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  packWeights(OperatorView(chain).input(1), packed)
}

@c(mtlk_openblas_dense_by_input_run)
func openBLASDenseByInputRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  return DenseBlocks(call.op, liesByInput: true).run(call, part)
}
