import CMTL

/// How a dense layer is cut into parts.
///
/// Packed inputs: (panel of features, image, feature in panel), zeros behind the last feature and
/// behind the last image.
struct DenseLayout {
  let shape: mtl_dense_shape
  /// Images, filled up to whole tiles.
  let images: Int
  /// Panels of features, and those that are full.
  let panels: Int, fullPanels: Int

  /// Images of a tile of sums.
  static let tileImages = 4
  /// Units of a part of the layer.
  static let units = 8
  /// Panels whose packed inputs stay in a core's own cache.
  static let blockPanels = 1024 / Product.columns
  /// Panels of a part of the gradients, and units whose gradient is made at a time.
  static let gradientPanels = 512 / Product.columns
  static let gradientUnits = 24

  init(_ shape: mtl_dense_shape) {
    self.shape = shape
    images = roundedUp(shape.batch, to: Self.tileImages)
    panels = Product.panels(shape.features)
    fullPanels = shape.features / Product.columns
  }

  /// Floats from a panel of packed inputs to the next.
  var panelStep: Int { images * Product.columns }

  func plan() -> mtl_dense_plan {
    let sums = Self.units * images * laneCount
    let gradients = (Self.gradientPanels * (shape.batch + Self.gradientUnits) + Self.gradientUnits)
      * Product.columns
    return mtl_dense_plan(
      packed: panels * panelStep, pack_parts: panels,
      parts: (shape.units + Self.units - 1) / Self.units,
      gradient_parts: (panels + Self.gradientPanels - 1) / Self.gradientPanels,
      local: max(sums, gradients))
  }

  func pack(_ call: mtl_dense_call, panel: Int) {
    let first = panel * Product.columns
    for image in 0..<images {
      let count = image < shape.batch ? min(Product.columns, shape.features - first) : 0
      copyRow(
        call.input + min(image, shape.batch - 1) * shape.features + first, count: count,
        to: call.packed + panel * panelStep + image * Product.columns)
    }
  }
}

/// A row of a panel: `count` floats, then zeros.
@inline(__always)
func copyRow(
  _ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>
) {
  for lane in stride(from: 0, to: Product.columns, by: laneCount) {
    let some = min(laneCount, count - lane)
    store(some > 0 ? loadSome(source + lane, some) : .zero, target + lane)
  }
}
