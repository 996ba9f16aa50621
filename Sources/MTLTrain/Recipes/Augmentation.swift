import CMTL

/// Random changes to a training image, drawn as Keras' `ImageDataGenerator` draws them.
public struct Augmentation: Sendable, Equatable {
  /// Degrees to either side.
  public let rotation: Double
  /// Part of the height and of the width, to either side.
  public let shift: Double
  /// Degrees to either side.
  public let shear: Double
  /// Each axis is scaled by a factor between 1 - zoom and 1 + zoom of its own.
  public let zoom: Double
  public let flipsHorizontally: Bool
  /// Part of the images in which a rectangle of one color covers something.
  public var erasing: Double = 0

  public static let reference = Augmentation(
    rotation: 25, shift: 0.1, shear: 0.2, zoom: 0.2, flipsHorizontally: true)
  public static let moderate = Augmentation(
    rotation: 12, shift: 0.08, shear: 0.2, zoom: 0.2, flipsHorizontally: true, erasing: 0.25)
  /// For data that varies by itself.
  public static let mild = Augmentation(
    rotation: 10, shift: 0.05, shear: 0, zoom: 0.1, flipsHorizontally: true)
  public static let none = Augmentation(
    rotation: 0, shift: 0, shear: 0, zoom: 0, flipsHorizontally: false)

  /// From a pixel of the result to the place in the image where it is found.
  public func draw(height: Int, width: Int, _ random: inout Random) -> AffineMap {
    let degree = Double.pi / 180
    let theta = random.uniform(-rotation, rotation) * degree
    let rows = random.uniform(-shift, shift) * Double(height)
    let columns = random.uniform(-shift, shift) * Double(width)
    let slant = random.uniform(-shear, shear) * degree
    let zoomRows = random.uniform(1 - zoom, 1 + zoom)
    let zoomColumns = random.uniform(1 - zoom, 1 + zoom)
    let isFlipped = flipsHorizontally && random.unit() < 0.5

    var map = AffineMap.rotation(theta)
    map = map.after(.shift(rows: rows, columns: columns))
    map = map.after(.shear(slant))
    map = map.after(.scale(rows: zoomRows, columns: zoomColumns))
    map = map.around(row: Double(height) / 2 - 0.5, column: Double(width) / 2 - 0.5)
    if isFlipped { map = map.after(.mirror(width: width)) }
    return map
  }

  /// Covers a rectangle of an image `(height, width, 3)` of the chosen part (Zhong et al., "Random
  /// Erasing Data Augmentation").
  public func erase(
    _ image: MutableFloats, height: Int, width: Int, _ random: inout Random
  ) {
    if random.unit() >= erasing { return }
    let rows = max(1, Int(Double(height) * random.uniform(0.15, 0.4)))
    let columns = max(1, Int(Double(width) * random.uniform(0.15, 0.4)))
    let (top, left) = (random.below(height - rows + 1), random.below(width - columns + 1))
    let color = (0..<3).map { _ in Float(random.unit()) }
    for y in top..<top + rows {
      for x in left..<left + columns {
        for channel in 0..<3 { image[(y * width + x) * 3 + channel] = color[channel] }
      }
    }
  }
}
