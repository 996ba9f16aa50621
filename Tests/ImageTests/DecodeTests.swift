import CMTL
import Foundation
import MTLFormat
import MTLImage
import MTLPixels
import Testing

/// The committed images of Tests/FuzzSeeds, whose names tell stored width, height and orientation.
private let seedFiles: [URL] = {
  let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../FuzzSeeds/decoder")
  let files = try? FileManager.default.contentsOfDirectory(
    at: folder, includingPropertiesForKeys: nil)
  return (files ?? []).sorted { $0.path < $1.path }
}()

private func decoded(
  _ bytes: [UInt8], limits: ImageLimits = .standard, isUpright: Bool = true
) throws -> (width: Int, height: Int, bytes: [UInt8]) {
  try bytes.withUnsafeBytes { view in
    var pixels = try decodeImage(view, limits: limits, isUpright: isUpright)
    defer { freePixels(&pixels) }
    let count = Int(pixels.stride) * Int(pixels.height)
    return (
      Int(pixels.width), Int(pixels.height),
      Array(UnsafeBufferPointer(start: pixels.data, count: count))
    )
  }
}

@Suite struct DecodeTests {
  @Test("Every kind of file, upright and as stored", arguments: seedFiles)
  func everyKind(_ file: URL) throws {
    let bytes = [UInt8](try Data(contentsOf: file))
    let parts = file.deletingPathExtension().lastPathComponent.split(separator: "_")
    guard parts.count == 3, let orientation = Int(parts[2]) else {
      #expect(throws: Status.self) { try decoded(bytes) }
      return
    }
    let stored = try decoded(bytes, isUpright: false)
    #expect((stored.width, stored.height) == (12, 9))
    let upright = try decoded(bytes)
    #expect((upright.width, upright.height) == (orientation >= 5 ? (9, 12) : (12, 9)))
    for y in 0..<9 {
      for x in 0..<12 {
        let (column, row) = place(x, y, orientation)
        let from = 3 * (12 * y + x)
        let to = 3 * (upright.width * row + column)
        #expect(stored.bytes[from..<from + 3].elementsEqual(upright.bytes[to..<to + 3]))
      }
    }
  }

  /// Where a stored pixel of a picture of 12 by 9 stands upright, by the words of the EXIF norm.
  private func place(_ x: Int, _ y: Int, _ orientation: Int) -> (Int, Int) {
    switch orientation {
    case 3: (11 - x, 8 - y)
    case 6: (8 - y, x)
    case 8: (y, 11 - x)
    default: (x, y)
    }
  }

  @Test("There are seeds")
  func seedsAreThere() { #expect(seedFiles.count >= 13) }

  @Test("A PNG comes back as it went in")
  func roundTrip() throws {
    var bytes = generatedPixels(3 * 31 * 17)
    let png = try withPixels(&bytes, width: 31, height: 17, format: MTLRT_RGB8) {
      try encodePNG($0)
    }
    defer { free(png.baseAddress) }
    let again = try decoded([UInt8](png))
    #expect((again.width, again.height) == (31, 17))
    #expect(again.bytes == bytes)
  }

  @Test("Limits are checked before anything is decoded")
  func limits() throws {
    var bytes = generatedPixels(3 * 31 * 17)
    let png = try withPixels(&bytes, width: 31, height: 17, format: MTLRT_RGB8) {
      try encodePNG($0)
    }
    defer { free(png.baseAddress) }
    let file = [UInt8](png)
    #expect(try decoded(file, limits: ImageLimits(pixels: 527, side: 31)).width == 31)
    for limits in [ImageLimits(pixels: 526, side: 31), ImageLimits(pixels: 527, side: 30)] {
      let error = #expect(throws: Status.self) { try decoded(file, limits: limits) }
      #expect(error?.text.contains("31x17") == true)
      #expect(error.map { Int($0.code) } == MTLRT_E_IMAGE)
    }
  }
}
