import BackendKit
import CMTL

// conv_transpose: one part computes some rows of results. Sums in Double, rounded once.

@c(mtlk_scalar_conv_transpose_plan)
func scalarConvTransposePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, rowSplit(Window(OperatorView(chain), isPool: false)))
}

@c(mtlk_scalar_conv_transpose_run)
func scalarConvTransposeRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let window = Window(call.op, isPool: false)
  ConvTransposeRows(
    call: call, window: window, rows: rowSplit(window)[part], groups: call.op.attribute(8)
  ).run()
  return Int32(MTLRT_MODULE_OK)
}

private struct ConvTransposeRows {
  let call: CallView
  let window: Window
  /// Rows of results, counted through all images.
  let rows: Range<Int>
  let groups: Int

  func run() {
    let outputs = call.op.output.channels
    var result = call.values(call.op.output) + rows.lowerBound * window.horizontal.count * outputs
    for row in rows {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      for w in 0..<window.horizontal.count {
        for o in 0..<outputs { result[o] = at(image: image, h: h, w: w, o: o) }
        result += outputs
      }
    }
  }

  /// One element of the result.
  private func at(image: Int, h: Int, w: Int, o: Int) -> Float {
    let (vertical, horizontal) = (window.vertical, window.horizontal)
    let depth = window.channels / groups  // input channels of a group
    let group = o / (call.op.output.channels / groups)
    let x = call.elements(call.op.input(0)) + image * window.imageElements + group * depth
    let kernel = o * vertical.kernel * horizontal.kernel
    var products = Products(sum: 0, x: x, first: 0, count: depth)
    for i in 0..<vertical.kernel {
      guard let row = vertical.source(of: h, through: i) else { continue }
      for j in 0..<horizontal.kernel {
        guard let column = horizontal.source(of: w, through: j) else { continue }
        products.x = x + row * window.rowElements + column * window.channels
        products.first = (kernel + i * horizontal.kernel + j) * depth
        call.op.input(1).accept(&products)
      }
    }
    var sum = products.sum * Double(call.op.input(1).scale(o))
    if let bias = call.op.optionalInput(2) { sum += Double(bias.floats[o]) }
    return Float(sum)
  }
}

/// Adds up the products of some inputs and the weights from `first` on.
private struct Products: WeightVisitor {
  var sum: Double
  var x: UnsafePointer<Float>
  var first: Int
  let count: Int

  mutating func visit<W: Weight>(_ weights: UnsafePointer<W>) {
    let taps = weights + first
    for c in 0..<count { sum += Double(x[c]) * Double(taps[c].float) }
  }
}

extension WindowAxis {
  /// The input's index that reaches result `position` through the kernel's index `tap`, if any.
  fileprivate func source(of position: Int, through tap: Int) -> Int? {
    let distance = position + padding - tap * dilation
    guard distance >= 0, distance % stride == 0, distance / stride < size else { return nil }
    return distance / stride
  }
}
