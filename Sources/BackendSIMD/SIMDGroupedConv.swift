import BackendKit
import CBackendSIMD
import CMTL

// Convolution in groups that fill a vector or a whole part of it, as many outputs as inputs each:
// vectors along the channels, in which each input is brought to the lanes of its group. One part
// computes some rows of results for some vectors of channels.
//
// Weights are packed as (kernel position, channel of the group, output), behind them the constants
// of the epilogue.

struct GroupedConvolution {
  fileprivate let window: Window
  /// Channels of a group.
  fileprivate let depth: Int
  fileprivate let channels: DepthwiseChannels
  private let rows: Split, blocks: Split

  /// Whether a convolution is computed this way.
  static func suits(_ convolution: Convolution) -> Bool {
    mtl_has_arrangement != 0 && convolution.groups > 1 && convolution.depth > 1
      && convolution.depth == convolution.outputs && laneCount % convolution.depth == 0
  }

  init(_ convolution: Convolution) {
    window = convolution.window
    depth = convolution.depth
    channels = DepthwiseChannels(count: window.channels)
    blocks = channels.blocks(grain: 4)
    let rowWork = window.horizontal.count * convolution.taps * blocks.grain * laneCount
    rows = Split(window.images * window.vertical.count, grain: max(4, (1 << 18) / rowWork))
  }

  /// Weights of an output.
  private var taps: Int { window.vertical.kernel * window.horizontal.kernel * depth }
  private var weightCount: Int { taps * channels.padded }

  // Where lanes cannot be arranged, none of this is compiled.

  func plan(_ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>) {
    guard mtl_has_arrangement != 0 else { return }
    setStages(plan, rows.parts * blocks.parts)
    plan.pointee.take = UInt32(Epilogue(OperatorView(chain), .simd).take)
    plan.pointee.packed_bytes = UInt64(
      4 * (weightCount + ChannelFinish.packedCount(window.channels)))
    plan.pointee.local_bytes = UInt64(4 * GroupedRows.localCount(window))
  }

  func pack(_ op: OperatorView, to target: UnsafeMutablePointer<Float>) {
    guard mtl_has_arrangement != 0 else { return }
    let (weights, padded) = (op.input(1), channels.padded)
    memset(target, 0, 4 * weightCount)
    for channel in 0..<channels.count {
      weights.decode(row: channel, length: taps, to: target + channel, step: padded)
    }
    ChannelFinish.pack(Epilogue(op, .simd), channels: window.channels, to: target + weightCount)
  }

  func run(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    guard mtl_has_arrangement != 0 else { return }
    let (rowBlock, block) = Int(part).quotientAndRemainder(dividingBy: blocks.parts)
    let weights = call.packed!.assumingMemoryBound(to: Float.self)
    let epilogue = Epilogue(call.op, .simd)
    let finish = ChannelFinish(epilogue, channels: window.channels, packed: weights + weightCount)
    let rows = rows[UInt32(rowBlock)]
    for vector in blocks[UInt32(block)] {
      let channel = channels.first(vector)
      var line = GroupedRows(
        self, call.elements(call.op.input(0)) + channel, weights + channel,
        start: finish.start(channel), local)
      for row in rows {
        line.bring(row)
        let result = call.values(epilogue.output)
          + row * window.horizontal.count * window.channels + channel
        line.forTiles(row) { sums, pixel, count in
          finish.apply(
            sums, count: count, channel, to: result + pixel * window.channels,
            step: window.channels, channels.lanes)
        }
      }
    }
  }
}

/// One vector of channels: the input rows that a row of results needs, with zeros where the kernel
/// reaches beyond the image's sides, and the sums made of them.
private struct GroupedRows {
  private let convolution: GroupedConvolution
  private let x: UnsafePointer<Float>
  private let weights: UnsafePointer<Float>
  private let start: Lanes
  private let sums: UnsafeMutablePointer<Float>, memory: UnsafeMutablePointer<Float>
  private var image = -1
  /// Rows of the image below this one have been brought in.
  private var next = 0

  /// Pixels of a tile.
  private static let width = 8

