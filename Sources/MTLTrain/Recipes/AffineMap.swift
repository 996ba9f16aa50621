import CMTL

/// An affine map of places in an image, `(row, column)`, in pixels from the center of the first:
/// `row' = rr * row + rc * column + r`, `column' = cr * row + cc * column + c`.
public struct AffineMap: Equatable, Sendable {
  public var rr, rc, r: Double
  public var cr, cc, c: Double

  public static let identity = AffineMap(rr: 1, rc: 0, r: 0, cr: 0, cc: 1, c: 0)

  public static func rotation(_ angle: Double) -> AffineMap {
    AffineMap(rr: cos(angle), rc: -sin(angle), r: 0, cr: sin(angle), cc: cos(angle), c: 0)
  }

  public static func shift(rows: Double, columns: Double) -> AffineMap {
    AffineMap(rr: 1, rc: 0, r: rows, cr: 0, cc: 1, c: columns)
  }

  public static func shear(_ angle: Double) -> AffineMap {
    AffineMap(rr: 1, rc: -sin(angle), r: 0, cr: 0, cc: cos(angle), c: 0)
  }

  public static func scale(rows: Double, columns: Double) -> AffineMap {
    AffineMap(rr: rows, rc: 0, r: 0, cr: 0, cc: columns, c: 0)
  }

  /// Left and right exchanged, in an image of this width.
  public static func mirror(width: Int) -> AffineMap {
    AffineMap(rr: 1, rc: 0, r: 0, cr: 0, cc: -1, c: Double(width - 1))
  }

  /// First `inner`, then this map: the matrix product `self * inner`.
  public func after(_ inner: AffineMap) -> AffineMap {
    AffineMap(
      rr: rr * inner.rr + rc * inner.cr, rc: rr * inner.rc + rc * inner.cc,
      r: rr * inner.r + rc * inner.c + r,
      cr: cr * inner.rr + cc * inner.cr, cc: cr * inner.rc + cc * inner.cc,
      c: cr * inner.r + cc * inner.c + c)
  }

  /// The same map with its origin at this place.
  public func around(row: Double, column: Double) -> AffineMap {
    AffineMap.shift(rows: row, columns: column).after(self)
      .after(.shift(rows: -row, columns: -column))
  }

  public func apply(row: Double, column: Double) -> (row: Double, column: Double) {
    (rr * row + rc * column + r, cr * row + cc * column + c)
  }
}
