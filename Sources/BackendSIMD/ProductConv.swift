import BackendKit
import CMTL

/// Convolution of any form as a product of matrices: rows of gathered inputs, one for each
/// position, times panels of weights.
enum ProductConv {
  private static var abilities: Epilogue.Abilities { Epilogue.Abilities(adds: true) }

  static func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    let layout = ProductLayout(OperatorView(chain))
    let products = layout.positions.parts * layout.panels.parts
    if layout.isShared {
      setStages(plan, layout.positions.parts * layout.convolution.groups, products)
      plan.pointee.scratch_bytes = UInt64(layout.sharedCount * 4)
    } else {
      setStages(plan, products)
    }
    plan.pointee.take = UInt32(Epilogue(chain, abilities).take)
    plan.pointee.packed_bytes = UInt64(layout.packedCount * 4)
    plan.pointee.local_bytes = UInt64(layout.localCount * 4)
  }

  static func pack(_ op: OperatorView, _ packed: UnsafeMutablePointer<Float>) {
    var packer = PanelPacker(
      weights: op.input(1), convolution: Convolution(op), target: packed)
    op.input(1).accept(&packer)
  }

  static func run(
    _ call: CallView, stage: UInt32, part: UInt32, _ local: UnsafeMutablePointer<Float>?
  ) {
    let layout = ProductLayout(call.op)
    if layout.isShared && stage == 0 {
      gather(call, layout, Int(part))
    } else {
      multiply(call, layout, Int(part), local!)
    }
  }

  /// Where the gathered inputs of a group begin, if they are shared.
  private static func shared(
    _ call: CallView, _ layout: ProductLayout, group: Int
  ) -> UnsafeMutablePointer<Float> {
    call.pointer.pointee.scratch.assumingMemoryBound(to: Float.self)
      + group * layout.convolution.positions * layout.convolution.taps
  }

  /// First stage where gathered inputs are shared.
  private static func gather(_ call: CallView, _ layout: ProductLayout, _ part: Int) {
    let (group, block) = part.quotientAndRemainder(dividingBy: layout.positions.parts)
    let positions = layout.positions[UInt32(block)]
    let convolution = layout.convolution
    convolution.gather(
      positions, group: group, from: call.elements(call.op.input(0)),
      to: shared(call, layout, group: group) + positions.lowerBound * convolution.taps)
  }

  private static func multiply(
    _ call: CallView, _ layout: ProductLayout, _ part: Int, _ local: UnsafeMutablePointer<Float>
  ) {
    let (block, some) = part.quotientAndRemainder(dividingBy: layout.panels.parts)
    let positions = layout.positions[UInt32(block)]
    let convolution = layout.convolution
    let input = call.elements(call.op.input(0))
    let finish = PanelFinish(call, convolution, positions, abilities)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    var group = -1
    var (rows, stride) = (input, convolution.taps)
    for index in layout.panels[UInt32(some)] {
      let (next, panel) = index.quotientAndRemainder(dividingBy: layout.panelsPerGroup)
      if next != group {
        group = next
        if convolution.isPointwise {
          stride = convolution.window.channels
          rows = input + positions.lowerBound * stride + group * convolution.depth
        } else if layout.isShared {
          rows = UnsafePointer(shared(call, layout, group: group))
            + positions.lowerBound * convolution.taps
        } else {
          let gathered = local + layout.sumsCount
          convolution.gather(positions, group: group, from: input, to: gathered)
          rows = UnsafePointer(gathered)
        }
      }
      Gemm.panel(
        rows, stride: stride, count: positions.count, taps: convolution.taps,
        weights: weights + index * convolution.taps * Gemm.columns, sums: local)
      finish.apply(local, group: group, panel: panel)
    }
  }
}

/// Brings the sums of a panel to their place, with the epilogue applied.
private struct PanelFinish {
  private let finish: Finish
  private let convolution: Convolution
  private let count: Int
  /// The results of the first position, and the values that are added to them.
  private let output: UnsafeMutablePointer<Float>
  private let residual: UnsafePointer<Float>?

  init(
    _ call: CallView, _ convolution: Convolution, _ positions: Range<Int>,
    _ abilities: Epilogue.Abilities
  ) {
    finish = Finish(epilogue: Epilogue(call.chain, abilities))
    self.convolution = convolution
    count = positions.count
    let first = positions.lowerBound * convolution.outputs * convolution.groups
    output = call.values(finish.epilogue.output) + first
    residual = finish.epilogue.residual.map { call.elements($0) + first }
  }

  func apply(_ sums: UnsafePointer<Float>, group: Int, panel: Int) {
    let channels = convolution.outputs * convolution.groups
    let first = panel * Gemm.columns
    let channel = group * convolution.outputs + first
    let some = min(Gemm.columns, convolution.outputs - first)
    forLanes(some) { next, lanes in
      let constants = finish.channels(channel + next, lanes)
      for row in 0..<count {
        let place = row * channels + channel + next
        let sum = loadSome(sums + row * Gemm.columns + next, lanes)
        storeSome(finish(sum, constants, residual.map { $0 + place }, lanes), output + place, lanes)
      }
    }
  }
}

/// Brings weights (O, KH, KW, I) into panels, group by group.
private struct PanelPacker: WeightVisitor {
  let weights: TensorView
  let convolution: Convolution
  let target: UnsafeMutablePointer<Float>

  mutating func visit<W: Weight>(_ elements: UnsafePointer<W>) {
    let (taps, outputs) = (convolution.taps, convolution.outputs)
    let columns = Gemm.columns
    var panel = target
    for group in 0..<convolution.groups {
      for first in stride(from: 0, to: outputs, by: columns) {
        for column in 0..<columns {
          let output = first + column
          guard output < outputs else {
            for k in 0..<taps { panel[k * columns + column] = 0 }
            continue
          }
          let channel = group * outputs + output
          let (source, scale) = (elements + channel * taps, weights.scale(channel))
          for k in 0..<taps { panel[k * columns + column] = source[k].float * scale }
        }
        panel += taps * columns
      }
    }
  }
}
