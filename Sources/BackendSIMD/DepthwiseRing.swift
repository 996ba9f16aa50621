import BackendKit
import CMTL

/// The input rows that one row of results needs, for some vectors of channels, with zeros where the
/// kernel reaches beyond the image's sides: (row, vector, column). Rows above and below the image
/// are not there.
struct DepthwiseRing {
  private let window: Window
  let channels: DepthwiseChannels
  let vectors: Range<Int>
  private let room: Int
  private let memory: UnsafeMutablePointer<Float>
  private let form: Form
  private var image = -1
  /// Rows of the image below this one have been brought in.
  private var next = 0

  /// The sizes of a ring.
  private struct Form {
    /// Rows that the kernel spans; columns that it touches, the first of which may be padding.
    let rows: Int, columns: Int

    init(_ window: Window) {
      let (vertical, horizontal) = (window.vertical, window.horizontal)
      rows = (vertical.kernel - 1) * vertical.dilation + 1
      let last = max(DepthwiseWidth(window).rawValue, horizontal.count) - 1
      let span = (horizontal.kernel - 1) * horizontal.dilation
      columns = max(
        last * horizontal.stride + span + 1, horizontal.padding + horizontal.size)
    }
  }

  /// Floats of memory.
  static func count(_ window: Window, vectors: Int) -> Int {
    let form = Form(window)
    return form.rows * form.columns * vectors * laneCount
  }

  /// - Parameters:
  ///   - room: vectors that there is room for.
  ///   - local: as many floats as `count` says for that room.
  @inline(never)
  init(
    _ window: Window, _ channels: DepthwiseChannels, _ vectors: Range<Int>, room: Int,
    _ local: UnsafeMutablePointer<Float>
  ) {
    self.window = window
    self.channels = channels
    self.vectors = vectors
    self.room = room
    memory = local
    form = Form(window)
    memset(memory, 0, 4 * Self.count(window, vectors: room))
  }

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

  /// Floats from one vector of a row to the next.
  var vectorStep: Int { form.columns * laneCount }

  private func start(row: Int) -> UnsafeMutablePointer<Float> {
    memory + row % form.rows * room * vectorStep
  }

  /// Where the inputs of the first result lie that the kernel's first column covers, in row `row`
  /// of the image.
  func inputs(row: Int) -> UnsafePointer<Float> { UnsafePointer(start(row: row)) }

  /// Pixels of a row of the image.
  var size: Int { window.horizontal.size }

  /// Where the first vector of channels of a row of the image is to lie.
  func pixels(row: Int) -> UnsafeMutablePointer<Float> {
    start(row: row) + window.horizontal.padding * laneCount
  }

  /// Brings in a row of the image whose pixels begin at `source`.
  func copy(_ source: UnsafePointer<Float>, row: Int) {
    var (source, place) = (source + channels.first(vectors.lowerBound), pixels(row: row))
    let last = vectors.count - 1
    let lastSource = channels.first(vectors.upperBound - 1) - channels.first(vectors.lowerBound)
    for _ in 0..<size {
      for v in 0..<last { store(load(source + v * laneCount), place + v * vectorStep) }
      store(loadSome(source + lastSource, channels.lanes), place + last * vectorStep)
      source += window.channels
      place += laneCount
    }
  }
}
