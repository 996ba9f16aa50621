extension OperatorFamily {
  /// A value and parameters of one element per channel.
  static let channelwise = OperatorFamily(
    cases: { row, _ in
      plainShapes.flatMap { shape in
        (row.has("size") ? [1, 2, 5] : [1]).map { channelwise(row, shape, ["size": $0]) }
      }
    },
    timed: { row in [channelwise(row, [1, 96, 96, 32], ["size": 5])] },
    terms: { _, _ in 4 })

  /// The same with the channels in groups: one, one for each channel, or as many as divide them.
  static let grouped = OperatorFamily(
    cases: { row, random in
      // Pixels of a single channel may fill whole vectors.
      (plainShapes + [[1, 24, 20, 1]]).flatMap { shape in
        let divisors = (1...shape.last!).filter { shape.last! % $0 == 0 }
        return Set([1, shape.last!, random.pick(divisors)]).sorted().map {
          channelwise(row, shape, ["groups": $0])
        }
      }
    },
    timed: { row in [channelwise(row, [1, 56, 56, 64], ["groups": 32])] },
    terms: { _, _ in 4 })

  /// Of batch normalisation's four parameters the third is subtracted, and the last, a variance,
  /// is positive.
  private static func channelwise(
    _ row: OperatorRow, _ shape: [Int], _ attributes: [String: Int]
  ) -> CaseGraph {
    CaseGraph { g in
      let signs: [CaseTensor.Sign] = [.any, .any, .subtracted, .positive]
      let parameters = signs.prefix(row.inputsMost - 1).map {
        g.constant([shape.last!], sign: $0)
      }
      _ = g.add(row, [g.value(shape)] + parameters, attributes)
    }
  }
}
