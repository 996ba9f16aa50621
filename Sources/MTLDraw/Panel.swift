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
  /// Widest text of each column, in units of the grid.
  private let widest: (task: Float, label: Float, percentage: Float)

  init(_ lines: [Annotation.Line], on canvas: Canvas) {
    self.canvas = canvas
    let heightMost = 0.6 * Float(canvas.height)
    self.lines = Self.shown(lines, heightMost)
    widest = Self.widest(self.lines)
    var size = max(Self.sizeLeast, Float(min(canvas.width, canvas.height)) / 26)
    while size > Self.sizeLeast {
      let layout = Layout(Lettering(size: size))
      let isTooLarge =
        layout.height(of: self.lines.count) > heightMost
        || layout.width(of: widest) > Float(canvas.width)
      guard isTooLarge else { break }
      size = max(Self.sizeLeast, 0.92 * size)
    }
    lettering = Lettering(size: size)
  }

  /// As many lines as there is room for in the smallest letters; the last one then counts the rest.
  private static func shown(
    _ lines: [Annotation.Line], _ heightMost: Float
  ) -> [Annotation.Line] {
    let room = max(2, Layout(Lettering(size: sizeLeast)).lineCount(in: heightMost))
    guard lines.count > room else { return lines }
    let rest = Annotation.Line(
      task: "+ \(lines.count - room + 1)", label: "", percentage: "", share: 0)
    return lines.prefix(room - 1) + [rest]
  }

  private static func widest(
    _ lines: [Annotation.Line]
  ) -> (task: Float, label: Float, percentage: Float) {
    var widest: (task: Float, label: Float, percentage: Float) = (0, 0, 0)
    for line in lines {
      widest.task = max(widest.task, Lettering.units(of: line.task))
      widest.label = max(widest.label, Lettering.units(of: line.label))
      widest.percentage = max(widest.percentage, Lettering.units(of: line.percentage))
    }
    return widest
  }

  /// Distances in pixels, which all follow from the size of the letters.
  private struct Layout {
    let lettering: Lettering
    let padding, space, lineHeight, barOffset, barHeight: Float

    init(_ lettering: Lettering) {
      self.lettering = lettering
      let size = lettering.size
      padding = 0.9 * size
      space = 1.1 * size
      lineHeight = 2.3 * size
      barOffset = 0.55 * size
      barHeight = max(1, size / 7)
    }

    func height(of count: Int) -> Float {
      2 * padding + Float(count) * lineHeight - 0.7 * lettering.size
    }

    func lineCount(in height: Float) -> Int {
      Int((height - 2 * padding + 0.7 * lettering.size) / lineHeight)
    }

    func width(of widest: (task: Float, label: Float, percentage: Float)) -> Float {
      lettering.pixels(widest.task) + lettering.pixels(widest.label)
        + lettering.pixels(widest.percentage) + 2 * (space + padding)
    }
  }

  func draw() {
    let layout = Layout(lettering)
    var task = lettering.pixels(widest.task)
    var label = lettering.pixels(widest.label)
    let width = min(layout.width(of: widest), Float(canvas.width))
    // What does not fit in the smallest letters is shortened: tasks to a third, labels to the rest.
    let room = width - 2 * (layout.space + layout.padding) - lettering.pixels(widest.percentage)
    if task + label > room + Lettering.tolerance {
      task = min(task, max(room / 3, room - label))
      label = max(0, room - task)
    }
    let height = layout.height(of: lines.count)
    let top = Float(canvas.height) - height
    canvas.fill(x: 0, y: top, width: width, height: height, Self.background, opacity: 0.7)
    for (index, line) in lines.enumerated() {
      let baseline =
        top + layout.padding + lettering.size + Float(index) * layout.lineHeight
      let right = width - layout.padding
      write(lettering.shortened(line.task, to: task), layout.padding, baseline, Self.taskColor)
      write(
        lettering.shortened(line.label, to: label), layout.padding + task + layout.space, baseline,
        Self.labelColor)
      write(
        line.percentage, right - lettering.pixels(Lettering.units(of: line.percentage)), baseline,
        Self.labelColor)
      if !line.percentage.utf8.isEmpty {
        drawBar(line.share, from: layout.padding, to: right, baseline + layout.barOffset, layout)
      }
    }
  }

  private func write(_ text: String, _ x: Float, _ baseline: Float, _ color: Canvas.Color) {
    lettering.draw(text, on: canvas, x: x, baseline: baseline, color)
  }

  private func drawBar(
    _ share: Float, from left: Float, to right: Float, _ y: Float, _ layout: Layout
  ) {
    let length = right - left
    canvas.fill(
      x: left, y: y, width: length, height: layout.barHeight, Self.labelColor, opacity: 0.25)
    canvas.fill(
      x: left, y: y, width: length * share, height: layout.barHeight, Self.barColor, opacity: 1)
  }
}
