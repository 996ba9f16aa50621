import CMTL
import MTLFormat
import MTLPixels
import Testing

/// Bytes of a linear congruential generator, the same as in golden_resize.py.
func generatedPixels(_ count: Int) -> [UInt8] {
  var state: UInt32 = 12345
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return UInt8(state >> 24)
  }
}

/// `mtlrt_pixels` of an array, for the length of `body`.
func withPixels<Result>(
  _ bytes: inout [UInt8], width: Int, height: Int, stride: Int? = nil, format: Int,
  _ body: (mtlrt_pixels) throws -> Result
) rethrows -> Result {
  try bytes.withUnsafeMutableBufferPointer {
    try body(
      mtlrt_pixels($0.baseAddress, width: width, height: height, stride: stride, format: format))
  }
}

private let formats = [1: MTLRT_GRAY8, 3: MTLRT_RGB8, 4: MTLRT_RGBA8]

@Suite struct ResizeTests {
  @Test("The bytes of OpenCV's and Pillow's resize", arguments: ResizeGolden.cases)
  func golden(_ golden: ResizeGolden) throws {
    let format = try #require(formats[golden.channels])
    var source = generatedPixels(golden.channels * golden.width * golden.height)
    var target = [UInt8](
      repeating: 0, count: golden.channels * golden.targetWidth * golden.targetHeight)
    try withPixels(&source, width: golden.width, height: golden.height, format: format) { from in
      try withPixels(
        &target, width: golden.targetWidth, height: golden.targetHeight, format: format
      ) { to in
        try resize(from, into: to, by: golden.method)
      }
    }
    #expect(hexadecimal(target) == golden.expected)
  }

  @Test("Rows may be further apart than they are wide, on both sides; gaps stay as they are")
  func strides() throws {
    let (width, height, gap) = (23, 11, 5)
    var dense = generatedPixels(3 * width * height)
    var sparse: [UInt8] = []
    for y in 0..<height {
      sparse += dense[(3 * width * y)..<(3 * width * (y + 1))]
      sparse += [UInt8](repeating: 0xAA, count: gap)
    }
    var expected = [UInt8](repeating: 0, count: 3 * 8 * 6)
    var target = [UInt8](repeating: 0x55, count: (3 * 8 + 2) * 6)
    try withPixels(&dense, width: width, height: height, format: MTLRT_RGB8) { from in
      try withPixels(&expected, width: 8, height: 6, format: MTLRT_RGB8) { to in
        try resize(from, into: to)
      }
    }
    try withPixels(
      &sparse, width: width, height: height, stride: 3 * width + gap, format: MTLRT_RGB8
    ) { from in
      try withPixels(&target, width: 8, height: 6, stride: 26, format: MTLRT_RGB8) { to in
        try resize(from, into: to)
      }
    }
    for y in 0..<6 {
      #expect(Array(target[(26 * y)..<(26 * y + 24)]) == Array(expected[(24 * y)..<(24 * y + 24)]))
      #expect(target[26 * y + 24] == 0x55 && target[26 * y + 25] == 0x55)
    }
  }

  @Test("Nearest takes the pixel that holds the center")
  func nearest() throws {
    for source in 1...9 {
      for target in 1...9 {
        var from = (0..<source).map { UInt8($0) }
        var to = [UInt8](repeating: 0xFF, count: target)
        try withPixels(&from, width: source, height: 1, format: MTLRT_GRAY8) { from in
          try withPixels(&to, width: target, height: 1, format: MTLRT_GRAY8) { to in
            try resize(from, into: to, by: .nearest)
          }
        }
        let expected = (0..<target).map { index in
          UInt8((Double(2 * index + 1) * Double(source) / Double(2 * target)).rounded(.down))
        }
        #expect(to == expected, "\(source) to \(target)")
      }
    }
  }

  @Test("Descriptions that cannot be are refused")
  func arguments() {
    var memory = [UInt8](repeating: 0, count: 48)
    let wrong: [(String, (inout mtlrt_pixels) -> Void)] = [
      ("size", { $0.size = 8 }), ("format", { $0.format = 9 }), ("data", { $0.data = nil }),
      ("width", { $0.width = 0 }), ("height", { $0.height = 0 }), ("stride", { $0.stride = 11 }),
      ("another format", { $0.format = UInt32(MTLRT_BGR8) }),
    ]
    for (field, change) in wrong {
      withPixels(&memory, width: 4, height: 4, format: MTLRT_RGB8) { good in
        var bad = good
        change(&bad)
        #expect(throws: Status.self, "\(field)") { try resize(bad, into: good) }
        #expect(throws: Status.self, "\(field)") { try resize(good, into: bad) }
      }
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

extension ResizeGolden: CustomTestStringConvertible {
  var testDescription: String {
    "\(method), \(channels) channels, \(width)x\(height) to \(targetWidth)x\(targetHeight)"
  }
}
