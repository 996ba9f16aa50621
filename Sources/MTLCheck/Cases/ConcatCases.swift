extension OperatorFamily {
  /// A list of values, one after the other along an axis.
  static let concat = OperatorFamily(
    cases: { row, random in
      var cases = [
        one(row, [1, 4], [4], axis: 1), one(row, [1, 0], [3, 5, 1], axis: 1),
        one(row, [1, 2, 3, 0], [4, 9], axis: 3), one(row, [1, 2, 0, 4], [3, 1], axis: 2),
        one(row, [1, 0, 3], [2, 5], axis: 1), one(row, [1, 2, 0, 2, 3, 2], [2, 1], axis: 2),
        one(row, [1, 0], Array(1...row.inputsMost), axis: 1),
        CaseGraph { g in
          let x = g.value([1, 3, 3, 5])
          _ = g.add(row, [x, g.value([1, 3, 3, 2]), x], ["axis": 3])
        },
      ]
      for (axis, shape) in [(1, [1, 1, 5]), (2, [1, 3, 2, 7]), (3, [1, 2, 3, 9])] {
        cases += [
          CaseGraph { g in _ = g.add(row, [g.constant(shape), g.value(shape)], ["axis": axis]) },
          CaseGraph { g in
            let x = g.value(shape)
            _ = g.add(row, [x, g.constant(shape), x], ["axis": axis])
          },
        ]
      }
      for channels in channelCounts {
        cases.append(one(row, [1, 3, 2, 0], [channels, 16, channels], axis: 3))
      }
      for _ in 0..<12 {
        let axis = random.integer(1...3)
        let shape = [1] + (0..<3).map { _ in random.integer(1...6) }
        let sizes = (0..<random.integer(1...4)).map { _ in random.integer(1...40) }
        cases.append(one(row, shape, sizes, axis: axis))
      }
      return cases
    },
    timed: { row in [one(row, [1, 48, 48, 0], [64, 64], axis: 3)] })

  /// Values of `shape`, with each of `sizes` on `axis`.
  private static func one(
    _ row: OperatorRow, _ shape: [Int], _ sizes: [Int], axis: Int
  ) -> CaseGraph {
    CaseGraph { g in
      let inputs = sizes.map { size in
        var part = shape
        part[axis] = size
        return g.value(part)
      }
      _ = g.add(row, inputs, ["axis": axis])
    }
  }
}
