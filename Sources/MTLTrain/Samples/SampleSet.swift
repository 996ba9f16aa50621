import CMTL
import MTLFormat
import MTLImage
import MTLPixels
import MTLWriter

/// A generated data set: every kind of garment in every color, as PNG files in folders
/// `<color>_<kind>`. Backgrounds, belts, prints and things in the way have any color, so that
/// counting colors does not tell the garment's, and each kind comes in every color.
public struct SampleSet {
  public let folders: [String]
  /// Images in each folder.
  public let perClass: Int
  private let seed: UInt64
  private let classes: [(GarmentColor, GarmentKind)]

  public init(perClass: Int, seed: UInt64) {
    self.perClass = perClass
    self.seed = seed
    classes = GarmentColor.allCases.flatMap { color in
      GarmentKind.allCases.map { (color, $0) }
    }
    folders = classes.map { "\($0.rawValue)_\($1.rawValue)" }
  }

  /// Writes all files, none of them by half. The same seed gives the same bytes; the first images
  /// of a larger set are those of a smaller one.
  /// Errors: the folder cannot be made, holds something already, or cannot be written to.
  public func write(to root: String, workers: Workers) throws {
    if let folder = try? Folder(path: root), !(folder.files + folder.folders).isEmpty {
      throw Status(MTLRT_E_ARGUMENT, "\(root): not empty; choose a new folder")
    }
    for folder in folders { try RunFolder(root + "/" + folder).make() }
    let digits = max(3, String(perClass - 1).utf8.count)
    var failures = [Status?](repeating: nil, count: classes.count * perClass)
    failures.withUnsafeMutableBufferPointer { failures in
      let failures = failures.baseAddress!
      workers.forEach(classes.count * perClass) { number, _ in
        let (index, image) = (number / perClass, number % perClass)
        let name = String(image)
        let zeros = String(repeating: "0", count: digits - name.utf8.count)
        do throws(Status) {
          try write(index, image, to: "\(root)/\(folders[index])/\(zeros)\(name).png")
        } catch {
          failures[number] = error
        }
      }
    }
    if let failure = failures.compactMap({ $0 }).first { throw failure }
  }

  /// `count` pictures in memory, `side` x `side` RGB8, one class after the other.
  /// Errors: not enough memory.
  public static func pictures(count: Int, side: Int, seed: UInt64) throws(Status) -> [[UInt8]] {
    let set = SampleSet(perClass: count, seed: seed)
    var pictures: [[UInt8]] = []
    for number in 0..<count {
      let index = number % set.classes.count
      var scene = set.scene(index, number)
      var source = scene.draw()
      var target = [UInt8](repeating: 0, count: side * side * 3)
      var outcome = Result<Void, Status>.success(())
      source.withUnsafeMutableBufferPointer { source in
        target.withUnsafeMutableBufferPointer { target in
          do throws(Status) {
            try resize(
              mtlrt_pixels(
                source.baseAddress, width: scene.width, height: scene.height, format: MTLRT_RGB8),
              into: mtlrt_pixels(
                target.baseAddress, width: side, height: side, format: MTLRT_RGB8))
          } catch {
            outcome = .failure(error)
          }
        }
      }
      try outcome.get()
      pictures.append(target)
    }
    return pictures
  }

  private func scene(_ index: Int, _ image: Int) -> SampleScene {
    let (color, kind) = classes[index]
    return SampleScene(color, kind, random: Random(.sample, seed, UInt64(index), UInt64(image)))
  }

  private func write(_ index: Int, _ image: Int, to path: String) throws(Status) {
    var scene = scene(index, image)
    var bytes = scene.draw()
    let (width, height) = (scene.width, scene.height)
    var outcome = Result<Void, Status>.success(())
    bytes.withUnsafeMutableBufferPointer { bytes in
      let pixels = mtlrt_pixels(
        bytes.baseAddress, width: width, height: height, format: MTLRT_RGB8)
      do throws(Status) {
        let png = try encodePNG(pixels)
        defer { free(png.baseAddress) }
        try replaceFile(at: path, with: UnsafeRawBufferPointer(png))
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
  }
}
