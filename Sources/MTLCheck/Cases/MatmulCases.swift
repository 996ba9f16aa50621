extension OperatorFamily {
  /// Products of matrices: two values, or a value and a constant on either side.
  static let matmul = OperatorFamily(
    cases: { row, random in
      // Dimensions between of both operands; rows, terms, columns.
      var sizes: [([Int], [Int], [Int])] = [
        ([], [], [1, 1, 1]), ([], [], [7, 64, 33]), ([3], [3], [5, 9, 17]),
        ([4], [1], [6, 32, 16]), ([1], [5], [1, 40, 8]), ([2, 3], [2, 3], [13, 16, 13]),
        ([2, 1], [1, 3], [4, 5, 6]), ([12], [12], [50, 64, 50]), ([], [], [2, 700, 3]),
      ]
      for channels in channelCounts {
        sizes.append(([2], [2], [random.integer(1...20), channels, random.integer(1...40)]))
        sizes.append(([], [], [random.integer(1...20), random.integer(1...90), channels]))
      }
      return sizes.flatMap { left, right, size in
        [0, 1].flatMap { one(row, left, right, size, transposes: $0) }
      }
    },
    timed: { row in
      [0, 1].flatMap { transposes in
        one(row, [12], [12], [197, 64, 197], transposes: transposes).prefix(1)
      }
    },
    terms: { graph, node in graph.tensors[node.inputs[0]!].shape.last! },
    mayOverflow: true)

  private static func one(
    _ row: OperatorRow, _ left: [Int], _ right: [Int], _ size: [Int], transposes: Int
  ) -> [CaseGraph] {
    let a = [1] + left + [size[0], size[1]]
    let b = [1] + right + (transposes == 1 ? [size[2], size[1]] : [size[1], size[2]])
    let attributes = ["transpose_b": transposes]
    return [
      CaseGraph { g in _ = g.add(row, [g.value(a), g.value(b)], attributes) },
      CaseGraph { g in _ = g.add(row, [g.value(a), g.constant(b)], attributes) },
      CaseGraph { g in _ = g.add(row, [g.constant(a), g.value(b)], attributes) },
    ]
  }
}
