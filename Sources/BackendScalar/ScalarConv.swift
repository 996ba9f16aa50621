import BackendKit
import CMTL

// conv: one part computes some rows of results. Sums in Double, rounded once.

@c(mtlk_scalar_conv_plan)
func scalarConvPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, rowSplit(Window(OperatorView(chain), isPool: false)))
}

@c(mtlk_scalar_conv_run)
func scalarConvRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let window = Window(call.op, isPool: false)
  var rows = ConvRows(
    call: call, window: window, rows: rowSplit(window)[part], groups: call.op.attribute(8))
  call.op.input(1).accept(&rows)
  return Int32(MTLRT_MODULE_OK)
}

private struct ConvRows: WeightVisitor {
  let call: CallView
  let window: Window
  /// Rows of results, counted through all images.
  let rows: Range<Int>
  let groups: Int

  mutating func visit<W: Weight>(_ weights: UnsafePointer<W>) {
    let y = call.op.output
    let outputs = y.channels
    var result = call.values(y) + rows.lowerBound * window.horizontal.count * outputs
    for row in rows {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      for w in 0..<window.horizontal.count {
        for o in 0..<outputs {
          result[o] = at(image: image, h: h, w: w, o: o, weights)
        }
        result += outputs
      }
    }
  }

  /// One element of the result.
  private func at<W: Weight>(
    image: Int, h: Int, w: Int, o: Int, _ weights: UnsafePointer<W>
  ) -> Float {
    let (vertical, horizontal) = (window.vertical, window.horizontal)
    let (top, left) = (vertical.start(h), horizontal.start(w))
    let depth = window.channels / groups  // input channels of a group
    let group = o / (call.op.output.channels / groups)
    let x = call.elements(call.op.input(0)) + image * window.imageElements + group * depth
    let kernel = weights + o * vertical.kernel * horizontal.kernel * depth
    let columns = horizontal.inside(from: left)
    var sum = 0.0
    for i in vertical.inside(from: top) {
      let row = x + (top + i * vertical.dilation) * window.rowElements
      for j in columns {
        let pixel = row + (left + j * horizontal.dilation) * window.channels
        let taps = kernel + (i * horizontal.kernel + j) * depth
        for c in 0..<depth { sum += Double(pixel[c]) * Double(taps[c].float) }
      }
    }
    sum *= Double(call.op.input(1).scale(o))
    if let bias = call.op.optionalInput(2) { sum += Double(bias.floats[o]) }
    return Float(sum)
  }
}
