import CMTL

/// A convolution of few channels: the windows of an image row are laid out as rows of a matrix,
/// which is multiplied with the weights.
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

  private var parts: Int { (rows + band - 1) / band }
  private var slices: Int { min(parts, 8) }
  private var packedCount: Int { panels * taps * Product.columns }
  private var sliceCount: Int { packedCount + panels * Product.columns }

  func plan() -> mtl_conv_plan {
    mtl_conv_plan(
      packed: packedCount, pack_parts: 1, parts: parts, slices: slices, slice: sliceCount,
      gather_parts: 1, local: roundedUp(shape.width * (taps + Product.columns), to: 64))
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
    let windows = call.local!
    let sums = windows + shape.width * taps
    for row in part * band..<min(rows, (part + 1) * band) {
      gather(row, call.input, call.scale, call.shift, to: windows)
      for panel in 0..<panels {
        Product.run(
          ProductOperands(
            left: windows, rowStep: taps, step: 1,
            right: call.packed + panel * taps * Product.columns, count: taps, sums: sums,
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

  /// The windows of an image row, (pixel, tap, channel).
  private func gather(
    _ row: Int, _ input: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?,
    _ shift: UnsafePointer<Float>?, to windows: UnsafeMutablePointer<Float>
  ) {
    let y = row % shape.height
    let (line, width) = (3 * shape.channels, shape.width * shape.channels)
    // Whole vectors reach beyond a line of a window, into what is written next.
    let reach = roundedUp(line, to: laneCount)
    let last = rows * width - reach
    for x in 0..<shape.width {
      for ky in 0..<3 {
        let place = (row + ky - 1) * width + (x - 1) * shape.channels
        let target = windows + x * taps + ky * line
        let isRow = y + ky > 0 && y + ky <= shape.height
        if isRow && scale == nil && x > 0 && x + 1 < shape.width && place <= last {
          for lane in stride(from: 0, to: line, by: laneCount) {
            store(load(input + place + lane), target + lane)
          }
        } else {
          gatherLine(isRow ? input + place : nil, x, scale, shift, to: target)
        }
      }
    }
  }

  /// One line of the window around column `x`; zeros where there is no image.
  private func gatherLine(
    _ source: UnsafePointer<Float>?, _ x: Int, _ scale: UnsafePointer<Float>?,
    _ shift: UnsafePointer<Float>?, to target: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.channels
    for kx in 0..<3 {
      let isPixel = x + kx > 0 && x + kx <= shape.width
      for channel in 0..<channels {
        var value: Float = 0
        if isPixel, let source {
          value = source[kx * channels + channel]
          if let scale, let shift { value = value * scale[channel] + shift[channel] }
        }
        target[kx * channels + channel] = value
      }
    }
  }

  func gradient(_ call: mtl_conv_gradient, slice: Int) {
    let sums = call.sums + slice * sliceCount
    sums.update(repeating: 0, count: sliceCount)
    let windows = call.local!
    let right = windows + shape.width * taps
    let first = slice * rows / slices
    for row in first..<(slice + 1) * rows / slices {
      gather(row, call.input, call.scale, call.shift, to: windows)
      for panel in 0..<panels {
        copy(
          call, row: row, panel: panel, to: right,
          bias: sums + packedCount + panel * Product.columns)
        Product.runTransposed(
          ProductOperands(
            left: windows, rowStep: 1, step: taps, right: right, count: shape.width,
            sums: sums + panel * taps * Product.columns, continues: true),
          rows: taps)
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
