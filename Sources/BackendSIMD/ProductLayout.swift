import BackendKit

/// How a convolution as a product of matrices is cut: one part computes some panels of outputs for
/// a block of positions.
struct ProductLayout {
  let convolution: Convolution
  let positions: Split
  /// Of all groups, one group after the other.
  let panels: Split
  /// Whether all parts share the gathered inputs: they are made in a stage of their own, when there
  /// are too few positions to give the threads enough to do. Else each part gathers its own.
  let isShared: Bool

  /// Floats of inputs that stay in a core's own cache beside the weights.
  private static let nearFloats = 48 << 10
  /// Parts that keep threads equally busy.
  private static let partsWanted = 8

  init(_ op: OperatorView) {
    convolution = Convolution(op)
    let most = max(Gemm.rowsMax, min(Self.nearFloats / convolution.taps, 40 * Gemm.rowsMax))
    positions = Split.even(convolution.positions, most: most, multiple: 2)
    let panelCount = convolution.groups * Gemm.panels(convolution.outputs)
    if positions.parts >= Self.partsWanted {
      panels = Split(panelCount, grain: panelCount)
    } else {
      let groups = (Self.partsWanted + positions.parts - 1) / positions.parts
      panels = Split(panelCount, grain: (panelCount + groups - 1) / groups)
    }
    isShared = panels.parts > 1 && !convolution.isPointwise
  }

  /// Panels of one group.
  var panelsPerGroup: Int { Gemm.panels(convolution.outputs) }

  /// Floats of the gathered inputs of all positions and groups, where they are shared.
  var sharedCount: Int { convolution.positions * convolution.taps * convolution.groups }

  /// Floats of a part's own memory: the sums of a panel and one group's gathered inputs.
  var localCount: Int {
    sumsCount + (isShared || convolution.isPointwise ? 0 : gatheredCount)
  }

  var sumsCount: Int { positions.grain * Gemm.columns }
  private var gatheredCount: Int { positions.grain * convolution.taps }
}
