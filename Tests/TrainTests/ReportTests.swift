import MTLTrain
import Testing

struct ReportTests {
  /// A run of one epoch, with a file whose name is HTML, becomes a page that refers to nothing.
  @Test func pageIsWholeAndEscaped() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(4)
    try folder.writeImage(200, 10, 10, to: "data/red_dress/<b>&\"'.png")
    let run = RunFolder(folder.path + "/run")
    try run.create()
    #expect(try RunTests.trainer(folder, threads: 1).fit(epochs: 1, folder: run) == .finished)
    let workers = Workers(threads: 1)
    let index = try DataSetIndex(root: folder.path + "/data", tasks: ["color", "product"])
    let data = try DataSet(index, side: 64, workers: workers)
    let checkpoint = try Checkpoint(reading: run.best)
    let network = try checkpoint.network()
    try network.prepare(capacity: 4, workers: workers)
    let positions = Array(data.entries.indices)
    let measures = Evaluator(network: network, data: data, workers: workers, batch: 4)
      .measure(positions)
    try HTMLReport(checkpoint, measures, data, positions, command: "a <b> & 'c'")
      .write(to: run)
    let page = String(decoding: try folder.bytes("run/report.html"), as: UTF8.self)
    #expect(page.contains("a &lt;b&gt; &amp; &#39;c&#39;"))
    #expect(!page.contains("<b>"))
    for outside in ["http", "src=\"/", "href", "url(", "<script"] {
      #expect(!page.contains(outside), "\(outside)")
    }
    for label in index.labels.labels { #expect(page.contains(label)) }
    let shown = min(measures.mistakes.count, 24)
    #expect(page.components(of: "data:image/png;base64,iVBORw0KGgo") == shown)
    #expect(page.hasSuffix("</html>\n"))
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(of text: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.firstRange(of: text) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
