import CLIKit

/// Answers as people read them: one block for each image, one line for each task.
struct AnswerText {
  /// Labels shown where nobody says how many.
  private static let usualTop = 3

  let top: Int
  let hasColors: Bool

  init(top: Int?, hasColors: Bool) {
    self.top = top ?? Self.usualTop
    self.hasColors = hasColors
  }

  func block(_ image: String, _ answers: [Answer]) -> String {
    var text = bold(printable(image)) + "\n"
    let tasks = answers.map { printable($0.task.name) }
    let taskWidth = tasks.reduce(0) { max($0, $1.unicodeScalars.count) }
    let rows = answers.map { cells($0) }
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        let width = cell.label.unicodeScalars.count
        if column < widths.count {
          widths[column] = max(widths[column], width)
        } else {
          widths.append(width)
        }
      }
    }
    for (task, row) in zip(tasks, rows) {
      text += "  " + padded(task, taskWidth)
      for (column, cell) in row.enumerated() {
        let words =
          padded(cell.label, widths[column]) + " "
          + padded(cell.percentage, 6, right: true)
        text += "  " + (cell.holds ? bold(words) : dim(words))
      }
      text += "\n"
    }
    return text
  }

  private struct Cell {
    let label, percentage: String
    let holds: Bool
  }

  /// The most probable labels; `-` comes first where none holds.
  private func cells(_ answer: Answer) -> [Cell] {
    let holding = answer.holding
    let none = holding.isEmpty ? [Cell(label: "-", percentage: "", holds: true)] : []
    let count = max(top, answer.task.isExclusive ? 1 : holding.count)
    return none
      + answer.ranking.prefix(count).map { index in
        Cell(
          label: printable(answer.task.labels[index]), percentage: answer.percentage(index),
          holds: holding.contains(index))
      }
  }

  private func bold(_ text: String) -> String { hasColors ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  private func dim(_ text: String) -> String { hasColors ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
