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
  private var expansionCount: Int { ProductConv.packedCount(expansion) }

  // A part's memory: the ring, then what a line of results needs.
  private var ringCount: Int {
    DepthwiseRing.count(depthwise.window, vectors: Gemm.columns / laneCount)
  }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) {
    setStages(plan, rows.parts * panels)
    plan.pointee.take = UInt32(Epilogue(following, .simd).take)
    plan.pointee.packed_bytes = UInt64(4 * (expansionCount + depthwise.packedCount))
    plan.pointee.local_bytes = UInt64(4 * ringCount + DepthwiseLine.localBytes(depthwise.window))
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
    let finish = Finish(epilogue: between)
    let bounds = finish.bounds
    let bias = weights + ProductConv.biasOffset(expansion) + channel
    var ring = DepthwiseRing(
      window, depthwise.channels, vectors, room: Gemm.columns / laneCount, local)
    let line = DepthwiseLine(
      depthwise, weights + expansionCount, following, vectors, local: local + ringCount)
    let (x, y) = (call.elements(call.op.input(0)), call.values(line.output))
    for row in rows[UInt32(band)] {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      for next in ring.move(to: h, of: image) {
        Gemm.panel(
          x + (image * window.vertical.size + next) * expansion.window.rowElements,
          stride: taps, count: window.horizontal.size, taps: taps,
          weights: weights + panel * taps * Gemm.columns, sums: ring.pixels(row: next),
          sumStride: laneCount, vectorStride: ring.vectorStep, outputs: outputs,
          start: bounds == nil ? nil : bias, bounds: bounds)
        if bounds == nil { ring.finish(row: next, finish) }
      }
      line.run(h, ring, y + row * window.horizontal.count * window.channels)
    }
  }
}

extension DepthwiseRing {
  /// Makes values of a row of sums.
  fileprivate func finish(row: Int, _ finish: Finish) {
    for (index, vector) in vectors.enumerated() {
      let place = pixels(row: row) + index * vectorStep
      finish.apply(
        SumRows(
          sums: place, step: laneCount, output: place, stride: laneCount, count: size,
          some: laneCount),
        finish.channels(channels.first(vector), laneCount))
    }
  }
}
