/// Lines over the epochs of a run, as SVG that takes its colors from the page.
struct Curves {
  struct Line {
    let name: String
    /// One for each epoch.
    let values: [Double]
  }

  let title: String
  let lines: [Line]
  /// The scale's ends; values beyond are drawn at the edge.
  let low: Double, high: Double
  /// Digits behind the point, at the scale.
  let digits: Int

  private static let size = (width: 440.0, height: 220.0)
  private static let margin = (left: 46.0, right: 8.0, top: 12.0, bottom: 24.0)

  /// From 0 to the greatest value.
  static func losses(_ title: String, _ lines: [Line]) -> Curves {
    // A loss that starts far above the rest would flatten the rest.
    let all = lines.flatMap { $0.values }.filter { $0.isFinite }.sorted()
    let high = all.isEmpty ? 1 : all[min(all.count - 1, all.count * 9 / 10)] * 1.2
    return Curves(title: title, lines: lines, low: 0, high: max(high, 1e-6), digits: 3)
  }

  /// Parts of 1; the scale begins where the least value is.
  static func parts(_ title: String, _ lines: [Line]) -> Curves {
    let least = lines.flatMap { $0.values }.min() ?? 0
    return Curves(
      title: title, lines: lines, low: (least * 10).rounded(.down) / 10, high: 1.0001, digits: 2)
  }

  var svg: String {
    let (size, margin) = (Self.size, Self.margin)
    let epochs = lines.map { $0.values.count }.max() ?? 0
    var text =
      "<figure><figcaption>\(html(title))</figcaption><svg viewBox=\"0 0 "
      + "\(Int(size.width)) \(Int(size.height))\" role=\"img\" aria-label=\"\(html(title))\">\n"
    for step in 0...4 {
      let value = low + (high - low) * Double(step) / 4
      let y = fixed(place(value), 1)
      text += "<line class=\"grid\" x1=\"\(margin.left)\" x2=\"\(size.width - margin.right)\" "
        + "y1=\"\(y)\" y2=\"\(y)\"/>"
        + "<text x=\"\(margin.left - 6)\" y=\"\(y)\" text-anchor=\"end\" dy=\".32em\">"
        + "\(fixed(value, digits))</text>\n"
    }
    let base = size.height - 6
    text += "<text x=\"\(margin.left)\" y=\"\(base)\">epoch 1</text>"
      + "<text x=\"\(size.width - margin.right)\" y=\"\(base)\" text-anchor=\"end\">"
      + "\(epochs)</text>\n"
    for (index, line) in lines.enumerated() {
      let points = line.values.enumerated().map { epoch, value in
        "\(fixed(column(epoch, of: epochs), 1)),\(fixed(place(value), 1))"
      }.joined(separator: " ")
      text += "<polyline class=\"line\(index % 5)\" points=\"\(points)\"/>\n"
      // One epoch has no line, only a point.
      if line.values.count == 1 {
        text += "<circle class=\"dot\(index % 5)\" r=\"3\" cx=\"\(fixed(column(0, of: 1), 1))\" "
          + "cy=\"\(fixed(place(line.values[0]), 1))\"/>\n"
      }
    }
    let legend = lines.enumerated().map { index, line in
      "<span><i class=\"key\(index % 5)\"></i>\(html(line.name))</span>"
    }.joined(separator: " ")
    return text + "</svg><p class=\"legend\">\(legend)</p></figure>\n"
  }

  private func place(_ value: Double) -> Double {
    let (top, bottom) = (Self.margin.top, Self.size.height - Self.margin.bottom)
    let part = value.isFinite ? min(1, max(0, (value - low) / (high - low))) : 1
    return bottom - (bottom - top) * part
  }

  private func column(_ epoch: Int, of epochs: Int) -> Double {
    let (left, right) = (Self.margin.left, Self.size.width - Self.margin.right)
    return epochs < 2 ? (left + right) / 2
      : left + (right - left) * Double(epoch) / Double(epochs - 1)
  }
}
