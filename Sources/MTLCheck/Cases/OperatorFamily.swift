/// What operators of one shape rule have in common: the cases they are tried on, and what their
/// error bounds are made of. Cases derive from the row: a new operator of a known rule needs none.
struct OperatorFamily: Sendable {
  /// Graphs of one node each. The numbers are for those cases that differ from seed to seed.
  var cases: @Sendable (OperatorRow, inout RandomNumbers) -> [CaseGraph]
  /// Representative shapes, to be timed.
  var timed: @Sendable (OperatorRow) -> [CaseGraph]
  /// How many products, or elements, one result of the node is the sum of, at most.
  var terms: @Sendable (CaseGraph, CaseNode) -> Int = { _, _ in 1 }
  /// Whether the node may be computed by tiles of results, so that errors, infinities and NaN reach
  /// the results nearby (`spec/operators.md`, section 3).
  var isTiled: @Sendable (CaseGraph, CaseNode) -> Bool = { _, _ in false }
  /// Whether it sums products of values, so that f32 may overflow on the way to a result.
  var mayOverflow = false
  /// Whether scales of weights may multiply inputs, which may become subnormal then.
  var scalesInputs = false

  /// By MTL_SHAPE_...; views, which no backend runs, have none.
  static let all: [OperatorFamily?] = [
    same, alongAxis, conv, dense, channelwise, pool, globalPool, broadcast, concat, nil, nil,
    transpose, slice, pad, gather, resample, grouped, reduce,
    arg, top, matmul, convTranspose, denseByInput,
  ]

  static func of(_ row: OperatorRow) -> OperatorFamily { all[row.shapeRule]! }

  /// Shapes of values that most operators can work on: every size around the vectors' tails, ranks
  /// from 2 to 8, images of even and odd sizes.
  static let plainShapes: [[Int]] =
    channelCounts.map { [1, $0] } + channelCounts.map { [1, 3, 2, $0] }
    + [
      [1, 257], [1, 1000], [1, 1, 1, 1], [1, 9, 30, 33], [1, 5, 7], [1, 2, 3, 2, 5],
      [1, 2, 1, 3, 2, 9], [1, 2, 2, 1, 2, 2, 3], [1, 1, 2, 2, 2, 1, 2, 17], [1, 64, 65, 3],
    ]

  /// Around multiples of every vector length.
  static let channelCounts = [
    1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 65, 96, 127, 128,
  ]
}
