/// Counts as horizontal bars, in sections with one scale.
struct BarChart {
  private let sections: [(name: String, rows: [(String, Int)])]
  /// Characters of the longest bar.
  private static let width = 40

  init(_ sections: [(name: String, rows: [(String, Int)])]) { self.sections = sections }

  var text: String {
    let rows = sections.flatMap { $0.rows }
    let most = max(1, rows.map { $0.1 }.max() ?? 1)
    let names = rows.map { $0.0.count }.max() ?? 0
    let digits = String(most).count
    return sections.map { section in
      let lines = section.rows.map { name, count in
        let number = String(count)
        let bar = String(repeating: "#", count: (count * BarChart.width + most - 1) / most)
        return "  \(name)\(spaces(names - name.count))  "
          + "\(spaces(digits - number.count))\(number)  \(bar)\n"
      }
      return "\(section.name)\n\(lines.joined())"
    }.joined(separator: "\n")
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
