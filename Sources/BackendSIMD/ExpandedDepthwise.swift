import BackendKit
import CMTL

// A 1x1 convolution, or one straight from the image, with a depthwise one behind it, as mobile
// networks have them. The values between them may be several times as many as those that go in or
// come out, and never leave a core's own cache: rows of them go from the first one's tiles into the
// ring of the depthwise convolution. (After the fused layers of Alwani et al., 2016.) One part
// computes some rows of results for one panel of channels.
//
// Weights are packed as the first convolution packs them, then those of the depthwise one.

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
    let isDirect = DirectConvolution.suits(expansion)
    guard isDirect || expansion.isPointwise && expansion.groups == 1,
      expansion.outputs % laneCount == 0,
      let next = between.reader(chain), next.code == MTLRT_OP_CONV
    else { return nil }
    let second = Convolution(next)
    guard second.isDepthwise, second.window.imageElements >= Self.leastFloats else { return nil }
    following = next
    depthwise = DepthwiseConvolution(second)
    let panels = Gemm.panels(expansion.outputs)
    let (vertical, images) = (second.window.vertical, second.window.images)
    // Rows that two parts share are computed twice.
    let least = isDirect ? 14 * max(1, vertical.kernel - vertical.stride) : 4
    let bands = (Self.partsWanted + panels - 1) / panels
    rows = Split(
      images * vertical.count, grain: max(least, (vertical.count + bands - 1) / bands))
  }

  private var isDirect: Bool { !expansion.isPointwise }
  private var panels: Int { Gemm.panels(expansion.outputs) }
  private var expansionCount: Int {
    isDirect
      ? DirectConvolution(expansion).packedCount : ProductConv.packedCount(expansion)
  }

  // A part's memory: the ring, then what a line of results needs, then what a row of the first
  // convolution needs.
  private var ringCount: Int {
    DepthwiseRing.count(depthwise.window, vectors: Gemm.columns / laneCount)
  }
  private var lineBytes: Int { roundedUp(DepthwiseLine.localBytes(depthwise.window), to: 64) }
  private var rowCount: Int { isDirect ? DirectLine.localCount(expansion.window) : 0 }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) {
    setStages(plan, rows.parts * panels)
    plan.pointee.take = UInt32(Epilogue(following, .simd).take)
    plan.pointee.packed_bytes = UInt64(4 * (expansionCount + depthwise.packedCount))
    plan.pointee.local_bytes = UInt64(4 * (ringCount + rowCount) + lineBytes)
  }

  func pack(_ op: OperatorView, to target: UnsafeMutablePointer<Float>) {
    if isDirect {
      DirectConvolution(expansion).pack(op, to: target)
    } else {
      ProductConv.pack(op, target)
    }
    depthwise.pack(following, to: target + expansionCount)
  }

  func run(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    let (band, panel) = Int(part).quotientAndRemainder(dividingBy: panels)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    let window = depthwise.window
    let channel = panel * Gemm.columns
    let outputs = min(Gemm.columns, expansion.outputs - channel)
    let vectors = channel / laneCount..<(channel + outputs) / laneCount
    var ring = DepthwiseRing(
      window, depthwise.channels, vectors, room: Gemm.columns / laneCount, local)
    let lineLocal = UnsafeMutableRawPointer(local + ringCount)
    let line = DepthwiseLine(
      depthwise, weights + expansionCount, following, vectors, local: lineLocal)
    let rowLocal = (lineLocal + lineBytes).assumingMemoryBound(to: Float.self)
    let (x, y) = (call.elements(call.op.input(0)), call.values(line.output))
    for row in rows[UInt32(band)] {
      let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
      let source = x + image * expansion.window.imageElements
      for next in ring.move(to: h, of: image) {
        if isDirect {
          direct(source, weights, channel, row: next, ring, rowLocal)
        } else {
          multiply(source, weights, channel, outputs, row: next, ring)
        }
      }
      line.run(h, ring, y + row * window.horizontal.count * window.channels)
    }
  }

  /// Brings in a row of the values between, straight from the image.
  private func direct(
    _ image: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ channel: Int, row: Int,
    _ ring: DepthwiseRing, _ local: UnsafeMutablePointer<Float>
  ) {
    DirectLine(
      expansion, image, row: row,
      finish: DirectConvolution(expansion).finish(between, packed: weights),
      DirectSteps(pixel: laneCount, vector: ring.vectorStep), local: local
    ).run(weights + channel * expansion.taps, channel, to: ring.pixels(row: row))
  }

  /// Brings in a row of the values between, by a product.
  private func multiply(
    _ image: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ channel: Int,
    _ outputs: Int, row: Int, _ ring: DepthwiseRing
  ) {
    let (finish, taps) = (Finish(epilogue: between), expansion.taps)
    let (bounds, bias) = (finish.bounds, weights + ProductConv.biasOffset(expansion) + channel)
    Gemm.sums(
      image + row * expansion.window.rowElements, stride: taps, count: ring.size, taps: taps,
      weights: weights + channel * taps, to: ring.pixels(row: row), sumStride: laneCount,
      vectorStride: ring.vectorStep, outputs: outputs, start: bounds == nil ? nil : bias,
      bounds: bounds)
    if bounds == nil { ring.finish(row: row, finish) }
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
