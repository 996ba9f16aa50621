import CMTL

/// The gradients of a dense layer for the features of some panels: by the inputs, dX = dY W, and by
/// the weights, dW = dY^T X, which Adam takes while it is near.
struct DenseGradient {
  private let layout: DenseLayout
  private let call: mtl_dense_gradient
  private let panels: Range<Int>
  /// Gradients by the inputs, (panel, image, feature in panel).
  private let inputs: UnsafeMutablePointer<Float>
  /// Gradients by the weights of some units, (panel, unit, feature in panel).
  private let weights: UnsafeMutablePointer<Float>
  /// Weights of a panel that is not full, with zeros behind them.
  private let rest: UnsafeMutablePointer<Float>

  private var shape: mtl_dense_shape { call.shape }

  static func run(_ call: mtl_dense_gradient, part: Int) {
    let layout = DenseLayout(call.shape)
    let first = part * DenseLayout.gradientPanels
    let panels = first..<min(layout.panels, first + DenseLayout.gradientPanels)
    let inputs = call.local!
    let weights = inputs + panels.count * call.shape.batch * Product.columns
    let rest = weights + panels.count * DenseLayout.gradientUnits * Product.columns
    DenseGradient(
      layout: layout, call: call, panels: panels, inputs: inputs, weights: weights, rest: rest
    ).run()
    if part == 0 { addBias(call) }
  }

  private func run() {
    for first in stride(from: 0, to: shape.units, by: DenseLayout.gradientUnits) {
      let units = first..<min(shape.units, first + DenseLayout.gradientUnits)
      if call.inputs != nil { for panel in panels { addToInputs(panel, units) } }
      for panel in panels { makeWeights(panel, units) }
      if call.weight_gradient == nil { step(units) } else { put(units) }
    }
    if let target = call.inputs { putInputs(target) }
  }

  /// Features of a panel.
  private func width(_ panel: Int) -> Int {
    min(Product.columns, shape.features - panel * Product.columns)
  }

  private func addToInputs(_ panel: Int, _ units: Range<Int>) {
    var right = call.weights + units.lowerBound * shape.features + panel * Product.columns
    var rightStep = shape.features
    if panel >= layout.fullPanels {
      for unit in 0..<units.count {
        copyRow(
          right + unit * rightStep, count: width(panel), to: rest + unit * Product.columns)
      }
      (right, rightStep) = (UnsafePointer(rest), Product.columns)
    }
    Product.run(
      ProductOperands(
        left: call.gradient + units.lowerBound, rowStep: shape.units, step: 1, right: right,
        rightStep: rightStep, count: units.count,
        sums: inputs + (panel - panels.lowerBound) * shape.batch * Product.columns,
        continues: units.lowerBound > 0),
      rows: shape.batch)
  }

  private func makeWeights(_ panel: Int, _ units: Range<Int>) {
    Product.runTransposed(
      ProductOperands(
        left: call.gradient + units.lowerBound, rowStep: 1, step: shape.units,
        right: call.packed + panel * layout.panelStep, count: shape.batch,
        sums: weights + (panel - panels.lowerBound) * DenseLayout.gradientUnits * Product.columns,
        continues: false),
      rows: units.count)
  }

  /// Each vector of the weights' gradient, and its place among all.
  @inline(__always)
  private func forEachVector(
    _ units: Range<Int>, _ body: (_ gradient: Lanes, _ place: Int, _ some: Int) -> Void
  ) {
    for unit in units {
      for panel in panels {
        let row = (panel - panels.lowerBound) * DenseLayout.gradientUnits + unit - units.lowerBound
        let place = unit * shape.features + panel * Product.columns
        forLanes(width(panel)) { next, some in
          body(load(weights + row * Product.columns + next), place + next, some)
        }
      }
    }
  }

  private func step(_ units: Range<Int>) {
    let step = AdamStep(call.step)
    let ahead = DenseLayout.gradientUnits * shape.features
    forEachVector(units) { gradient, place, some in
      step.fetch(place + shape.features, place + ahead)
      step.run(at: place, gradient: gradient, some)
    }
  }

  private func put(_ units: Range<Int>) {
    forEachVector(units) { gradient, place, some in
      storeSome(gradient, call.weight_gradient + place, some)
    }
  }

  private func putInputs(_ target: UnsafeMutablePointer<Float>) {
    for panel in panels {
      for image in 0..<shape.batch {
        let row = (panel - panels.lowerBound) * shape.batch + image
        let place = image * shape.features + panel * Product.columns
        forLanes(width(panel)) { next, some in
          storeSome(load(inputs + row * Product.columns + next), target + place + next, some)
        }
      }
    }
  }

  private static func addBias(_ call: mtl_dense_gradient) {
    forLanes(call.shape.units) { unit, some in
      var sum = Lanes.zero
      for image in 0..<call.shape.batch {
        sum += loadSome(call.gradient + image * call.shape.units + unit, some)
      }
      storeSome(sum, call.bias_gradient + unit, some)
    }
  }
}
