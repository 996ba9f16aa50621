import BackendKit
import CMTL

/// A 3x3 convolution of stride 1 by Winograd's minimal filtering.
enum SIMDWinograd<Transform: WinogradTransform> {
  /// What its output transform can do besides the plain epilogue.
  private static var abilities: Epilogue.Abilities {
    Epilogue.Abilities(
      sigmoid: true, gates: true, adds: true, poolTile: Transform.outputs)
  }

  static func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    let layout = WinogradLayout(chain, outputs: Transform.outputs)
    let products = layout.blocks.parts * layout.panels.parts
    if layout.isShared {
      setStages(plan, layout.inputBlocks.parts, products)
      plan.pointee.scratch_bytes = UInt64(layout.sharedCount * 4)
    } else {
      setStages(plan, products)
    }
    plan.pointee.take = UInt32(Epilogue(OperatorView(chain), abilities).take)
    plan.pointee.packed_bytes = UInt64(layout.packedCount * 4)
    plan.pointee.local_bytes = UInt64(layout.localCount * 4)
  }

  static func pack(
    _ chain: UnsafePointer<mtlrt_chain>, _ packed: UnsafeMutablePointer<Float>
  ) -> Bool {
    let layout = WinogradLayout(chain, outputs: Transform.outputs)
    return WinogradWeights<Transform>(layout: layout, target: packed)
      .pack(OperatorView(chain).input(1))
  }

  static func run(
    _ call: CallView, stage: UInt32, part: UInt32, _ local: UnsafeMutablePointer<Float>
  ) {
    let layout = WinogradLayout(call.chain, outputs: Transform.outputs)
    let input = call.elements(call.op.input(0))
    let products = local + layout.workCount
    if !layout.isShared {
      let tiles = layout.blocks[part]
      let inputs = products + layout.frequencies * layout.productStep(layout.blocks.grain)
      let step = layout.inputStep(tiles.count)
      WinogradInput<Transform>(layout: layout, input: input, step: step, work: local)
        .run(tiles, to: inputs)
      multiply(call, layout, tiles, 0..<layout.panels.count, inputs, step, local)
      return
    }
    let shared = call.pointer.pointee.scratch.assumingMemoryBound(to: Float.self)
    let step = layout.inputStep(layout.tiles)
    if stage == 0 {
      let tiles = layout.inputBlocks[part]
      WinogradInput<Transform>(layout: layout, input: input, step: step, work: local)
        .run(tiles, to: shared + tiles.lowerBound * layout.depth)
    } else {
      let (block, panels) = Int(part).quotientAndRemainder(dividingBy: layout.panels.parts)
      let tiles = layout.blocks[UInt32(block)]
      multiply(
        call, layout, tiles, layout.panels[UInt32(panels)],
        shared + tiles.lowerBound * layout.depth, step, local)
    }
  }

  /// The results of some tiles and panels of outputs.
  private static func multiply(
    _ call: CallView, _ layout: WinogradLayout, _ tiles: Range<Int>, _ panels: Range<Int>,
    _ inputs: UnsafePointer<Float>, _ inputStep: Int, _ local: UnsafeMutablePointer<Float>
  ) {
    let finish = Finish(epilogue: Epilogue(call.op, abilities))
    let products = local + layout.workCount
    let step = layout.productStep(tiles.count)
    let output = WinogradOutput<Transform>(
      layout: layout, finish: finish, output: call.values(finish.epilogue.output),
      residual: finish.epilogue.residual.map { call.elements($0) }, products: products,
      step: step, work: local)
    let taps = layout.convolution.depth
    var weights = call.packed!.assumingMemoryBound(to: Float.self)
    weights += panels.lowerBound * Transform.frequencies * taps * Gemm.columns
    for panel in panels {
      Gemm.products(
        Transform.frequencies, inputs, step: inputStep, stride: layout.depth, count: tiles.count,
        taps: taps, weights: weights, to: products, sumStep: step)
      weights += Transform.frequencies * taps * Gemm.columns
      output.run(tiles, panel: panel)
    }
  }
}
