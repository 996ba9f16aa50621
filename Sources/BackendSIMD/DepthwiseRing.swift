import BackendKit
import CMTL

/// The input rows that one row of results needs, for some vectors of channels, with zeros where the
/// kernel reaches beyond the image's sides: (row, vector, phase, column).
///
/// Columns are dealt out in turn to as many phases as the stride, so that the inputs of
/// neighbouring results lie side by side. Rows above and below the image are not there.
struct DepthwiseRing {
  private let window: Window
  let channels: DepthwiseChannels
  let vectors: Range<Int>
  private let memory: UnsafeMutablePointer<Float>
  private let form: Form
  private var image = -1
  /// Rows of the image below this one have been brought in.
  private var next = 0

  /// The sizes of a ring.
  private struct Form {
    /// Rows that the kernel spans; phases that it touches; columns of one phase.
    let rows: Int, phases: Int, columns: Int

    init(_ window: Window) {
      let (vertical, horizontal) = (window.vertical, window.horizontal)
      rows = (vertical.kernel - 1) * vertical.dilation + 1
      let span = (horizontal.kernel - 1) * horizontal.dilation
      phases = min(horizontal.stride, span + 1)
      columns = max(DepthwiseTile.width, horizontal.count) + span / horizontal.stride
    }

    /// Floats of one vector of one row.
    var vector: Int { phases * columns * laneCount }
  }

  /// Floats of memory.
  static func count(_ window: Window, vectors: Int) -> Int {
    let form = Form(window)
    return form.rows * vectors * form.vector
  }

  init(
    _ window: Window, _ channels: DepthwiseChannels, _ vectors: Range<Int>,
    _ local: UnsafeMutablePointer<Float>
  ) {
    self.window = window
    self.channels = channels
    self.vectors = vectors
    memory = local
    form = Form(window)
    memset(memory, 0, 4 * Self.count(window, vectors: vectors.count))
  }

  /// Floats from one vector of a row to the next.
  var vectorStep: Int { form.vector }

  /// Moves on to row `h` of the results of an image and returns the image's rows that it needs and
  /// that are not there yet; the caller brings them in. Rows of results come in order.
  mutating func move(to h: Int, of image: Int) -> Range<Int> {
    let top = window.vertical.start(h)
    if image != self.image { (self.image, next) = (image, 0) }
    let end = min(window.vertical.size, top + form.rows)
    let missing = max(next, top)..<max(next, top, end)
    next = missing.upperBound
    return missing
  }

  /// Where a row of the image lies.
  private func row(_ row: Int) -> UnsafeMutablePointer<Float> {
    memory + row % form.rows * vectors.count * form.vector
  }

  /// Where the inputs of the first result lie that column `j` of the kernel covers, in row `row` of
  /// the image.
  func inputs(row: Int, _ j: Int) -> UnsafePointer<Float> {
    let horizontal = window.horizontal
    let (column, phase) = (j * horizontal.dilation)
      .quotientAndRemainder(dividingBy: horizontal.stride)
    return UnsafePointer(self.row(row) + (phase * form.columns + column) * laneCount)
  }

  /// Pixels of a row of the image that lie side by side in the ring: every `stride`th.
  struct Run {
    /// The first of them and how many there are.
    let first: Int, count: Int
    /// Where the first vector of channels of the first one lies.
    let place: UnsafeMutablePointer<Float>
  }

  /// Pixels from one of a run to the next.
  var stride: Int { window.horizontal.stride }
  var phases: Int { form.phases }

  /// Those of row `row` of the image that are in `phase`.
  func run(row: Int, phase: Int) -> Run {
    let padding = window.horizontal.padding
    // The first column of the phase that is not padding, and how many follow.
    let skipped = phase >= padding ? 0 : (padding - phase + stride - 1) / stride
    let first = skipped * stride + phase - padding
    let left = (window.horizontal.size - first + stride - 1) / stride
    return Run(
      first: first, count: max(0, min(form.columns - skipped, left)),
      place: self.row(row) + (phase * form.columns + skipped) * laneCount)
  }

  /// Brings in a row of the image whose pixels begin at `source`.
  func copy(_ source: UnsafePointer<Float>, row: Int) {
    for phase in 0..<phases {
      let run = run(row: row, phase: phase)
      for (index, vector) in vectors.enumerated() {
        var source = source + run.first * window.channels + channels.first(vector)
        var place = run.place + index * form.vector
        for _ in 0..<run.count {
          store(loadSome(source, channels.lanes), place)
          source += stride * window.channels
          place += laneCount
        }
      }
    }
  }
}
