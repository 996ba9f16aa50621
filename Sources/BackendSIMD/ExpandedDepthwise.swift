import BackendKit
import CMTL

// A 1x1 convolution with a depthwise one behind it, as mobile networks have them. The values
// between them are several times as many as those that go in or come out, and never leave a core's
// own cache: rows of them go from the product's tiles into the ring of the depthwise convolution.
// (After the fused layers of Alwani et al., 2016.) One part computes some rows of results for one
// panel of channels.
//
// Weights are packed as those of the product, then those of the depthwise convolution.

struct ExpandedDepthwise {
  private let expansion: Convolution
  private let between: Epilogue
  private let following: OperatorView
  private let depthwise: DepthwiseConvolution
  private let rows: Split

  /// Floats of an image's values between the two from which on this pays: fewer stay in the cache
  /// by themselves.
  private static let leastFloats = 192 << 10
  /// Parts that keep threads equally busy.
  private static let partsWanted = 10

  /// Nil if the chain begins otherwise, or with values that are better kept.
  @inline(never)
  init?(_ chain: UnsafePointer<mtlrt_chain>) {
    let first = OperatorView(chain)
    expansion = Convolution(first)
    between = Epilogue(first, .simd)
    guard expansion.isPointwise, expansion.groups == 1, expansion.outputs % laneCount == 0,
      let next = between.reader(chain), next.code == MTLRT_OP_CONV
    else { return nil }
    let second = Convolution(next)
    guard second.isDepthwise, second.window.imageElements >= Self.leastFloats else { return nil }
    following = next
    depthwise = DepthwiseConvolution(second)
    let panels = Gemm.panels(expansion.outputs)
    let count = second.window.vertical.count
    let bands = (Self.partsWanted + panels - 1) / panels
    rows = Split(second.window.images * count, grain: max(4, (count + bands - 1) / bands))
  }

  private var panels: Int { Gemm.panels(expansion.outputs) }
  private var expansionCount: Int {
    Gemm.packedCount(outputs: expansion.outputs, taps: expansion.taps)
  }

  // A part's memory: the ring, then the sums of a row, then what a line of results needs.
  private var ringCount: Int {
    DepthwiseRing.count(depthwise.window, vectors: Gemm.columns / laneCount)
  }
  private var sumsCount: Int { expansion.window.horizontal.count * Gemm.columns }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) {
    setStages(plan, rows.parts * panels)
    plan.pointee.take = UInt32(Epilogue(following, .simd).take)
    plan.pointee.packed_bytes = UInt64(4 * (expansionCount + depthwise.packedCount))
    plan.pointee.local_bytes = UInt64(
      4 * (ringCount + sumsCount) + DepthwiseLine.localBytes(depthwise.window))
  }

  func pack(_ op: OperatorView, to target: UnsafeMutablePointer<Float>) {
    ProductConv.pack(op, target)
    depthwise.pack(following, to: target + expansionCount)
  }

  func run(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    let (band, panel) = Int(part).quotientAndRemainder(dividingBy: panels)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    let (window, taps) = (depthwise.window, expansion.taps)
    let channel = panel * Gemm.columns
    let outputs = min(Gemm.columns, expansion.outputs - channel)
    let vectors = channel / laneCount..<(channel + outputs) / laneCount
    let (sums, finish) = (local + ringCount, Finish(epilogue: between))
    var ring = DepthwiseRing(window, depthwise.channels, vectors, local)
    let line = DepthwiseLine(
      depthwise, weights + expansionCount, following, vectors, local: sums + sumsCount)
    let (x, y) = (call.elements(call.op.input(0)), call.values(line.output))
    for row in rows[UInt32(band)] {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      for next in ring.move(to: h, of: image) {
        Gemm.panel(
          x + (image * window.vertical.size + next) * expansion.window.rowElements,
          stride: taps, count: window.horizontal.size, taps: taps,
          weights: weights + panel * taps * Gemm.columns, sums: sums, outputs: outputs)
        ring.bring(sums, row: next, finish)
      }
      line.run(h, ring, y + row * window.horizontal.count * window.channels)
    }
  }
}

extension DepthwiseRing {
  /// Brings in a row of the image that is finished from the sums of a panel.
  fileprivate func bring(_ sums: UnsafePointer<Float>, row: Int, _ finish: Finish) {
    for phase in 0..<phases {
      let run = run(row: row, phase: phase)
      for (index, vector) in vectors.enumerated() {
        finish.apply(
          SumRows(
            sums: sums + run.first * Gemm.columns + index * laneCount,
            step: stride * Gemm.columns, output: run.place + index * vectorStep,
            stride: laneCount, count: run.count, some: laneCount),
          finish.channels(channels.first(vector), laneCount))
      }
    }
  }
}
