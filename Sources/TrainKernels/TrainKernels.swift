import CBackendSIMD
import CMTL

/// The kernels as this module is compiled. Nothing of them runs before the CPU was asked.
public func trainKernels() -> mtl_train_kernels {
  mtl_train_kernels(
    name: mtl_lane_set_name(), cpu_need: mtl_lane_set_need(),
    conv_plan: { shape, plan in
      let shape = shape!.pointee
      if SmallConv.suits(shape) {
        plan!.pointee = SmallConv(shape).plan()
        return
      }
      plan!.pointee = WinogradConv.plan(shape)
    },
    conv_pack: { call, part in
      let call = call!.pointee
      if SmallConv.suits(call.shape) {
        SmallConv(call.shape).pack(call)
      } else {
        ConvWeights.pack(call, part: part)
      }
    },
    conv_run: { call, part in
      let call = call!.pointee
      if SmallConv.suits(call.shape) {
        SmallConv(call.shape).run(call, part: part)
      } else {
        WinogradConv.run(call, part: part)
      }
    },
    conv_gradient: { call, part in
      let call = call!.pointee
      if SmallConv.suits(call.shape) {
        SmallConv(call.shape).gradient(call, slice: part)
      } else {
        WinogradConv.gradient(call, slice: part)
      }
    },
    conv_gather: { call, part in
      let call = call!.pointee
      if SmallConv.suits(call.shape) {
        SmallConv(call.shape).gather(call)
      } else {
        ConvGather.run(call, part: part)
      }
    },
    norm_gradient: { gradient, input, a, b, c, rows, channels in
      normGradient(gradient!, input!, a!, b!, c!, rows: rows, channels: channels)
    },
    pool_run: { poolRun($0!.pointee) },
    pool_gradient: { poolGradient($0!.pointee) },
    adam: { adam($0!.pointee) },
    dense_plan: { shape, plan in plan!.pointee = DenseLayout(shape!.pointee).plan() },
    dense_pack: { DenseLayout($0!.pointee.shape).pack($0!.pointee, panel: $1) },
    dense_run: { DenseForward.run($0!.pointee, part: $1) },
    dense_gradient: { DenseGradient.run($0!.pointee, part: $1) })
}
