/// What a value of a case must be.
struct ExpectedResult {
  /// What scalar computes.
  var values: [Float]
  /// How far a result may be from that; empty: not at all.
  var bounds: [Float] = []
  /// Results that an infinity or NaN nearby may turn into infinities or NaN; empty: none.
  var exposed: [Bool] = []
  /// The bound in units of 2^-24 of the sum of the magnitudes of the terms, or of the result where
  /// that is a function; 0 for chains, where there is no such number.
  var units = 0.0

  /// Where results differ from it, and how much of their bound they use up.
  struct Verdict {
    /// The first element that is not as it must be.
    var wrong: Int?
    /// The largest error as a share of its bound.
    var share = 0.0
    /// Whether all are the very same numbers.
    var isSame = true
  }

  func judge(_ results: [Float]) -> Verdict {
    var verdict = Verdict()
    for index in results.indices {
      let (got, want) = (results[index], values[index])
      if got == want || (got.isNaN && want.isNaN) { continue }
      verdict.isSame = false
      let bound = bounds.isEmpty ? 0 : bounds[index]
      let error = abs(Double(got) - Double(want))
      let isAllowed =
        error <= Double(bound)
        || (!exposed.isEmpty && exposed[index] && !want.isNaN && !got.isFinite)
      if !isAllowed, verdict.wrong == nil { verdict.wrong = index }
      if error.isFinite, bound > 0 { verdict.share = max(verdict.share, error / Double(bound)) }
    }
    return verdict
  }
}
