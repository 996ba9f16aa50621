import CMTL

/// A picture with answers written on it: a dark panel in its lower left corner, one line for each
/// task with its label and percentage, and a bar below.
public struct Annotation {
  public struct Line {
    let task, label, percentage: String
    let share: Float

    /// `share`: 0 to 1, the length of the bar.
    public init(task: String, label: String, percentage: String, share: Float) {
      self.task = task
      self.label = label
      self.percentage = percentage
      self.share = share.isNaN ? 0 : max(0, min(1, share))
    }
  }

  /// Small pictures are enlarged until their longer side has so many pixels.
  static let longSideLeast = 320
  /// A narrow picture gets gray margins, so that there is room for words.
  static let canvasLeast = (width: 240, height: 120)

  private let lines: [Line]

  public init(_ lines: [Line]) { self.lines = lines }

  /// Whether a text can be read when it is drawn: letters of other scripts than Latin, and signs
  /// without a drawing, are empty boxes.
  public static func draws(_ text: String) -> Bool { GlyphTable.draws(text) }

  /// Draws onto a copy of RGB8 pixels. nil where memory is short.
  public func drawn(on picture: mtlrt_pixels) -> Canvas? {
    let longSide = max(1, max(picture.width, picture.height))
    let scale = max(1, (Self.longSideLeast + Int(longSide) - 1) / Int(longSide))
    let width = Int(picture.width) * scale
    let height = Int(picture.height) * scale
    guard
      let canvas = Canvas(
        width: max(width, Self.canvasLeast.width), height: max(height, Self.canvasLeast.height),
        color: Canvas.Color(128, 128, 128))
    else { return nil }
    canvas.place(
      picture, x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, scale: scale)
    if !lines.isEmpty { Panel(lines, on: canvas).draw() }
    return canvas
  }
}
