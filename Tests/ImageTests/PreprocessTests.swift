import CMTL
import MTLFormat
import MTLPixels
import Testing

@Suite struct PreprocessTests {
  private func preprocessing(
    _ channels: Preprocessing.Channels, width: Int = 2, height: Int = 1, scale: Float = 1,
    mean: Float = 0, deviation: Float = 1
  ) -> Preprocessing {
    Preprocessing(
      width: width, height: height, resize: .bilinear, channels: channels,
      appliesOrientation: true, scale: scale,
      mean: [Float](repeating: mean, count: channels.count),
      deviation: [Float](repeating: deviation, count: channels.count))
  }

  private func run(_ bytes: [UInt8], _ format: Int, _ p: Preprocessing) throws -> [Float] {
    var bytes = bytes
    var input = [Float](repeating: .nan, count: p.width * p.height * p.channels.count)
    try withPixels(&bytes, width: 2, height: 1, format: format) { pixels in
      try input.withUnsafeMutableBufferPointer { try preprocess(pixels, p, into: $0) }
    }
    return input
  }

  @Test("Every format of pixels to every order of channels")
  func channels() throws {
    // An orange pixel and a blue one; as RGBA the second is half transparent.
    let orange: [Float] = [200, 100, 10]
    let blue: [Float] = [0, 50, 250]
    let grays: [Float] = [120, 58]  // 0.299 R + 0.587 G + 0.114 B, rounded
    let rgb = orange + blue
    let bgr = orange.reversed() + blue.reversed()
    let asRGB: [UInt8] = [200, 100, 10, 0, 50, 250]
    let asBGR: [UInt8] = [10, 100, 200, 250, 50, 0]
    for (bytes, format) in [(asRGB, MTLRT_RGB8), (asBGR, MTLRT_BGR8)] {
      #expect(try run(bytes, format, preprocessing(.rgb)) == rgb)
      #expect(try run(bytes, format, preprocessing(.bgr)) == bgr)
      #expect(try run(bytes, format, preprocessing(.gray)) == grays)
    }
    let asRGBA: [UInt8] = [200, 100, 10, 255, 0, 50, 250, 102]
    let onWhite: [Float] = [153, 173, 253]  // a = 0.4: 0.4 * color + 0.6 * 255
    #expect(try run(asRGBA, MTLRT_RGBA8, preprocessing(.rgb)) == orange + onWhite)
    #expect(try run(asRGBA, MTLRT_RGBA8, preprocessing(.bgr))
      == orange.reversed() + onWhite.reversed())
    #expect(try run(asRGBA, MTLRT_RGBA8, preprocessing(.gray)) == [120, 176])
    #expect(try run([7, 9], MTLRT_GRAY8, preprocessing(.rgb)) == [7, 7, 7, 9, 9, 9])
    #expect(try run([7, 9], MTLRT_GRAY8, preprocessing(.gray)) == [7, 9])
  }

  @Test("(pixel * scale - mean) / deviation, for each channel by itself")
  func normalization() throws {
    var p = preprocessing(.rgb, scale: 1 / 255)
    p.mean = [0.5, 0.25, 0]
    p.deviation = [0.5, 0.125, 2]
    let bytes: [UInt8] = [0, 51, 255, 255, 102, 0]
    let expected = bytes.enumerated().map { index, byte in
      (Float(byte) * p.scale - p.mean[index % 3]) / p.deviation[index % 3]
    }
    #expect(try run(bytes, MTLRT_RGB8, p) == expected)
    #expect(expected[0] == -1 && expected[3] == 1)
  }

  @Test("Resized on 8 bits first, then scaled")
  func resized() throws {
    var bytes = generatedPixels(3 * 40 * 30)
    var small = [UInt8](repeating: 0, count: 3 * 9 * 7)
    var p = preprocessing(.rgb, width: 9, height: 7, scale: 1 / 255)
    p.resize = .bilinear
    var input = [Float](repeating: .nan, count: 3 * 9 * 7)
    try withPixels(&bytes, width: 40, height: 30, format: MTLRT_RGB8) { from in
      try withPixels(&small, width: 9, height: 7, format: MTLRT_RGB8) { to in
        try resize(from, into: to)
      }
      try input.withUnsafeMutableBufferPointer { try preprocess(from, p, into: $0) }
    }
    #expect(input == small.map { Float($0) * p.scale })
  }

  @Test(
    "Of a resized image the center is taken",
    arguments: [
      // Of the resized image: width, height; what is left of the model's, what is above it.
      (40, 30, 9, 12, 9, 2, 1), (30, 40, 9, 9, 12, 0, 2), (41, 30, 11, 15, 11, 3, 2),
      (7, 7, 20, 20, 20, 6, 6),
    ],
    Preprocessing.Resize.allCases)
  func cropped(
    _ shape: (Int, Int, Int, Int, Int, Int, Int), _ method: Preprocessing.Resize
  ) throws {
    let (width, height, side, resizedWidth, resizedHeight, left, top) = shape
    var bytes = generatedPixels(3 * width * height)
    var whole = [UInt8](repeating: 0, count: 3 * resizedWidth * resizedHeight)
    var p = preprocessing(.rgb, width: 9, height: 7)
    (p.resize, p.cropSide) = (method, side)
    var input = [Float](repeating: .nan, count: 3 * 9 * 7)
    try withPixels(&bytes, width: width, height: height, format: MTLRT_RGB8) { from in
      try withPixels(
        &whole, width: resizedWidth, height: resizedHeight, format: MTLRT_RGB8
      ) { to in
        try resize(from, into: to, by: method)
      }
      try input.withUnsafeMutableBufferPointer { try preprocess(from, p, into: $0) }
    }
    let expected = (0..<7).flatMap { y in
      (0..<27).map { Float(whole[((y + top) * resizedWidth + left) * 3 + $0]) }
    }
    #expect(input == expected)
  }

  @Test("An input of another size is refused")
  func wrongSize() {
    var bytes: [UInt8] = [1, 2, 3]
    var input = [Float](repeating: 0, count: 5)
    withPixels(&bytes, width: 1, height: 1, format: MTLRT_RGB8) { pixels in
      _ = input.withUnsafeMutableBufferPointer { buffer in
        #expect(throws: Status.self) { try preprocess(pixels, preprocessing(.rgb), into: buffer) }
      }
    }
  }
}
