extension OperatorFamily {
  /// One value in, one of the same shape out.
  static let same = OperatorFamily(
    cases: { row, _ in
      plainShapes.flatMap { shape in forms(row).map { one(row, shape, $0) } }
    },
    timed: { row in [[1, 96, 96, 32], [1, 1024]].map { one(row, $0) } })

  /// As `same`, along each axis in turn.
  static let alongAxis = OperatorFamily(
    cases: { row, _ in
      plainShapes.flatMap { shape in
        (1..<shape.count).map { axis in one(row, shape, ["axis": axis]) }
      }
    },
    timed: { row in [[1, 1000], [1, 64, 64, 10]].map { one(row, $0, ["axis": $0.count - 1]) } },
    terms: { graph, node in
      graph.tensors[node.output].shape[node.row.value(of: "axis", in: node.attributes)]
    })

  /// Every form of an operator that has several.
  private static func forms(_ row: OperatorRow) -> [[String: Int]] {
    row.has("approximate") ? [["approximate": 0], ["approximate": 1]] : [[:]]
  }

  private static func one(
    _ row: OperatorRow, _ shape: [Int], _ attributes: [String: Int] = [:]
  ) -> CaseGraph {
    CaseGraph { g in _ = g.add(row, [g.value(shape)], attributes) }
  }
}
