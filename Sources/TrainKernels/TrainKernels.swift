import CBackendSIMD
import CMTL

/// The kernels as this module is compiled. Nothing of them runs before the CPU was asked.
public func trainKernels() -> mtl_train_kernels {
  mtl_train_kernels(
    name: mtl_lane_set_name(), cpu_need: mtl_lane_set_need(),
    conv_plan: { shape, plan in plan!.pointee = ConvKernel.plan(shape!.pointee) },
    conv_pack: { ConvKernel.pack($0!.pointee, part: $1) },
    conv_run: { ConvKernel.run($0!.pointee, part: $1) },
    conv_gradient: { ConvKernel.gradient($0!.pointee, slice: $1) },
    conv_gather: { ConvKernel.gather($0!.pointee, part: $1) },
    norm_gradient: { gradient, input, a, b, c, rows, channels in
      normGradient(gradient!, input!, a!, b!, c!, rows: rows, channels: channels)
    },
    mask: { input, kept, scale, result, count in
      mask(input!, kept!, scale, result!, count: count)
    },
    pool_run: { poolRun($0!.pointee) },
    pool_gradient: { poolGradient($0!.pointee) },
    adam: { adam($0!.pointee) },
    dense_plan: { shape, plan in plan!.pointee = DenseLayout(shape!.pointee).plan() },
    dense_pack: { DenseLayout($0!.pointee.shape).pack($0!.pointee, panel: $1) },
    dense_run: { DenseForward.run($0!.pointee, part: $1) },
    dense_gradient: { DenseGradient.run($0!.pointee, part: $1) })
}
