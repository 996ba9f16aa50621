/// Products of matrices (rows, terms) and (terms, columns), of many pairs of them: the dimensions
/// before the last two are broadcast.
public struct MatrixProduct {
  public let rows: Int, terms: Int, columns: Int
  /// Matrices of the result.
  public let count: Int
  /// Elements of the second operand from one column to the next and from one term to the next.
  public let columnStep: Int, termStep: Int
  private let output: TensorView

  public init(_ op: OperatorView) {
    output = op.output
    let rank = output.rank
    rows = output.dimension(rank - 2)
    columns = output.dimension(rank - 1)
    terms = op.input(0).dimension(rank - 1)
    count = output.count(of: 0..<rank - 2)
    let isTransposed = op.attribute(0) == 1
    columnStep = isTransposed ? terms : 1
    termStep = isTransposed ? 1 : columns
  }

  /// Index of the element of `operand` with which its matrix begins that takes part in matrix
  /// `index` of the result.
  public func start(_ index: Int, of operand: TensorView) -> Int {
    let rank = output.rank
    var (rest, step, start) = (index, operand.count(of: rank - 2..<rank), 0)
    for axis in (0..<rank - 2).reversed() {
      let (next, position) = rest.quotientAndRemainder(dividingBy: output.dimension(axis))
      if operand.dimension(axis) > 1 { start += position * step }
      step *= operand.dimension(axis)
      rest = next
    }
    return start
  }
}
