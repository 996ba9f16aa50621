import CMTL

/// A convolution by Winograd's minimal filtering, and its weight gradient by the adjoint of each of
/// its steps: dM = A dY A^T, dU = V^T dM, dg = G^T dU G.
enum WinogradConv<Transform: TrainedTransform> {
  private typealias Layout = ConvLayout<Transform>

  static func plan(_ shape: mtl_conv_shape) -> mtl_conv_plan {
    let (layout, gradient) = (Layout(shape), Layout(shape, isGradient: true))
    return mtl_conv_plan(
      packed: layout.packedCount, pack_parts: ConvWeights.parts(layout), parts: layout.blocks,
      slices: gradient.slices, slice: gradient.sliceCount,
      gather_parts: ConvGather.parts(gradient),
      local: max(layout.localCount, gradient.localCount))
  }

  static func run(_ call: mtl_conv_call, part: Int) {
    let layout = Layout(call.shape)
    let tiles = layout.tiles(of: part)
    let (work, inputs) = (call.local!, call.local + Layout.workCount)
    let products = inputs + Layout.frequencies * layout.inputStep
    ConvInput<Transform>(
      layout: layout, input: call.input, scale: call.scale, shift: call.shift, work: work
    ).run(tiles, to: inputs)
    let output = ConvOutput<Transform>(
      layout: layout, finish: ConvFinish(call, part: part), products: products, work: work)
    var weights = call.packed!
    for panel in 0..<layout.panels {
      for frequency in 0..<Layout.frequencies {
        Product.run(
          ProductOperands(
            left: inputs + frequency * layout.inputStep, rowStep: layout.depth, step: 1,
            right: weights, count: layout.shape.channels,
            sums: products + frequency * layout.productStep, continues: false),
          rows: tiles.count)
        weights += layout.shape.channels * Product.columns
      }
      output.run(tiles, panel: panel)
    }
  }

  /// The sums of one slice.
  static func gradient(_ call: mtl_conv_gradient, slice: Int) {
    let layout = Layout(call.shape, isGradient: true)
    let (work, inputs) = (call.local!, call.local + Layout.workCount)
    let products = inputs + Layout.frequencies * layout.inputStep
    let sums = call.sums + slice * layout.sliceCount
    (sums + layout.packedCount).update(repeating: 0, count: layout.panels * Product.columns)
    let blocks = layout.blocks(of: slice)
    let input = ConvInput<Transform>(
      layout: layout, input: call.input, scale: call.scale, shift: call.shift, work: work)
    let gradient = ConvGradient<Transform>(
      layout: layout, call: call, work: work, bias: sums + layout.packedCount)
    for block in blocks {
      let tiles = layout.tiles(of: block)
      input.run(tiles, to: inputs)
      var target = sums
      for panel in 0..<layout.panels {
        gradient.run(tiles, panel: panel, to: products)
        for frequency in 0..<Layout.frequencies {
          Product.runTransposed(
            ProductOperands(
              left: inputs + frequency * layout.inputStep, rowStep: 1, step: layout.depth,
              right: products + frequency * layout.productStep, count: tiles.count,
              sums: target, continues: block > blocks.lowerBound),
            rows: layout.shape.channels)
          target += layout.shape.channels * Product.columns
        }
      }
    }
  }
}
