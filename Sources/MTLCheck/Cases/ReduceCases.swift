extension OperatorFamily {
  /// One result of all elements along some neighbouring axes.
  static let reduce = OperatorFamily(
    cases: { row, _ in
      plainShapes.flatMap { shape in
        (1..<shape.count).flatMap { first in
          (first..<shape.count).map { last in one(row, shape, ["first": first, "last": last]) }
        }
      }
    },
    timed: { row in
      [
        one(row, [1, 56, 56, 64], ["first": 1, "last": 2]),
        one(row, [1, 196, 768], ["first": 2, "last": 2]),
      ]
    },
    terms: { graph, node in
      let shape = graph.tensors[node.inputs[0]!].shape
      let axes = ["first", "last"].map { node.row.value(of: $0, in: node.attributes) }
      return shape[axes[0]...axes[1]].reduce(1, *)
    })

  /// The place of the largest element along an axis.
  static let arg = alongEachAxis { _, _ in [["takes_last": 0], ["takes_last": 1]] }

  /// The largest or smallest elements along an axis.
  static let top = alongEachAxis { size, random in
    [1, size, random.integer(1...size)].map { ["k": $0, "largest": random.integer(0...1)] }
  }

  private static func alongEachAxis(
    _ forms: @escaping @Sendable (Int, inout RandomNumbers) -> [[String: Int]]
  ) -> OperatorFamily {
    OperatorFamily(
      cases: { row, random in
        plainShapes.flatMap { shape in
          (1..<shape.count).flatMap { axis in
            forms(shape[axis], &random).map { one(row, shape, $0.merging(["axis": axis]) { $1 }) }
          }
        }
      },
      timed: { row in [one(row, [1, 1000], ["axis": 1, "k": 5, "largest": 1])] },
      terms: { graph, node in
        graph.tensors[node.inputs[0]!].shape[node.row.value(of: "axis", in: node.attributes)]
      })
  }

  private static func one(
    _ row: OperatorRow, _ shape: [Int], _ attributes: [String: Int]
  ) -> CaseGraph {
    CaseGraph { g in _ = g.add(row, [g.value(shape)], attributes) }
  }
}
