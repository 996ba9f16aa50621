import CMTL
import MTLFormat
import MTLImage
import MTLPixels

/// A run as one page that opens anywhere: curves, figures, mistakes as pictures. It refers to no
/// other file and to no network.
public struct HTMLReport {
  private let checkpoint: Checkpoint
  private let measures: Measures
  private let data: DataSet
  private let positions: [Int]
  /// The command that repeats the run.
  private let command: String

  /// Mistakes that are shown.
  private static let mistakesMax = 24

  /// `measures` are those of `checkpoint` on the images at `positions`.
  public init(
    _ checkpoint: Checkpoint, _ measures: Measures, _ data: DataSet, _ positions: [Int],
    command: String
  ) {
    self.checkpoint = checkpoint
    self.measures = measures
    self.data = data
    self.positions = positions
    self.command = command
  }

  private var labels: LabelSet { checkpoint.labels }

  /// Errors: not enough memory for a thumbnail, or the file cannot be written.
  public func write(to folder: RunFolder) throws {
    try RunFolder.write(try page(), to: folder.page)
  }

  public func page() throws(Status) -> String {
    let title = "Run: \(checkpoint.configuration.network)"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(html(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <h1>\(html(title))</h1>
      \(summary)
      <h2>Course</h2>
      <div class="row">\(curves)</div>
      \(measures.tasks.enumerated().map { section($0.offset, $0.element) }.joined())
      <h2>Images of each combination</h2>
      \(htmlTable(combinations))
      <h2>The most confident mistakes</h2>
      \(try mistakes())
      <h2>Repeat it</h2>
      <pre>\(html(command))</pre>
      </body>
      </html>

      """
  }

  private var summary: String {
    let score = measures.score
    let rows = [
      ["", "value"], ["epoch", "\(checkpoint.epoch)"], ["images", "\(score.images)"],
      ["exact match", measures.exactText], ["cross-entropy", fixed(score.loss, 4)],
    ]
    let tasks = measures.tasks.map {
      [
        $0.name,
        "\(percent($0.accuracy)), calibration error \(percent($0.calibration.error)) "
          + "(by chance alone \(percent($0.calibration.chance)))",
      ]
    }
    let note =
      checkpoint.calibration.isEmpty
      ? ""
      : "<p>Temperatures and thresholds were fitted to these images: "
        + zip(labels.tasks, checkpoint.calibration).map {
          "\(html($0.name)) \(fixed($1.temperature, 2)) and \(percent($1.threshold))"
        }.joined(separator: ", ") + ".</p>\n"
    return htmlTable(rows + tasks) + note
  }

  private var curves: String {
    let rows = checkpoint.history.rows
    let losses = Curves.losses(
      "Loss",
      [
        Curves.Line(name: "training", values: rows.map { $0.trainLoss }),
        Curves.Line(name: "validation", values: rows.map { $0.score.loss }),
      ])
    let tasks = labels.tasks.enumerated().map { index, task in
      Curves.Line(name: task.name, values: rows.compactMap { $0.score.tasks[index] })
    }
    let exact = Curves.Line(name: "exact match", values: rows.compactMap { $0.score.exact })
    return losses.svg + Curves.parts("Part of the validation images", [exact] + tasks).svg
  }

  private func section(_ number: Int, _ task: Measures.Task) -> String {
    let figures = [["label", "images", "precision", "recall", "F1", "average precision"]]
      + task.labels.map { label in
        [label.name, "\(label.images)"]
          + [label.precision, label.recall, label.f1, label.averagePrecision].map { percent($0) }
      }
    let confusion = task.confusion.map { rows in
      [["is \\ named"] + task.labels.map { $0.name }]
        + zip(task.labels, rows).map { label, row in [label.name] + row.map { "\($0)" } }
    }
    let bins = [["probability", "images", "mean probability", "right"]]
      + task.calibration.bins.enumerated().compactMap { index, bin -> [String]? in
        if bin.images == 0 { return nil }
        let count = Double(task.calibration.bins.count)
        return [
          "\(percent(Double(index) / count)) to \(percent(Double(index + 1) / count))",
          "\(bin.images)", percent(bin.confidence), percent(bin.accuracy),
        ]
      }
    return "<h2>Task \(html(task.name))</h2>\n<div class=\"row\">" + htmlTable(figures)
      + (confusion.map { htmlTable($0) } ?? "") + "</div>\n"
      + "<h3>When it says 90%, is it right 9 times of 10?</h3>\n"
      + htmlTable(bins)
  }

  private var combinations: [[String]] {
    let measured = Set(positions)
    let rows = data.index.folders.enumerated().map { number, name in
      let own = data.entries.indices.filter { data.entries[$0].folder == number }
      let isOut = checkpoint.configuration.heldOut.contains(name)
      return [
        name + (isOut ? " (held out)" : ""), "\(own.count)",
        "\(own.count { measured.contains($0) })",
      ]
    }
    return [["combination", "images", "measured"]] + rows
  }

  private func mistakes() throws(Status) -> String {
    if measures.mistakes.isEmpty { return "<p>There are none.</p>" }
    var text = "<ul class=\"pictures\">\n"
    for mistake in measures.mistakes.prefix(Self.mistakesMax) {
      let position = positions[mistake.image]
      let words = "\(self.words(mistake)) (\(percent(mistake.probability)))"
      text += "<li><img width=\"96\" height=\"96\" alt=\"\" "
        + "src=\"data:image/png;base64,\(try picture(position))\"><span>\(html(words))</span>"
        + "<small>\(html(data.entries[position].path))</small></li>\n"
    }
    let more = measures.mistakes.count - Self.mistakesMax
    return text + "</ul>\n" + (more > 0 ? "<p>\(more) more are not shown.</p>" : "")
  }

  private func words(_ mistake: Measures.Mistake) -> String {
    switch (mistake.truth.map { labels.labels[$0] }, mistake.answer.map { labels.labels[$0] }) {
    case (let truth?, let answer?): "\(truth), named \(answer)"
    case (let truth?, nil): "\(truth), not named"
    case (nil, let answer?): "named \(answer), which it is not"
    case (nil, nil): ""
    }
  }

  private func picture(_ position: Int) throws(Status) -> String {
    let image = UnsafeMutablePointer(mutating: data.image(position))
    let png = try encodePNG(
      mtlrt_pixels(image, width: data.side, height: data.side, format: MTLRT_RGB8))
    defer { free(png.baseAddress) }
    return base64(png)
  }

  private static let style = """
    :root { color-scheme: light dark; --line: #d0d4da; --soft: #f3f4f6; --text: #16191d;
      --back: #ffffff; --c0: #1f6feb; --c1: #d1622b; --c2: #2a8c4a; --c3: #8b5cc7; --c4: #a3851a; }
    @media (prefers-color-scheme: dark) { :root { --line: #3a4048; --soft: #1d2126;
      --text: #e6e8eb; --back: #121417; --c0: #6aa6ff; --c1: #f0935f; --c2: #62c583;
      --c3: #b795ea; --c4: #d3b850; } }
    body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
      max-width: 60rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
    .row { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
    .wide { overflow-x: auto; max-width: 100%; }
    table { border-collapse: collapse; }
    th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right;
      font-variant-numeric: tabular-nums; white-space: nowrap; }
    th:first-child { text-align: left; } thead th { background: var(--soft); }
    figure { margin: 0; flex: 1 1 20rem; min-width: 0; } svg { width: 100%; height: auto; }
    svg text { font-size: 11px; fill: var(--text); } .grid { stroke: var(--line); }
    polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .line0 { stroke: var(--c0); } .line1 { stroke: var(--c1); } .line2 { stroke: var(--c2); }
    .line3 { stroke: var(--c3); } .line4 { stroke: var(--c4); }
    .dot0 { fill: var(--c0); } .dot1 { fill: var(--c1); } .dot2 { fill: var(--c2); }
    .dot3 { fill: var(--c3); } .dot4 { fill: var(--c4); }
    .legend { margin: 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
    .legend i { display: inline-block; width: .8em; height: .8em; margin-right: .35em; }
    .key0 { background: var(--c0); } .key1 { background: var(--c1); }
    .key2 { background: var(--c2); } .key3 { background: var(--c3); }
    .key4 { background: var(--c4); }
    .pictures { list-style: none; padding: 0; display: grid; gap: 1rem;
      grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
    .pictures li { display: flex; flex-direction: column; min-width: 0; }
    .pictures small { overflow-wrap: anywhere; opacity: .75; }
    @media (max-width: 36rem) { body { padding: .6rem; }
      th, td { padding: .2rem .3rem; font-size: .8rem; white-space: normal; }
      th { vertical-align: bottom; }
      .pictures { grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: .6rem; }
      .pictures span, .pictures small { font-size: .8rem; } }
    pre { background: var(--soft); padding: .8rem; overflow-x: auto; }
    """
}
