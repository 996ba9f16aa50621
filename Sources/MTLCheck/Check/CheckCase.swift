/// One graph for one batch, and its number among those of its group.
struct CheckCase {
  let number: Int
  let graph: CaseGraph
  let batch: Int

  var title: String { "batch \(batch): \(graph.title)" }
}

/// The cases of one operator, or chains.
public struct CheckGroup: Sendable {
  public let name: String
  let make: @Sendable (inout RandomNumbers) -> [CaseGraph]

  /// One for each operator that backends run, and the chains.
  public static let all: [CheckGroup] =
    OperatorRow.all.map { row in
      CheckGroup(name: row.name) { OperatorFamily.of(row).cases(row, &$0) }
    } + [CheckGroup(name: "chains") { _ in ChainCases.all }]

  /// Largest product of elements and terms of a batch that is larger than one image.
  private static let workMost = 2_000_000

  /// Each graph for one image, and by turns for 2, 5 or 32.
  func cases(seed: UInt64) -> [CheckCase] {
    let mark = name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
    var random = RandomNumbers(seed, mark)
    var cases: [CheckCase] = []
    for (index, graph) in make(&random).enumerated() {
      var batch = [2, 5, 32][index % 3]
      if batch > 2, Self.work(graph) * batch > Self.workMost { batch = 2 }
      for batch in [1, batch] {
        cases.append(CheckCase(number: cases.count, graph: graph, batch: batch))
      }
    }
    return cases
  }

  /// How many cases there are, whatever the seed.
  public var caseCount: Int { cases(seed: 1).count }

  private static func work(_ graph: CaseGraph) -> Int {
    graph.nodes.reduce(0) { sum, node in
      let terms = OperatorFamily.of(node.row).terms(graph, node)
      return sum + graph.tensors[node.output].count * terms
    }
  }
}
