import CMTL
import MTLFormat
import MTLPixels

@c @implementation public func mtlrt_image(
  _ model: OpaquePointer!, _ pixels: UnsafePointer<mtlrt_pixels>!,
  _ input: UnsafeMutableRawPointer!, _ inputBytes: Int,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  reporting(to: error) { () throws(Status) in
    try require(model != nil && pixels != nil && input != nil, "an argument is NULL")
    let engine = model.object(Engine.self)
    guard let preprocessing = engine.file.model.preprocessing else {
      throw Status(MTLRT_E_ARGUMENT, "the model does not say how images become its input")
    }
    let wanted = engine.graph.byteCount(of: engine.graph.model.inputs[0])
    try require(
      inputBytes == wanted, "input_bytes is \(inputBytes), one image takes \(wanted)")
    try require(
      UInt(bitPattern: input) % UInt(MemoryLayout<Float>.alignment) == 0,
      "input is not aligned to a float")
    let count = inputBytes / MemoryLayout<Float>.stride
    try preprocess(
      pixels.pointee, preprocessing,
      into: UnsafeMutableBufferPointer(
        start: input.bindMemory(to: Float.self, capacity: count), count: count))
  }
}
