import CMTL

/// Adds the slices of a weight gradient up, and brings the sums back to weights: dg = G^T dU G.
enum ConvGather<Transform: TrainedTransform> {
  private typealias Weights = ConvWeights<Transform>

  static func parts(_ layout: ConvLayout<Transform>) -> Int { Weights.parts(layout) }

  static func run(_ call: mtl_conv_gradient, part: Int) {
    let layout = ConvLayout<Transform>(call.shape, isGradient: true)
    let shape = layout.shape
    let groups = (shape.channels + Weights.channels - 1) / Weights.channels
    let (panel, block) = part.quotientAndRemainder(dividingBy: groups)
    let last = min(shape.channels, (block + 1) * Weights.channels)
    let frequency = shape.channels * Product.columns
    for channel in block * Weights.channels..<last {
      for first in stride(from: 0, to: Product.columns, by: laneCount) {
        let filter = panel * Product.columns + first
        let some = min(laneCount, shape.filters - filter)
        if some <= 0 { break }
        let offset = panel * Transform.frequencies * frequency + channel * Product.columns + first
        transform(call, layout, offset, step: frequency)
        for lane in 0..<some {
          let target = call.weights + (filter + lane) * 9 * shape.channels + channel
          for tap in 0..<9 {
            target[tap * shape.channels] = call.local[tap * laneCount + lane]
          }
        }
      }
    }
    if part == 0 { addBias(call, layout) }
  }

  /// The kernels of a vector of filters, to the first 9 vectors of `local`.
  private static func transform(
    _ call: mtl_conv_gradient, _ layout: ConvLayout<Transform>, _ offset: Int, step: Int
  ) {
    let n = Transform.inputs
    let work = call.local + 9 * laneCount
    for j in 0..<n {
      var u = WinogradLine(repeating: .zero)
      for i in 0..<n {
        var source = call.sums + offset + (i * n + j) * step
        var sum = load(source)
        for _ in 1..<max(1, layout.slices) where layout.slices > 1 {
          source += layout.sliceCount
          sum += load(source)
        }
        u[i] = sum
      }
      let g = Transform.kernelAdjoint(u)
      for i in 0..<3 { store(g[i], work + (i * n + j) * laneCount) }
    }
    for i in 0..<3 {
      var u = WinogradLine(repeating: .zero)
      for j in 0..<n { u[j] = load(work + (i * n + j) * laneCount) }
      let g = Transform.kernelAdjoint(u)
      for j in 0..<3 { store(g[j], call.local + (i * 3 + j) * laneCount) }
    }
  }

  private static func addBias(_ call: mtl_conv_gradient, _ layout: ConvLayout<Transform>) {
    for filter in 0..<layout.shape.filters {
      var sum: Float = 0
      for slice in 0..<layout.slices {
        sum += call.sums[slice * layout.sliceCount + layout.packedCount + filter]
      }
      call.bias[filter] = sum
    }
  }
}
