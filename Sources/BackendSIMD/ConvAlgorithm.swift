import BackendKit
import CMTL

/// The ways to compute a convolution.
enum ConvAlgorithm: UInt64 {
  /// A 1x1 convolution and the depthwise one behind it.
  case expandedDepthwise
  /// One kernel per channel.
  case depthwise
  /// Groups that fill a vector or a whole part of it.
  case grouped
  /// Few input channels, straight from the image; with kernels of three rows, by Winograd's
  /// filtering down the columns.
  case direct, columns
  /// A product of gathered inputs and weights.
  case product
  /// Winograd's F(2 x 2, 3 x 3), F(4 x 4, 3 x 3), F(6 x 6, 3 x 3).
  case winograd2, winograd4, winograd6

  /// The one that was chosen when the plan was made.
  init(of plan: UnsafePointer<mtlrt_plan>) {
    self = ConvAlgorithm(rawValue: plan.pointee.opaque.0)!
  }

  /// The cheapest for one image of this shape; not of the batch, as weights are packed once for
  /// all batches.
  init(best chain: UnsafePointer<mtlrt_chain>) {
    if ExpandedDepthwise(chain) != nil {
      self = .expandedDepthwise
      return
    }
    let convolution = Convolution(OperatorView(chain))
    if convolution.isDepthwise {
      self = .depthwise
      return
    }
    if GroupedConvolution.suits(convolution) {
      self = .grouped
      return
    }
    if DirectConvolution.suits(convolution) {
      self = ColumnConvolution.suits(convolution) ? .columns : .direct
      return
    }
    self = .product
    guard Self.suitsWinograd(convolution) else { return }
    let cost = ConvCost(convolution)
    var least = cost.product
    for (candidate, outputs) in [
      (ConvAlgorithm.winograd2, 2), (.winograd4, 4), (.winograd6, 6),
    ] {
      let cycles = cost.winograd(outputs: outputs)
      if cycles < least { (self, least) = (candidate, cycles) }
    }
  }

  private static func suitsWinograd(_ convolution: Convolution) -> Bool {
    guard convolution.groups == 1, convolution.depth >= laneCount else { return false }
    return [convolution.window.vertical, convolution.window.horizontal].allSatisfy {
      $0.kernel == 3 && $0.stride == 1 && $0.dilation == 1
    }
  }
}

/// Estimates in clock cycles of one core, for one image: two products of vectors a cycle, one store
/// a cycle, and what was seen to get lost beside.
struct ConvCost {
  let convolution: Convolution

  init(_ convolution: Convolution) { self.convolution = convolution }

  private var panels: Int { Gemm.panels(convolution.outputs) }

  /// A matrix product of `rows` inputs of `taps` with all panels: each tile of it takes some cycles
  /// to begin and to end.
  private func multiply(rows: Int, taps: Int) -> Int {
    let tiles = (rows + Gemm.rowsMax - 1) / Gemm.rowsMax
    return panels * (rows * taps + tiles * 4 * Gemm.rowsMax)
  }

  /// Weights beyond what a core's cache keeps come from further away, some bytes a cycle.
  private func fetch(_ weights: Int) -> Int {
    weights * 4 <= 512 << 10 ? 0 : weights * 4 / 12
  }

  var product: Int {
    let positions = convolution.window.positions
    let gather = convolution.isPointwise ? 0 : positions * convolution.taps / laneCount
    return convolution.groups
      * (gather + multiply(rows: positions, taps: convolution.taps) + positions * panels * 4
        + fetch(panels * Gemm.columns * convolution.taps))
  }

  func winograd(outputs: Int) -> Int {
    let window = convolution.window
    let tiles = ((window.vertical.count + outputs - 1) / outputs)
      * ((window.horizontal.count + outputs - 1) / outputs)
    let inputs = outputs + 2
    let depth = roundedUp(convolution.depth, to: laneCount)
    let inward = tiles * depth / laneCount * 2 * inputs * (inputs + 2)
    let back = tiles * panels * 2 * ((inputs + outputs) * (inputs + 2) + 3 * outputs * outputs)
    let weights = inputs * inputs * panels * Gemm.columns * convolution.depth
    return inputs * inputs * multiply(rows: tiles, taps: convolution.depth) + inward + back
      + fetch(weights)
  }
}
