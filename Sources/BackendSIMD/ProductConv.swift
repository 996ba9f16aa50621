import BackendKit
import CMTL

/// Convolution of any form as a product of matrices: rows of gathered inputs, one for each
/// position, times panels of weights.
enum ProductConv {
  private static var abilities: Epilogue.Abilities {
    Epilogue.Abilities(sigmoid: true, gates: true, adds: true)
  }

  static func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    let layout = ProductLayout(OperatorView(chain))
    let products = layout.positions.parts * layout.panels.parts
    if layout.isShared {
      setStages(plan, layout.positions.parts * layout.convolution.groups, products)
      plan.pointee.scratch_bytes = UInt64(layout.sharedCount * 4)
    } else {
      setStages(plan, products)
    }
    plan.pointee.take = UInt32(Epilogue(OperatorView(chain), abilities).take)
    plan.pointee.packed_bytes = UInt64(packedCount(layout.convolution) * 4)
    plan.pointee.local_bytes = UInt64(layout.localCount * 4)
  }

  static func pack(_ op: OperatorView, _ packed: UnsafeMutablePointer<Float>) {
    let (weights, convolution) = (op.input(1), Convolution(op))
    let (taps, outputs, columns) = (convolution.taps, convolution.outputs, Gemm.columns)
    let width = Gemm.panels(outputs) * columns
    // Weights (O, KH, KW, I) go into panels, group by group; behind the last output lie zeros.
    for group in 0..<convolution.groups {
      for output in 0..<width {
        let panel = group * Gemm.panels(outputs) + output / columns
        let place = packed + panel * taps * columns + output % columns
        if output < outputs {
          weights.decode(row: group * outputs + output, length: taps, to: place, step: columns)
        } else {
          for k in 0..<taps { place[k * columns] = 0 }
        }
      }
    }
    let biases = packed + biasOffset(convolution)
    biases.update(repeating: 0, count: convolution.groups * width)
    guard let bias = op.optionalInput(2)?.floats else { return }
    for group in 0..<convolution.groups {
      (biases + group * width).update(from: bias + group * outputs, count: outputs)
    }
  }

  /// Floats of what is packed: weights, (group, panel, tap, output in panel), then biases, (group,
  /// panel, output in panel).
  static func packedCount(_ convolution: Convolution) -> Int {
    biasOffset(convolution)
      + convolution.groups * Gemm.panels(convolution.outputs) * Gemm.columns
  }

  /// Where the biases begin.
  static func biasOffset(_ convolution: Convolution) -> Int {
    convolution.groups
      * Gemm.packedCount(outputs: convolution.outputs, taps: convolution.taps)
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
    let end = PositionsEnd(call, convolution, positions, abilities)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    let biases = weights + biasOffset(convolution)
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
      let last = end.panel(panel, group: group)
      let bounds = last.count == Gemm.columns ? end.finish.bounds : nil
      let panelWeights = weights + index * convolution.taps * Gemm.columns
      let isDone = bounds != nil
      Gemm.panel(
        rows, stride: stride, count: positions.count, taps: convolution.taps,
        weights: panelWeights, sums: isDone ? last.output : local,
        sumStride: isDone ? last.stride : Gemm.columns, outputs: last.count,
        start: isDone ? biases + index * Gemm.columns : nil, bounds: bounds,
        end: isDone ? nil : last)
    }
  }
}

/// What becomes of the sums of a convolution's positions, with the epilogue applied.
private struct PositionsEnd {
  let finish: Finish
  private let convolution: Convolution
  /// The results of the first position, and the values that are added to them.
  private let output: UnsafeMutablePointer<Float>
  private let residual: UnsafePointer<Float>?

  init(
    _ call: CallView, _ convolution: Convolution, _ positions: Range<Int>,
    _ abilities: Epilogue.Abilities
  ) {
    finish = Finish(epilogue: Epilogue(call.op, abilities))
    self.convolution = convolution
    let first = positions.lowerBound * convolution.outputs * convolution.groups
    output = call.values(finish.epilogue.output) + first
    residual = finish.epilogue.residual.map { call.elements($0) + first }
  }

  /// For a panel of a group.
  func panel(_ panel: Int, group: Int) -> PanelEnd {
    let first = panel * Gemm.columns
    let channel = group * convolution.outputs + first
    return PanelEnd(
      finish: finish, channel: channel, count: min(Gemm.columns, convolution.outputs - first),
      output: output + channel, residual: residual.map { $0 + channel },
      stride: convolution.outputs * convolution.groups)
  }
}
