import BackendKit
import CMTL

// dense: dot products straight from the weights as they lie in the file, vectors along the inputs.
// The first of two stages packs the inputs, where that pays. If each image has many rows, it is a
// convolution of their pixels: then weights are used so often that it pays to pack them once.

@c(mtlk_simd_dense_plan)
func simdDensePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  if hasManyRows(OperatorView(chain)) {
    ProductConv.plan(chain, plan)
    return Int32(MTLRT_MODULE_OK)
  }
  let blocks = DenseBlocks(OperatorView(chain))
  plan.pointee.take = UInt32(Epilogue(OperatorView(chain), .simd).take)
  if blocks.isPacked {
    setStages(plan, blocks.packing.parts, blocks.products.parts)
    plan.pointee.scratch_bytes = UInt64(blocks.packedCount * 4)
  } else {
    setStages(plan, blocks.products.parts)
  }
  plan.pointee.local_bytes = UInt64(blocks.localCount * 4)
  return Int32(MTLRT_MODULE_OK)
}

@c(mtlk_simd_dense_pack)
func simdDensePack(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafePointer<mtlrt_plan>,
  packed: UnsafeMutableRawPointer, error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  ProductConv.pack(OperatorView(chain), packed.assumingMemoryBound(to: Float.self))
  return Int32(MTLRT_MODULE_OK)
}

/// Whether a layer has enough rows for each image, however many images there are, to keep the
/// tiles of a product busy.
private func hasManyRows(_ op: OperatorView) -> Bool {
  let x = op.input(0)
  return x.count(of: 1..<x.rank - 1) >= 8
}

@c(mtlk_simd_dense_run)
func simdDenseRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let local = local?.assumingMemoryBound(to: Float.self)
  if hasManyRows(call.op) {
    ProductConv.run(call, stage: stage, part: part, local)
    return Int32(MTLRT_MODULE_OK)
  }
  let blocks = DenseBlocks(call.op)
  if blocks.isPacked && stage == 0 {
    let packer = DensePacker(call, blocks)
    for item in blocks.packing[part] { packer.pack(item) }
    return Int32(MTLRT_MODULE_OK)
  }
  switch call.op.input(1).type {
  case MTLRT_F16: run(Half.self, call, blocks, part, local!)
  case MTLRT_I16: run(Int16.self, call, blocks, part, local!)
  case MTLRT_I8: run(Int8.self, call, blocks, part, local!)
  default: run(Float.self, call, blocks, part, local!)
  }
  return Int32(MTLRT_MODULE_OK)
}

private func run<W: LaneWeight>(
  _: W.Type, _ call: CallView, _ blocks: DenseBlocks, _ part: UInt32,
  _ local: UnsafeMutablePointer<Float>
) {
  for item in blocks.products[part] {
    let (row, output) = item.quotientAndRemainder(dividingBy: blocks.outputs.parts)
    let product = DenseProduct<W>(
      call, rows: blocks.rows[UInt32(row)], outputs: blocks.outputs[UInt32(output)])
    if blocks.isPacked {
      let packed = call.pointer.pointee.scratch.assumingMemoryBound(to: Float.self)
      for chunk in 0..<blocks.chunks.parts {
        let inputs = blocks.chunks[UInt32(chunk)]
        product.add(
          packed + blocks.packedOffset(block: row, chunk: inputs), inputs, local: local)
      }
    } else {
      product.run(call.elements(call.op.input(0)), local: local)
    }
    product.finishRows()
  }
}