  private static func columns(_ window: Window) -> Int {
    let horizontal = window.horizontal
    let last = (max(width, horizontal.count) - 1) * horizontal.stride
    let span = (horizontal.kernel - 1) * horizontal.dilation + 1
    return max(last + span, horizontal.padding + horizontal.size)
  }

  private static func rows(_ window: Window) -> Int {
    (window.vertical.kernel - 1) * window.vertical.dilation + 1
  }

  static func localCount(_ window: Window) -> Int {
    (width + rows(window) * columns(window)) * laneCount
  }

  /// - Parameters:
  ///   - x: the first channel of the first pixel.
  ///   - start: what sums begin with.
  init(
    _ convolution: GroupedConvolution, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    start: Lanes, _ local: UnsafeMutablePointer<Float>
  ) {
    self.convolution = convolution
    self.x = x
    self.weights = weights
    self.start = start
    sums = local
    memory = local + Self.width * laneCount
    memset(local, 0, 4 * Self.localCount(convolution.window))
  }

  /// Where a row of the image lies.
  private func place(_ row: Int) -> UnsafeMutablePointer<Float> {
    let window = convolution.window
    return memory + row % Self.rows(window) * Self.columns(window) * laneCount
  }

  /// Brings in what a row of results needs, counted through all images. Rows come in order.
  @inline(never)
  mutating func bring(_ row: Int) {
    let window = convolution.window
    let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
    if image != self.image { (self.image, next) = (image, 0) }
    let top = window.vertical.start(h)
    next = max(next, top)
    while next < min(window.vertical.size, top + Self.rows(window)) {
      var source = x + image * window.imageElements + next * window.rowElements
      var target = place(next) + window.horizontal.padding * laneCount
      for _ in 0..<window.horizontal.size {
        store(loadSome(source, convolution.channels.lanes), target)
        source += window.channels
        target += laneCount
      }
      next += 1
    }
  }

  /// Calls `body` with the sums of each tile, its first pixel, and how many pixels it has. The last
  /// tile begins where it still fits and has some pixels a second time.
  @inline(__always)
  func forTiles(_ row: Int, _ body: (UnsafePointer<Float>, Int, Int) -> Void) {
    let window = convolution.window
    let top = window.vertical.start(row % window.vertical.count)
    let count = window.horizontal.count
    let some = min(Self.width, count)
    var next = 0
    while next < count {
      let pixel = min(next, count - some)
      add(top, pixel * window.horizontal.stride * laneCount)
      body(sums, pixel, some)
      next += Self.width
    }
  }

  /// The sums of a tile, kept in registers.
  @inline(never)
  private func add(_ top: Int, _ offset: Int) {
    let (window, depth) = (convolution.window, convolution.depth)
    let horizontal = window.horizontal
    // The three columns of a usual kernel read the same inputs: each is arranged once.
    let isUsual = horizontal.kernel == 3 && horizontal.dilation == 1 && horizontal.stride == 1
    let padded = convolution.channels.padded
    let step = horizontal.stride * laneCount
    var sums = InlineArray<8, Lanes>(repeating: start)
    for i in window.vertical.inside(from: top) {
      let line = place(top + i * window.vertical.dilation) + offset
      var lane = mtl_group_lanes(Int32(depth))
      var next = weights + i * horizontal.kernel * depth * padded
      for _ in 0..<depth {
        if isUsual {
          let (left, right) = (load(next), load(next + 2 * depth * padded))
          let middle = load(next + depth * padded)
          let x = InlineArray<10, Lanes> { mtl_arranged(load(line + $0 * laneCount), lane) }
          for p in 0..<8 { sums[p] = multiplyAdd(x[p], left, sums[p]) }
          for p in 0..<8 { sums[p] = multiplyAdd(x[p + 1], middle, sums[p]) }
          for p in 0..<8 { sums[p] = multiplyAdd(x[p + 2], right, sums[p]) }
        } else {
          for j in 0..<horizontal.kernel {
            let x = line + j * horizontal.dilation * laneCount
            let w = load(next + j * depth * padded)
            for p in 0..<8 {
              sums[p] = multiplyAdd(mtl_arranged(load(x + p * step), lane), w, sums[p])
            }
          }
        }
        lane &+= 1
        next += padded
      }
    }
    for p in 0..<8 { store(sums[p], self.sums + p * laneCount) }
  }
}
