import CBackendSIMD

/// A product of matrices: sums (rows, `Product.columns`) = left (rows, groups * count) * right
/// (groups * count, `Product.columns`).
struct ProductOperands {
  /// Element (i, k) of group g is at `left + i * rowStep + g * groupStep + k * step`.
  var left: UnsafePointer<Float>
  let rowStep: Int, step: Int
  var groups = 1, groupStep = 0
  /// Row k begins at `right + k * rightStep`.
  let right: UnsafePointer<Float>
  var rightStep = Product.columns
  let count: Int
  var sums: UnsafeMutablePointer<Float>
  /// Whether sums go on from what is there, or from zero.
  let continues: Bool
}

/// A block of sums that stays in registers while both matrices pass by.
enum ProductTile<let rows: Int> {
  private typealias Row = InlineArray<2, Lanes>

  @inline(__always)
  static func run(_ operands: ProductOperands, rowStep: Int) {
    var block = InlineArray<rows, Row>(repeating: Row(repeating: .zero))
    let sums = operands.sums
    if operands.continues {
      forEachRow { i in
        for v in 0..<2 { block[i][v] = load(sums + i * Product.columns + v * laneCount) }
      }
    }
    var right = operands.right
    // The right matrix of the next product lies behind this one; it may have to come from far away.
    let ahead = operands.groups * operands.count * operands.rightStep
    for group in 0..<operands.groups {
      var left = operands.left + group * operands.groupStep
      for _ in 0..<operands.count {
        for line in 0..<max(1, 2 * laneCount / 16) { mtl_prefetch(right + ahead + line * 16) }
        let w = Row { load(right + $0 * laneCount) }
        forEachRow { i in
          let x = Lanes(repeating: left[i * rowStep])
          for v in 0..<2 { block[i][v] = multiplyAdd(x, w[v], block[i][v]) }
          if i % 4 == 3 { mtl_keep_order() }
        }
        left += operands.step
        right += operands.rightStep
      }
    }
    forEachRow { i in
      for v in 0..<2 { store(block[i][v], sums + i * Product.columns + v * laneCount) }
    }
  }

  /// In two loops: the compiler unrolls a single one of so many rows too late to keep the block in
  /// registers.
  @inline(__always)
  private static func forEachRow(_ body: (Int) -> Void) {
    for i in 0..<rows / 2 { body(i) }
    for i in rows / 2..<rows { body(i) }
  }
}

/// Matrices of any number of rows, in tiles that stay in registers. Right matrices are packed in
/// panels of `columns`.
enum Product {
  /// Two vectors.
  static let columns = 2 * laneCount
  /// Rows of a tile at the most: as many as leave registers for the operands.
  static let rowsMax = Int(mtl_tile_rows)

  static func panels(_ columns: Int) -> Int { (columns + Self.columns - 1) / Self.columns }

  /// The product for `rows` rows. The order of additions is the same for every row.
  @inline(never)
  static func run(_ operands: ProductOperands, rows: Int) {
    forTiles(operands, rows) { height, operands in
      tile(height, operands, rowStep: operands.rowStep)
    }
  }

  /// The same where the rows of `left` are neighbours in memory: `rowStep` is 1.
  @inline(never)
  static func runTransposed(_ operands: ProductOperands, rows: Int) {
    forTiles(operands, rows) { height, operands in tile(height, operands, rowStep: 1) }
  }

  /// Tiles of nearly the same number of rows: a last one of few rows would leave the multipliers
  /// idle.
  @inline(__always)
  private static func forTiles(
    _ operands: ProductOperands, _ rows: Int, _ body: (Int, ProductOperands) -> Void
  ) {
    var operands = operands
    let tiles = (rows + rowsMax - 1) / rowsMax
    let (least, larger) = rows.quotientAndRemainder(dividingBy: tiles)
    for tile in 0..<tiles {
      let height = tile < larger ? least + 1 : least
      body(height, operands)
      operands.left += height * operands.rowStep
      operands.sums += height * columns
    }
  }

  @inline(__always)
  private static func tile(_ rows: Int, _ operands: ProductOperands, rowStep: Int) {
    switch rows {
    case 1: ProductTile<1>.run(operands, rowStep: rowStep)
    case 2: ProductTile<2>.run(operands, rowStep: rowStep)
    case 3: ProductTile<3>.run(operands, rowStep: rowStep)
    case 4: ProductTile<4>.run(operands, rowStep: rowStep)
    case 5: ProductTile<5>.run(operands, rowStep: rowStep)
    default:
      if rowsMax > 6 {
        highTile(rows, operands, rowStep: rowStep)
      } else {
        ProductTile<6>.run(operands, rowStep: rowStep)
      }
    }
  }

  /// Heights that only instruction sets with 32 registers have room for.
  @inline(__always)
  private static func highTile(_ rows: Int, _ operands: ProductOperands, rowStep: Int) {
    switch rows {
    case 6: ProductTile<6>.run(operands, rowStep: rowStep)
    case 7: ProductTile<7>.run(operands, rowStep: rowStep)
    case 8: ProductTile<8>.run(operands, rowStep: rowStep)
    case 9: ProductTile<9>.run(operands, rowStep: rowStep)
    case 10: ProductTile<10>.run(operands, rowStep: rowStep)
    case 11: ProductTile<11>.run(operands, rowStep: rowStep)
    default: ProductTile<12>.run(operands, rowStep: rowStep)
    }
  }
}
