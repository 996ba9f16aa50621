import BackendKit
import CMTL

/// How a Winograd convolution is cut into tiles, blocks of tiles and panels of outputs, and where
/// its transformed inputs and products lie.
///
/// Transformed inputs: (frequency, tile, channel); products of a panel: (frequency, tile, output).
/// From one frequency to the next they step by an odd number of cache lines, as all of a tile's
/// frequencies are written and read together and would otherwise meet in few sets of the cache.
struct WinogradLayout {
  let convolution: Convolution
  /// Results and inputs of a tile along an axis.
  let outputs: Int, inputs: Int
  let tilesDown: Int, tilesAcross: Int
  /// Tiles of all images.
  let tiles: Int
  /// Input channels, filled up to whole vectors.
  let depth: Int
  /// Whether all parts share the transformed inputs: they are made in a stage of their own, and
  /// each part of the next takes some panels of outputs. Else each part transforms its own tiles,
  /// and reads all weights.
  ///
  /// Sharing reads the weights once, which counts where they are large. Not sharing keeps the
  /// transformed inputs near, and what a thread reads of the layer before is mostly what it wrote
  /// there (`spec/decisions/0025-parts-for-threads.md`).
  let isShared: Bool
  /// Tiles of a part.
  let blocks: Split
  /// Panels of outputs of a part of the second stage.
  let panels: Split

  /// Floats of transformed inputs and products that should stay in a core's own cache.
  private static let nearFloats = 96 << 10
  /// Floats of weights up to which every part may read them all: where each thread has one part,
  /// where there are tiles for all threads, and where there are not.
  private static let (onceMax, forAllMax, fewMax) = (3 << 20, 1 << 20, 192 << 10)
  /// Tiles that keep the multipliers busy.
  private static let tilesLeast = Gemm.rowsMax / 2

  init(_ chain: UnsafePointer<mtlrt_chain>, outputs: Int) {
    convolution = Convolution(OperatorView(chain))
    self.outputs = outputs
    inputs = outputs + 2
    let window = convolution.window
    tilesDown = (window.vertical.count + outputs - 1) / outputs
    tilesAcross = (window.horizontal.count + outputs - 1) / outputs
    let tilesOfImage = tilesDown * tilesAcross
    tiles = window.images * tilesOfImage
    depth = roundedUp(convolution.depth, to: laneCount)
    let panelCount = Gemm.panels(convolution.outputs)
    let frequencies = inputs * inputs
    let weights = frequencies * depth * panelCount * Gemm.columns
    let tileFloats = frequencies * (depth + Gemm.columns)
    let threads = Int(mtl_chain_threads(chain))
    let isForAll = tiles >= threads * Self.tilesLeast
    let isOnce = isForAll && (tiles + threads - 1) / threads * tileFloats <= Self.nearFloats
    isShared =
      weights > (isOnce ? Self.onceMax : isForAll ? Self.forAllMax : Self.fewMax)
    if isShared {
      // As many tiles as let their products of one panel stay near.
      let most = max(Gemm.rowsMax, Self.nearFloats / (frequencies * Gemm.columns))
      blocks = Split.even(tiles, most: most, multiple: 1)
      panels = Split(panelCount, grain: 1)
    } else {
      let most = max(Gemm.rowsMax, Self.nearFloats / tileFloats)
      blocks = Split.even(tiles, most: most, multiple: isForAll ? threads : 1)
      panels = Split(panelCount, grain: panelCount)
    }
  }

  var frequencies: Int { inputs * inputs }

  /// Floats from one frequency of the transformed inputs to the next, when `count` tiles lie there.
  func inputStep(_ count: Int) -> Int { Self.padded(count * depth) }

  /// Floats from one frequency of the products to the next.
  func productStep(_ count: Int) -> Int { Self.padded(count * Gemm.columns) }

  private static func padded(_ floats: Int) -> Int { roundedUp(floats, to: 32) + 16 }

  /// Floats of all transformed inputs, where they are shared.
  var sharedCount: Int { frequencies * inputStep(tiles) }

  /// Floats of one vector's tile that is being transformed, with what lies around it.
  var workCount: Int { 2 * frequencies * laneCount }

  /// Floats of a part's own memory: work, products, and its tiles' transformed inputs.
  var localCount: Int {
    workCount + frequencies * productStep(blocks.grain)
      + (isShared ? 0 : frequencies * inputStep(blocks.grain))
  }

  /// Parts that transform inputs where they are shared.
  var inputBlocks: Split { Split.even(tiles, most: 16, multiple: 4) }

  /// Floats of the transformed weights: (panel, frequency, channel, output in panel).
  var packedCount: Int {
    panels.count * frequencies * convolution.depth * Gemm.columns
  }

  /// Where a tile lies.
  struct Place {
    let image: Int
    /// Its first result.
    let top: Int, left: Int
  }

  @inline(__always)
  func place(of tile: Int) -> Place {
    let (row, column) = tile.quotientAndRemainder(dividingBy: tilesAcross)
    let (image, down) = row.quotientAndRemainder(dividingBy: tilesDown)
    return Place(image: image, top: down * outputs, left: column * outputs)
  }
}

/// The least multiple of `unit` that is not below `count`.
@inline(__always)
func roundedUp(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }

extension Split {
  /// Cuts `count` items into parts of nearly the same size, at most `most`, their number a multiple
  /// of `multiple` where there are items enough: threads then get equal shares.
  static func even(_ count: Int, most: Int, multiple: Int) -> Split {
    let parts = roundedUp((count + most - 1) / most, to: multiple)
    return Split(count, grain: (count + parts - 1) / parts)
  }
}
