extension OperatorFamily {
  /// A value and parameters of one element per channel.
  static let channelwise = OperatorFamily(
    cases: { row, _ in plainShapes.map { channelwise(row, $0) } },
    timed: { row in [channelwise(row, [1, 96, 96, 32])] },
    terms: { _, _ in 4 })

  /// Of batch normalisation's four parameters the third is subtracted, and the last, a variance,
  /// is positive.
  private static func channelwise(_ row: OperatorRow, _ shape: [Int]) -> CaseGraph {
    CaseGraph { g in
      let signs: [CaseTensor.Sign] = [.any, .any, .subtracted, .positive]
      let parameters = signs.prefix(row.inputsMost - 1).map {
        g.constant([shape.last!], sign: $0)
      }
      _ = g.add(row, [g.value(shape)] + parameters)
    }
  }
}
