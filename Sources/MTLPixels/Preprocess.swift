import CMTL
import MTLFormat

/// Pixels to a model's input, shape (height, width, channels): the image is brought to the
/// model's channels, resized on 8 bits, cropped, and then scaled,
/// `(pixel * scale - mean) / deviation` in float for each channel.
///
/// Gray becomes three equal channels; alpha is laid on white; colors become gray by the luma of
/// ITU-R BT.601. Throws `MTLRT_E_ARGUMENT` where `pixels` or the size of `input` cannot be, and
/// `MTLRT_E_MEMORY`.
public func preprocess(
  _ pixels: mtlrt_pixels, _ preprocessing: Preprocessing,
  into input: UnsafeMutableBufferPointer<Float>
) throws(Status) {
  try pixels.check()
  let channels = preprocessing.channels.count
  guard preprocessing.width > 0, preprocessing.height > 0,
    preprocessing.mean.count == channels, preprocessing.deviation.count == channels,
    preprocessing.cropSide ?? .max >= max(preprocessing.width, preprocessing.height)
  else { throw Status(MTLRT_E_ARGUMENT, "preprocessing: its fields do not fit together") }
  let rowCount = preprocessing.width * channels
  guard input.count == rowCount * preprocessing.height, let base = input.baseAddress else {
    throw Status(
      MTLRT_E_ARGUMENT,
      "the input has room for \(input.count) numbers; the model's image has "
        + "\(rowCount * preprocessing.height)")
  }
  let spans = preprocessing.spans(
    imageWidth: Int(pixels.width), imageHeight: Int(pixels.height))
  var rows = try RowResampler(
    channelSource(pixels, preprocessing.channels), x: spans.x, y: spans.y,
    method: preprocessing.resize)
  let memory = try Bytes.allocate(rowCount)
  let row = UnsafeMutableRawPointer(mutating: memory.view.baseAddress!)
    .assumingMemoryBound(to: UInt8.self)
  for y in 0..<preprocessing.height {
    rows.write(row: y, to: row)
    normalize(row, count: rowCount, preprocessing, to: base + y * rowCount)
  }
}

private func channelSource(
  _ pixels: mtlrt_pixels, _ channels: Preprocessing.Channels
) -> PixelSource {
  switch channels {
  case .rgb: .rgb(pixels)
  case .bgr: .bgr(pixels)
  case .gray: .gray(pixels)
  }
}

private func normalize(
  _ row: UnsafePointer<UInt8>, count: Int, _ preprocessing: Preprocessing,
  to target: UnsafeMutablePointer<Float>
) {
  let channels = preprocessing.channels.count
  for channel in 0..<channels {
    let mean = preprocessing.mean[channel]
    let deviation = preprocessing.deviation[channel]
    for i in stride(from: channel, to: count, by: channels) {
      target[i] = (Float(row[i]) * preprocessing.scale - mean) / deviation
    }
  }
}
