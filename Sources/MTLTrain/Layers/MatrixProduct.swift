import COpenBLAS

/// A row-major matrix in memory that somebody else keeps; transposed in a product if asked for.
struct Matrix {
  let base: Floats
  /// Floats from one row to the next.
  let stride: Int
  let isTransposed: Bool

  init(_ base: Floats, stride: Int, isTransposed: Bool = false) {
    self.base = base
    self.stride = stride
    self.isTransposed = isTransposed
  }

  init(_ base: MutableFloats, stride: Int, isTransposed: Bool = false) {
    self.init(Floats(base), stride: stride, isTransposed: isTransposed)
  }
}

/// `result (rows, columns) = left (rows, depth) * right (depth, columns)`, added to what `result`
/// holds if `isSum`.
func multiply(
  _ left: Matrix, _ right: Matrix, rows: Int, columns: Int, depth: Int, into result: MutableFloats,
  stride: Int, isSum: Bool
) {
  cblas_sgemm(
    CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
    right.isTransposed ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns), Int32(depth), 1,
    left.base, Int32(left.stride), right.base, Int32(right.stride), isSum ? 1 : 0, result,
    Int32(stride))
}
