import BackendKit
import CMTL

// dense_by_input: weights straight from the file, a row of them for each input. Inputs that are 0
// are passed over. The first stage adds up the products of ranges of inputs, the second the ranges.

@c(mtlk_simd_dense_by_input_plan)
func simdDenseByInputPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  let blocks = DenseByInputBlocks(op)
  plan.pointee.take = UInt32(Epilogue(op, .simd).take)
  setStages(plan, blocks.rows.parts * blocks.ranges.parts, blocks.results.parts)
  plan.pointee.scratch_bytes = UInt64(blocks.sumsCount * 4)
  plan.pointee.local_bytes = UInt64(blocks.listBytes)
  return Int32(MTLRT_MODULE_OK)
}

@c(mtlk_simd_dense_by_input_run)
func simdDenseByInputRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let product = DenseByInputProduct(CallView(call))
  if stage == 0 {
    product.add(Int(part), local!)
  } else {
    product.finish(product.blocks.results[part])
  }
  return Int32(MTLRT_MODULE_OK)
}
