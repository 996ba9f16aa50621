extension OperatorFamily {
  /// Some positions of an axis, at even distances.
  static let slice = alongEveryAxis { g, row, x, axis, random in
    let size = g.tensors[x].shape[axis]
    let start = random.integer(0...size - 1)
    let step = random.integer(1...3)
    let count = random.integer(1...(size - 1 - start) / step + 1)
    _ = g.add(row, [x], ["axis": axis, "start": start, "step": step, "count": count])
  }

  /// An axis that grows at both ends.
  static let pad = alongEveryAxis { g, row, x, axis, random in
    let sides = ["before": random.integer(0...3), "after": random.integer(0...2), "axis": axis]
    _ = g.add(row, [x], sides)
  }

  /// Any positions of an axis, in any order.
  static let gather = alongEveryAxis { g, row, x, axis, random in
    let limit = g.tensors[x].shape[axis]
    let indexes = g.indexes([random.integer(1...limit + 3)], below: limit)
    _ = g.add(row, [x, indexes], ["axis": axis])
  }

  /// Sums of any positions of an axis.
  static let resample = alongEveryAxis(
    terms: { graph, node in graph.tensors[node.inputs[1]!].shape[1] }
  ) { g, row, x, axis, random in
    let limit = g.tensors[x].shape[axis]
    let shape = [random.integer(1...limit + 3), random.integer(1...4)]
    _ = g.add(row, [x, g.indexes(shape, below: limit), g.constant(shape)], ["axis": axis])
  }

  /// Axes in another order, every one there is or some.
  static let transpose = OperatorFamily(
    cases: { row, random in
      plainShapes.flatMap { shape -> [CaseGraph] in
        var orders = [Array(Array(1..<shape.count).reversed())]
        if shape.count > 2 {
          orders += (0..<2).map { _ in random.shuffled(shape.count - 1).map { Int($0) + 1 } }
        }
        return orders.map { transposed(row, shape, $0) }
      }
    },
    timed: { row in
      [
        transposed(row, [1, 56, 56, 2, 32], [1, 2, 4, 3]),
        transposed(row, [1, 197, 12, 64], [2, 1, 3]), transposed(row, [1, 784, 256], [2, 1]),
      ]
    })

  private static func transposed(_ row: OperatorRow, _ shape: [Int], _ axes: [Int]) -> CaseGraph {
    CaseGraph { g in _ = g.add(row, [g.value(shape)], list: axes) }
  }

  /// Adds a node that reads a value along an axis.
  private typealias Build =
    @Sendable (inout CaseGraph, OperatorRow, Int, Int, inout RandomNumbers) -> Void

  private static func alongEveryAxis(
    terms: @escaping @Sendable (CaseGraph, CaseNode) -> Int = { _, _ in 1 },
    _ build: @escaping Build
  ) -> OperatorFamily {
    let make = { @Sendable (row: OperatorRow, shape: [Int], axis: Int, key: UInt64) in
      CaseGraph { g in
        var random = RandomNumbers(key)
        build(&g, row, g.value(shape), axis, &random)
      }
    }
    return OperatorFamily(
      cases: { row, random in
        plainShapes.flatMap { shape in
          (1..<shape.count).map { make(row, shape, $0, random.next()) }
        }
      },
      timed: { row in [1, 2, 3].map { make(row, [1, 56, 56, 64], $0, 1) } },
      terms: terms)
  }
}
