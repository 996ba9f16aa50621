import CMTL

/// A convolution of few channels: the windows of an image row are the rows of a matrix, which is
/// multiplied with the weights. Each line of a window is a piece of an image row with zeros around.
struct SmallConv {
  private let shape: mtl_conv_shape
  private let taps: Int
  private let panels: Int
  /// Image rows of a part, and those of all images.
  private let band: Int
  private let rows: Int

  static func suits(_ shape: mtl_conv_shape) -> Bool { shape.channels < 8 }

  init(_ shape: mtl_conv_shape) {
    self.shape = shape
    taps = 9 * shape.channels
    panels = Product.panels(shape.filters)
    rows = shape.batch * shape.height
    let parts = roundedUp((rows * shape.width + 2047) / 2048, to: 2)
    band = max(1, (rows + parts - 1) / parts)
  }

  /// Floats of a line of the windows, and from a row with zeros around to the next.
  private var line: Int { 3 * shape.channels }
  private var lineStep: Int { roundedUp((shape.width + 2) * shape.channels, to: 16) }

  private var parts: Int { (rows + band - 1) / band }
  private var slices: Int { min(parts, 8) }
  private var packedCount: Int { panels * taps * Product.columns }
  private var sliceCount: Int { packedCount + panels * Product.columns }

  func plan() -> mtl_conv_plan {
    mtl_conv_plan(
      packed: packedCount, pack_parts: 1, parts: parts, slices: slices, slice: sliceCount,
      gather_parts: 1, local: 3 * lineStep + shape.width * Product.columns)
  }

  /// (panel, tap, channel, filter in panel), zeros behind the last filter.
  func pack(_ call: mtl_conv_pack) {
    call.packed.update(repeating: 0, count: packedCount)
    for filter in 0..<shape.filters {
      let (panel, column) = filter.quotientAndRemainder(dividingBy: Product.columns)
      for tap in 0..<9 {
        for channel in 0..<shape.channels {
          let row = panel * taps + tap * shape.channels + channel
          call.packed[row * Product.columns + column] =
            call.source[
              filter * call.filter_step + tap * call.tap_step + channel * call.channel_step]
        }
      }
    }
  }

  func run(_ call: mtl_conv_call, part: Int) {
    let finish = ConvFinish(call, part: part)
    let lines = call.local!
    let sums = lines + 3 * lineStep
    for row in part * band..<min(rows, (part + 1) * band) {
      gather(row, call.input, call.scale, call.shift, to: lines)
      for panel in 0..<panels {
        Product.run(
          ProductOperands(
            left: lines, rowStep: shape.channels, step: 1, groups: 3, groupStep: lineStep,
            right: call.packed + panel * taps * Product.columns, count: line, sums: sums,
            continues: false),
          rows: shape.width)
        put(sums, row: row, panel: panel, finish)
      }
    }
  }

  private func put(
    _ sums: UnsafePointer<Float>, row: Int, panel: Int, _ finish: ConvFinish
  ) {
    for vector in 0..<Product.columns / laneCount {
      let filter = panel * Product.columns + vector * laneCount
      let some = min(laneCount, shape.filters - filter)
      if some <= 0 { return }
      let bias = finish.bias(filter, some)
      var short = ConvFinish.Sums()
      for x in 0..<shape.width {
        finish(
          load(sums + x * Product.columns + vector * laneCount),
          (row * shape.width + x) * shape.filters + filter, some, bias, &short)
      }
      finish.add(&short, filter, some)
    }
  }

  /// The three image rows that the windows of a row see, each with a pixel of zeros at both ends.
  private func gather(
    _ row: Int, _ input: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?,
    _ shift: UnsafePointer<Float>?, to lines: UnsafeMutablePointer<Float>
  ) {
    let (y, count) = (row % shape.height, shape.width * shape.channels)
    for ky in 0..<3 {
      let line = lines + ky * lineStep
      line.update(repeating: 0, count: lineStep)
      guard y + ky > 0 && y + ky <= shape.height else { continue }
      let (source, target) = (input + (row + ky - 1) * count, line + shape.channels)
      guard let scale, let shift else {
        forLanes(count) { next, some in
          storeSome(loadSome(source + next, some), target + next, some)
        }
        continue
      }
      for place in 0..<count {
        let channel = place % shape.channels
        target[place] = source[place] * scale[channel] + shift[channel]
      }
    }
  }

  func gradient(_ call: mtl_conv_gradient, slice: Int) {
    let sums = call.sums + slice * sliceCount
    sums.update(repeating: 0, count: sliceCount)
    let lines = call.local!
    let right = lines + 3 * lineStep
    let first = slice * rows / slices
    for row in first..<(slice + 1) * rows / slices {
      gather(row, call.input, call.scale, call.shift, to: lines)
      for panel in 0..<panels {
        copy(
          call, row: row, panel: panel, to: right,
          bias: sums + packedCount + panel * Product.columns)
        for ky in 0..<3 {
          Product.runTransposed(
            ProductOperands(
              left: lines + ky * lineStep, rowStep: 1, step: shape.channels, right: right,
              count: shape.width, sums: sums + (panel * taps + ky * line) * Product.columns,
              continues: true),
            rows: line)
        }
      }
    }
  }

  /// A panel of filters of a row of the gradient, zeros behind the last filter; adds to the bias.
  private func copy(
    _ call: mtl_conv_gradient, row: Int, panel: Int, to target: UnsafeMutablePointer<Float>,
    bias: UnsafeMutablePointer<Float>
  ) {
    for vector in 0..<Product.columns / laneCount {
      let filter = panel * Product.columns + vector * laneCount
      let some = max(0, min(laneCount, shape.filters - filter))
      let slope = ConvSlope(call, filter: filter, some)
      var sum = Lanes.zero
      for x in 0..<shape.width {
        let value = slope((row * shape.width + x) * shape.filters + filter)
        sum += value
        store(value, target + x * Product.columns + vector * laneCount)
      }
      store(load(bias + vector * laneCount) + sum, bias + vector * laneCount)
    }
  }

  func gather(_ call: mtl_conv_gradient) {
    for filter in 0..<shape.filters {
      let (panel, column) = filter.quotientAndRemainder(dividingBy: Product.columns)
      for tap in 0..<taps {
        call.weights[filter * taps + tap] =
          total(call.sums + (panel * taps + tap) * Product.columns + column)
      }
      call.bias[filter] = total(call.sums + packedCount + filter)
    }
  }

  private func total(_ first: UnsafePointer<Float>) -> Float {
    var sum = first.pointee
    for slice in 1..<max(1, slices) where slices > 1 { sum += first[slice * sliceCount] }
    return sum
  }
}
