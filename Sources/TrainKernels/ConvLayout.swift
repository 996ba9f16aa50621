import CMTL

/// How a convolution is cut into tiles of a transform's results, and into blocks of tiles.
///
/// Transformed inputs of a block: (frequency, tile, channel); its products, of one panel of filters
/// at a time: (frequency, tile, filter). The steps between frequencies are an odd number of cache
/// lines, as all frequencies of a tile are written and read together.
struct ConvLayout<Transform: TrainedTransform> {
  let shape: mtl_conv_shape
  let down: Int, across: Int
  /// Tiles of all images.
  let tiles: Int
  /// Channels, filled up to whole vectors.
  let depth: Int
  let panels: Int
  /// Tiles of a block, and blocks of all tiles.
  let block: Int, blocks: Int

  static var frequencies: Int { Transform.frequencies }
  /// Floats of transformed inputs and products that stay in a core's own cache.
  private static var near: Int { 160 << 10 }
  /// The same for a weight gradient whose sums do not stay there beside them: larger blocks are
  /// fewer passes over the sums.
  private static var far: Int { 768 << 10 }

  init(_ shape: mtl_conv_shape, isGradient: Bool = false) {
    self.shape = shape
    let side = Transform.outputs
    down = (shape.height + side - 1) / side
    across = (shape.width + side - 1) / side
    tiles = shape.batch * down * across
    depth = roundedUp(shape.channels, to: laneCount)
    panels = Product.panels(shape.filters)
    let sums = panels * Self.frequencies * shape.channels * Product.columns
    let floats = isGradient && sums > Self.near ? Self.far : Self.near
    let most = max(Product.rowsMax, floats / (Self.frequencies * (depth + Product.columns)))
    let parts = roundedUp((tiles + most - 1) / most, to: 2)
    block = (tiles + parts - 1) / parts
    blocks = (tiles + block - 1) / block
  }

  var inputStep: Int { Self.step(block * depth) }
  var productStep: Int { Self.step(block * Product.columns) }

  private static func step(_ floats: Int) -> Int { roundedUp(floats, to: 32) + 16 }

  /// Floats of one vector's tile that is being transformed, with what lies around it.
  static var workCount: Int { 2 * frequencies * laneCount }

  /// Floats of a block: work, transformed inputs, products of a panel.
  var localCount: Int { Self.workCount + Self.frequencies * (inputStep + productStep) }

  func tiles(of part: Int) -> Range<Int> {
    part * block..<min(tiles, (part + 1) * block)
  }

  @inline(__always)
  func place(of tile: Int) -> TilePlace {
    let (row, column) = tile.quotientAndRemainder(dividingBy: across)
    let (image, line) = row.quotientAndRemainder(dividingBy: down)
    return TilePlace(
      image: image, top: line * Transform.outputs, left: column * Transform.outputs)
  }

  /// Floats of packed weights: (panel, frequency, channel, filter in panel).
  var packedCount: Int { panels * Self.frequencies * shape.channels * Product.columns }

  // MARK: The weight gradient

  /// Parts that sum up by themselves, of whole blocks of tiles.
  var slices: Int { min(blocks, 8) }

  func blocks(of slice: Int) -> Range<Int> {
    slice * blocks / slices..<(slice + 1) * blocks / slices
  }

  /// Floats of a slice: (panel, frequency, channel, filter in panel), and the bias by panels.
  var sliceCount: Int { packedCount + panels * Product.columns }
}

struct TilePlace {
  let image: Int
  /// The tile's first result.
  let top: Int, left: Int
}

/// The least multiple of `unit` that is not below `count`.
@inline(__always)
func roundedUp(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }
