import BackendKit
import CMTL

// conv: by the algorithm that costs least for its shape, with what follows applied while the
// results are in the nearest cache.

@c(mtlk_simd_conv_plan)
func simdConvPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let algorithm = ConvAlgorithm(best: chain)
  switch algorithm {
  case .expandedDepthwise: ExpandedDepthwise(chain)!.plan(plan)
  case .depthwise: DepthwiseConvolution(Convolution(OperatorView(chain))).plan(chain, plan)
  case .grouped: GroupedConvolution(Convolution(OperatorView(chain))).plan(chain, plan)
  case .direct: DirectConvolution(Convolution(OperatorView(chain))).plan(chain, plan)
  case .columns: ColumnConvolution(Convolution(OperatorView(chain))).plan(chain, plan)
  case .product: ProductConv.plan(chain, plan)
  case .winograd2: SIMDWinograd<Winograd2>.plan(chain, plan)
  case .winograd4: SIMDWinograd<Winograd4>.plan(chain, plan)
  case .winograd6: SIMDWinograd<Winograd6>.plan(chain, plan)
  }
  plan.pointee.opaque.0 = algorithm.rawValue
  return Int32(MTLRT_MODULE_OK)
}

@c(mtlk_simd_conv_pack)
func simdConvPack(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafePointer<mtlrt_plan>,
  packed: UnsafeMutableRawPointer, error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  let target = packed.assumingMemoryBound(to: Float.self)
  var hasMemory = true
  switch ConvAlgorithm(of: plan) {
  case .expandedDepthwise: ExpandedDepthwise(chain)!.pack(op, to: target)
  case .depthwise: DepthwiseConvolution(Convolution(op)).pack(op, to: target)
  case .grouped: GroupedConvolution(Convolution(op)).pack(op, to: target)
  case .direct: DirectConvolution(Convolution(op)).pack(op, to: target)
  case .columns: ColumnConvolution(Convolution(op)).pack(op, to: target)
  case .product: ProductConv.pack(op, target)
  case .winograd2: hasMemory = SIMDWinograd<Winograd2>.pack(chain, target)
  case .winograd4: hasMemory = SIMDWinograd<Winograd4>.pack(chain, target)
  case .winograd6: hasMemory = SIMDWinograd<Winograd6>.pack(chain, target)
  }
  return Int32(hasMemory ? MTLRT_MODULE_OK : MTLRT_MODULE_NO_MEMORY)
}

@c(mtlk_simd_conv_run)
func simdConvRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let memory = local?.assumingMemoryBound(to: Float.self)
  switch ConvAlgorithm(of: call.plan) {
  case .expandedDepthwise: ExpandedDepthwise(call.chain)!.run(call, part, memory!)
  case .depthwise: DepthwiseConvolution(Convolution(call.op)).run(call, part, local!)
  case .grouped: GroupedConvolution(Convolution(call.op)).run(call, part, memory!)
  case .direct: DirectConvolution(Convolution(call.op)).run(call, part, memory!)
  case .columns: ColumnConvolution(Convolution(call.op)).run(call, part, memory!)
  case .product: ProductConv.run(call, stage: stage, part: part, memory)
  case .winograd2: SIMDWinograd<Winograd2>.run(call, stage: stage, part: part, memory!)
  case .winograd4: SIMDWinograd<Winograd4>.run(call, stage: stage, part: part, memory!)
  case .winograd6: SIMDWinograd<Winograd6>.run(call, stage: stage, part: part, memory!)
  }
  return Int32(MTLRT_MODULE_OK)
}
