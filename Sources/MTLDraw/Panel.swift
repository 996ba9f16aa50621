/// Where the lines of an annotation stand on a canvas, and in which size.
struct Panel {
  private static let background = Canvas.Color(0, 0, 0)
  private static let taskColor = Canvas.Color(190, 198, 206)
  private static let labelColor = Canvas.Color(255, 255, 255)
  private static let barColor = Canvas.Color(255, 190, 70)

  /// Smallest height of capitals that can be read.
  private static let sizeLeast: Float = 8

  private let canvas: Canvas
  private let lines: [Annotation.Line]
  private let lettering: Lettering

  init(_ lines: [Annotation.Line], on canvas: Canvas) {
    self.canvas = canvas
    let short = Float(min(canvas.width, canvas.height))
    var size = max(Self.sizeLeast, short / 26)
    var shown = lines
    // Smaller letters first; where they cannot be smaller, fewer lines.
    while true {
      let panel = Panel(canvas, shown, Lettering(size: size))
      let isTooHigh = panel.height > 0.6 * Float(canvas.height)
      guard isTooHigh || panel.width > Float(canvas.width) else { break }
      if size > Self.sizeLeast {
        size = max(Self.sizeLeast, 0.92 * size)
      } else if isTooHigh, shown.count > 1 {
        shown.removeLast()
      } else {
        break
      }
    }
    self.lines = shown
    lettering = Lettering(size: size)
  }

  private init(_ canvas: Canvas, _ lines: [Annotation.Line], _ lettering: Lettering) {
    self.canvas = canvas
    self.lines = lines
    self.lettering = lettering
  }

  private var size: Float { lettering.size }
  private var padding: Float { 0.9 * size }
  private var lineHeight: Float { 2.3 * size }
  private var barHeight: Float { max(1, size / 7) }
  private var space: Float { 1.1 * size }
  private var height: Float { 2 * padding + Float(lines.count) * lineHeight - 0.7 * size }

  /// Room for the widest of each column.
  private var columns: (task: Float, label: Float, percentage: Float) {
    var widest: (Float, Float, Float) = (0, 0, 0)
    for line in lines {
      widest.0 = max(widest.0, lettering.width(of: line.task))
      widest.1 = max(widest.1, lettering.width(of: line.label))
      widest.2 = max(widest.2, lettering.width(of: line.percentage))
    }
    return widest
  }

  private var width: Float {
    let columns = columns
    return columns.task + columns.label + columns.percentage + 2 * (space + padding)
  }

  func draw() {
    var columns = columns
    let total = min(width, Float(canvas.width))
    // What does not fit in the smallest letters is shortened: tasks to a third, labels to the rest.
    if width > total {
      let room = total - 2 * (space + padding) - columns.percentage
      columns.task = min(columns.task, max(room / 3, room - columns.label))
      columns.label = max(0, room - columns.task)
    }
    let top = Float(canvas.height) - height
    canvas.fill(x: 0, y: top, width: total, height: height, Self.background, opacity: 0.7)
    for (index, line) in lines.enumerated() {
      let baseline = top + padding + size + Float(index) * lineHeight
      drawWords(of: line, columns, total, baseline)
      let bar = baseline + 0.55 * size
      let length = total - 2 * padding
      canvas.fill(
        x: padding, y: bar, width: length, height: barHeight, Self.labelColor, opacity: 0.25)
      canvas.fill(
        x: padding, y: bar, width: length * line.share, height: barHeight, Self.barColor,
        opacity: 1)
    }
  }

  private func drawWords(
    of line: Annotation.Line, _ columns: (task: Float, label: Float, percentage: Float),
    _ total: Float, _ baseline: Float
  ) {
    lettering.draw(
      lettering.shortened(line.task, to: columns.task), on: canvas, x: padding,
      baseline: baseline, Self.taskColor)
    lettering.draw(
      lettering.shortened(line.label, to: columns.label), on: canvas,
      x: padding + columns.task + space, baseline: baseline, Self.labelColor)
    lettering.draw(
      line.percentage, on: canvas,
      x: total - padding - lettering.width(of: line.percentage), baseline: baseline,
      Self.labelColor)
  }
}
