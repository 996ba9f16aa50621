import MTLTrain

/// What a person should know of a data set before its figures are believed, on standard error.
enum DataWarnings {
  /// Labels that are named in one line.
  private static let labelsMost = 8

  /// Pictures that are there more than once: with answers that contradict each other, or in
  /// several parts of a split.
  static func pictures(_ data: DataSet, _ split: Split) {
    let groups = data.duplicates
    let conflicts = groups.filter { group in
      group.contains { first in group.contains { data.disagree(first, $0) } }
    }
    if let first = conflicts.first {
      let paths = first.prefix(3).map { data.entries[$0].path }.joined(separator: ", ")
      say(
        "\(conflicts.count) pictures are there more than once with answers that contradict each "
          + "other (\(paths)): mtl-train survey lists them")
    }
    var parts: [Int: String] = [:]
    for (name, positions) in split.parts { for position in positions { parts[position] = name } }
    let shared = groups.filter { group in Set(group.compactMap { parts[$0] }).count > 1 }
    if let first = shared.first {
      let places = first.filter { parts[$0] != nil }.prefix(3).map {
        "\(data.entries[$0].path) in \(parts[$0]!)"
      }
      say(
        "\(shared.count) pictures are in more than one part of the split "
          + "(\(places.joined(separator: ", "))): figures look better than they are")
    }
  }

  /// Labels that no image shows which is learned from, or measured with.
  static func labels(_ data: DataSet, _ split: Split) {
    let meanings = [
      ("train", "they cannot be learned"), ("val", "no figure says how well they are named"),
    ]
    for (part, meaning) in meanings {
      guard let positions = split.parts[part], !positions.isEmpty else { continue }
      for (number, task) in data.index.labels.tasks.enumerated() {
        let shown = Set(positions.flatMap { data.answers($0)[number] ?? [] })
        let missing = task.labels.filter { !shown.contains($0) }
          .map { data.index.labels.labels[$0] }
        if missing.isEmpty { continue }
        let more = missing.count > labelsMost ? " and \(missing.count - labelsMost) more" : ""
        say(
          "task \"\(task.name)\": no image of the part \(part) has the labels "
            + "\(missing.prefix(labelsMost).joined(separator: ", "))\(more): \(meaning)")
      }
    }
  }

  private static func say(_ text: String) {
    Console.error("mtl-train: \(printable(text))\n")
  }
}
