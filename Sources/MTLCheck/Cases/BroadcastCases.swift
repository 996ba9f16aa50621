extension OperatorFamily {
  /// Two operands: two values, a value and a constant on either side, a value and itself. Operators
  /// of three get another one in front.
  static let broadcast = OperatorFamily(
    cases: { row, _ in
      var pairs = plainShapes.map { ($0, $0) }
      pairs += channelCounts.map { ([1, 2, 3, $0], [1, 1, 1, $0]) }
      pairs += [
        ([1, 37], [1, 1]), ([1, 1], [1, 19]), ([1, 5, 4, 7], [1, 5, 4, 1]),
        ([1, 5, 4, 32], [1, 5, 1, 1]), ([1, 1, 4, 7], [1, 5, 1, 7]), ([1, 3, 1], [1, 1, 9]),
        ([1, 2, 1, 3, 1, 2], [1, 1, 4, 1, 5, 2]), ([1, 1, 1, 16], [1, 6, 5, 16]),
        ([1, 2, 1, 2, 1, 2, 1, 8], [1, 1, 3, 1, 2, 1, 2, 1]),
      ]
      return pairs.flatMap { a, b in
        [
          CaseGraph { g in _ = g.add(row, front(&g, row, b) + [g.value(a), g.value(b)]) },
          CaseGraph { g in _ = g.add(row, front(&g, row, b) + [g.value(a), g.constant(b)]) },
          CaseGraph { g in _ = g.add(row, front(&g, row, a) + [g.constant(a), g.value(b)]) },
          CaseGraph { g in
            let x = g.value(a)
            _ = g.add(row, front(&g, row, a) + [x, x])
          },
        ]
      }
    },
    timed: { row in
      [[1, 48, 48, 64], [1, 1, 1, 64]].map { b in
        CaseGraph { g in
          _ = g.add(row, front(&g, row, b) + [g.value([1, 48, 48, 64]), g.value(b)])
        }
      }
    },
    terms: { _, _ in 2 })

  /// What stands in front of the last two operands.
  private static func front(_ g: inout CaseGraph, _ row: OperatorRow, _ shape: [Int]) -> [Int] {
    (2..<row.inputsLeast).map { _ in g.value(shape) }
  }
}
