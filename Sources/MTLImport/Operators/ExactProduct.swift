import COpenBLAS

/// A product of row-major matrices, `a (rows, depth) * b (depth, columns)`, summed in Double and
/// rounded once: what optimised kernels are compared with should not round as they do.
///
/// Works in blocks, so that the copies in Double stay small.
func exactProduct(
  rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
  to result: UnsafeMutablePointer<Float>
) {
  let (mostRows, mostColumns) = (
    min(rows, max(1, blockElements / depth)), min(columns, max(1, blockElements / depth))
  )
  let left = UnsafeMutablePointer<Double>.allocate(capacity: mostRows * depth)
  let right = UnsafeMutablePointer<Double>.allocate(capacity: depth * mostColumns)
  let product = UnsafeMutablePointer<Double>.allocate(capacity: mostRows * mostColumns)
  defer { [left, right, product].forEach { $0.deallocate() } }
  for firstRow in stride(from: 0, to: rows, by: mostRows) {
    let someRows = min(mostRows, rows - firstRow)
    widen(a + firstRow * depth, to: left, count: someRows * depth)
    for firstColumn in stride(from: 0, to: columns, by: mostColumns) {
      let someColumns = min(mostColumns, columns - firstColumn)
      for k in 0..<depth {
        widen(b + k * columns + firstColumn, to: right + k * someColumns, count: someColumns)
      }
      cblas_dgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(someRows), Int32(someColumns),
        Int32(depth), 1, left, Int32(depth), right, Int32(someColumns), 0, product,
        Int32(someColumns))
      for row in 0..<someRows {
        let target = result + (firstRow + row) * columns + firstColumn
        let sums = product + row * someColumns
        for column in 0..<someColumns { target[column] = Float(sums[column]) }
      }
    }
  }
}

/// Most elements of a block of either operand, 2 MiB.
private let blockElements = 1 << 18

private func widen(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Double>, count: Int
) {
  for index in 0..<count { target[index] = Double(source[index]) }
}
