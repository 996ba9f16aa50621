import CBackendSIMD
import CMTL

/// Products of rows: sums (unit, image) of weights times inputs, lane by lane.
private struct DotOperands {
  /// The weights of unit i begin at `weights + i * stride`.
  let weights: UnsafePointer<Float>
  let stride: Int
  /// Weights that will be wanted next.
  let next: UnsafePointer<Float>
  /// Packed inputs of the first image, and how far it is to its next panel.
  let inputs: UnsafePointer<Float>
  let inputStep: Int
  let panels: Int
  /// Vectors (unit, image), to which the products are added.
  let sums: UnsafeMutablePointer<Float>
  let sumStep: Int
}

/// A block of sums that stays in registers: `units` times the images of a tile.
private enum DotTile<let units: Int> {
  private typealias Row = InlineArray<4, Lanes>

  @inline(never)
  static func run(_ operands: DotOperands) {
    var block = InlineArray<units, Row>(repeating: Row(repeating: .zero))
    let (sums, stride) = (operands.sums, operands.stride)
    for u in 0..<units {
      for i in 0..<4 { block[u][i] = load(sums + u * operands.sumStep + i * laneCount) }
    }
    var (weights, inputs, next) = (operands.weights, operands.inputs, operands.next)
    for _ in 0..<operands.panels {
      mtl_prefetch(next)
      for v in 0..<2 {
        let x = Row { load(inputs + $0 * Product.columns + v * laneCount) }
        for u in 0..<units {
          let w = load(weights + u * stride + v * laneCount)
          for i in 0..<4 { block[u][i] = multiplyAdd(w, x[i], block[u][i]) }
        }
      }
      weights += Product.columns
      next += Product.columns
      inputs += operands.inputStep
    }
    for u in 0..<units {
      for i in 0..<4 { store(block[u][i], sums + u * operands.sumStep + i * laneCount) }
    }
  }
}

/// A dense layer: each result is the sum of a row of weights times an image's features.
struct DenseForward {
  private let layout: DenseLayout
  private let call: mtl_dense_call

  /// Units of a tile of sums.
  private static let height = hasManyRegisters ? 4 : 2

  static func run(_ call: mtl_dense_call, part: Int) {
    let layout = DenseLayout(call.shape)
    let first = part * DenseLayout.units
    DenseForward(layout: layout, call: call)
      .run(first..<min(call.shape.units, first + DenseLayout.units))
  }

  private func run(_ units: Range<Int>) {
    let sums = call.local!
    sums.update(repeating: 0, count: units.count * layout.images * laneCount)
    for first in stride(from: 0, to: layout.fullPanels, by: DenseLayout.blockPanels) {
      let panels = first..<min(layout.fullPanels, first + DenseLayout.blockPanels)
      for unit in stride(from: units.lowerBound, to: units.upperBound, by: Self.height) {
        addProducts(unit..<min(units.upperBound, unit + Self.height), of: units, panels)
      }
    }
    for unit in units {
      for image in 0..<call.shape.batch {
        let sum = sums + ((unit - units.lowerBound) * layout.images + image) * laneCount
        addRest(unit, image, to: sum)
        call.output[image * call.shape.units + unit] = call.bias[unit] + mtl_lanes_sum(load(sum))
      }
    }
  }

  /// What some panels add to the sums of a few of the part's units.
  private func addProducts(_ few: Range<Int>, of units: Range<Int>, _ panels: Range<Int>) {
    let features = call.shape.features
    let place = few.lowerBound * features + panels.lowerBound * Product.columns
    for image in stride(from: 0, to: layout.images, by: DenseLayout.tileImages) {
      // Tile by tile, other lines of the units behind these.
      let line = image / DenseLayout.tileImages % (2 * few.count)
      let later = place + (few.count + line / 2) * features + line % 2 * laneCount
      let operands = DotOperands(
        weights: call.weights + place, stride: features, next: call.weights + later,
        inputs: call.packed + panels.lowerBound * layout.panelStep + image * Product.columns,
        inputStep: layout.panelStep, panels: panels.count,
        sums: call.local
          + ((few.lowerBound - units.lowerBound) * layout.images + image) * laneCount,
        sumStep: layout.images * laneCount)
      switch few.count {
      case 1: DotTile<1>.run(operands)
      case 2: DotTile<2>.run(operands)
      case 3: DotTile<3>.run(operands)
      default: DotTile<4>.run(operands)
      }
    }
  }

  /// The products with the features behind the last full panel.
  private func addRest(_ unit: Int, _ image: Int, to sum: UnsafeMutablePointer<Float>) {
    let done = layout.fullPanels * Product.columns
    let weights = call.weights + unit * call.shape.features + done
    let inputs = call.packed + layout.fullPanels * layout.panelStep + image * Product.columns
    forLanes(call.shape.features - done) { next, some in
      store(
        multiplyAdd(loadSome(weights + next, some), load(inputs + next), load(sum)), sum)
    }
  }
}
