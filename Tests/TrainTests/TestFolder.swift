import CMTL
import Foundation
import MTLImage
import MTLPixels

/// A folder of its own for one test, removed with it.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory
      .appendingPathComponent("mtl-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  func remove(_ name: String) { try? FileManager.default.removeItem(atPath: path + "/" + name) }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// A small picture of one color.
  func writeImage(_ red: UInt8, _ green: UInt8, _ blue: UInt8, to name: String) throws {
    var pixels = (0..<7 * 5).flatMap { _ in [red, green, blue] }
    let png = try pixels.withUnsafeMutableBufferPointer { buffer in
      try encodePNG(mtlrt_pixels(buffer.baseAddress, width: 7, height: 5, format: MTLRT_RGB8))
    }
    defer { free(png.baseAddress) }
    try write(Array(png), to: name)
  }

  /// Two colors by two shapes, `count` images each.
  func writeDataSet(_ count: Int) throws {
    for number in 0..<count {
      let shade = UInt8(180 + number)
      try writeImage(shade, 0, 0, to: "data/red_dress/\(number).png")
      try writeImage(shade, 90, 90, to: "data/red_shirt/\(number).png")
      try writeImage(0, 0, shade, to: "data/blue_dress/\(number).png")
      try writeImage(90, 90, shade, to: "data/blue_shirt/\(number).png")
    }
  }
}
