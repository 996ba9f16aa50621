extension Preprocessing {
  /// Of the field `resize`: the image keeps its shape and is cropped.
  public static let cropBit: UInt32 = 1 << 8
}

extension Reader {
  /// Fills `model.preprocessing`.
  static func readPreprocessing(
    _ cursor: inout SectionCursor, into model: inout Model
  ) throws(Status) {
    let start = cursor.offset
    let width = try readSide(&cursor)
    let height = try readSide(&cursor)
    let resizePlace = cursor.offset
    let resizeField = try cursor.u32()
    guard let resize = Preprocessing.Resize(rawValue: resizeField & ~Preprocessing.cropBit) else {
      throw Status(.resizeMethod, "preprocessing has an unknown resize method", at: resizePlace)
    }
    var cropSide: Int?
    if resizeField & Preprocessing.cropBit != 0 {
      cropSide = try cursor.count(
        in: max(width, height)...Limits.imageSide, .cropSide, "pixels on the shorter side")
    }
    let channelsPlace = cursor.offset
    guard let channels = Preprocessing.Channels(rawValue: try cursor.u32()) else {
      throw Status(.channelOrder, "preprocessing has an unknown channel order", at: channelsPlace)
    }
    let orientationPlace = cursor.offset
    let orientation = try cursor.u32()
    guard orientation <= 1 else {
      throw Status(
        .orientation, "preprocessing has orientation rule \(orientation), neither 0 nor 1",
        at: orientationPlace)
    }
    let scalePlace = cursor.offset
    let scale = try cursor.f32()
    guard scale.isFinite, scale > 0 else {
      throw Status(
        .pixelScale, "the scale of preprocessing is not a positive number", at: scalePlace)
    }
    let mean = try readMean(&cursor, channels.count)
    let deviation = try readDeviation(&cursor, channels.count)
    try cursor.finish()
    let input = model.tensors[model.inputs[0]]
    guard input.shape == [1, height, width, channels.count] else {
      throw Status(
        .imageInput, "preprocessing makes images of shape (1, \(height), \(width), "
          + "\(channels.count)); input \(input.name) has another", at: start)
    }
    model.preprocessing = Preprocessing(
      width: width, height: height, resize: resize, cropSide: cropSide, channels: channels,
      appliesOrientation: orientation == 1, scale: scale, mean: mean, deviation: deviation)
  }

  private static func readSide(_ cursor: inout SectionCursor) throws(Status) -> Int {
    try cursor.count(in: 1...Limits.imageSide, .imageSize, "pixels on a side")
  }

  private static func readMean(
    _ cursor: inout SectionCursor, _ count: Int
  ) throws(Status) -> [Float] {
    var values: [Float] = []
    for _ in 0..<count {
      let place = cursor.offset
      let value = try cursor.f32()
      guard value.isFinite else {
        throw Status(.pixelMean, "a mean of preprocessing is not finite", at: place)
      }
      values.append(value)
    }
    return values
  }

  private static func readDeviation(
    _ cursor: inout SectionCursor, _ count: Int
  ) throws(Status) -> [Float] {
    var values: [Float] = []
    for _ in 0..<count {
      let place = cursor.offset
      let value = try cursor.f32()
      guard value.isFinite, value > 0 else {
        throw Status(
          .pixelDeviation, "a deviation of preprocessing is not a positive number", at: place)
      }
      values.append(value)
    }
    return values
  }
}
