import CMTL
import MTLFormat
import MTLPixels

@c @implementation public func mtlrt_image(
  _ model: OpaquePointer!, _ pixels: UnsafePointer<mtlrt_pixels>!,
  _ input: UnsafeMutableRawPointer!, _ inputBytes: Int,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard model != nil, pixels != nil, input != nil else {
    return error.refuse("an argument is NULL")
  }
  let engine = model.object(Engine.self)
  guard let preprocessing = engine.file.model.preprocessing else {
    return error.refuse("the model does not say how images become its input")
  }
  let wanted = engine.graph.byteCount(of: engine.graph.model.inputs[0])
  guard inputBytes == wanted else {
    return error.refuse("input_bytes is %lld, one image takes %lld", inputBytes, wanted)
  }
  guard UInt(bitPattern: input) % UInt(MemoryLayout<Float>.alignment) == 0 else {
    return error.refuse("input is not aligned to a float")
  }
  if let refusal = pixels.pointee.refusal {
    let (a, b, c) = refusal.numbers
    return error.refuse(refusal.text, a, b, c)
  }
  return call(error) { () throws(Status) in
    let count = inputBytes / MemoryLayout<Float>.stride
    try preprocess(
      pixels.pointee, preprocessing,
      into: UnsafeMutableBufferPointer(
        start: input.bindMemory(to: Float.self, capacity: count), count: count))
  }
}

/// The image module that `model` would use; without a model the one in the default directory.
private func imageModule(
  for model: OpaquePointer?
) throws(Status) -> UnsafePointer<mtlrt_image_module> {
  let folder: PluginFolder
  if let model { folder = model.object(Engine.self).folder } else { folder = try .find(nil) }
  return try folder.imageModule()
}

/// What a function of the image module reports is reported as it is.
private func check(
  _ call: (UnsafeMutablePointer<mtlrt_error>) -> Int32
) throws(Status) {
  var error = mtlrt_error()
  let code = withUnsafeMutablePointer(to: &error) { call($0) }
  guard code == 0 else {
    throw Status(Int(code), withUnsafeMutablePointer(to: &error) { $0.message })
  }
}

@c @implementation public func mtlrt_decode(
  _ model: OpaquePointer!, _ bytes: UnsafeRawPointer!, _ count: Int,
  _ pixels: UnsafeMutablePointer<mtlrt_pixels>!, _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard bytes != nil, pixels != nil else { return error.refuse("an argument is NULL") }
  // A caller that cannot hold the pointer could not free the memory either.
  guard Int(pixels.pointee.size) >= MemoryLayout<mtlrt_pixels>.size else {
    return error.refuse("mtlrt_pixels.size is %lld: set it to sizeof", Int(pixels.pointee.size))
  }
  return call(error) { () throws(Status) in
    let module = try imageModule(for: model)
    var options = mtlrt_image_options()
    options.size = UInt32(MemoryLayout<mtlrt_image_options>.size)
    if let model, model.object(Engine.self).file.model.preprocessing?.appliesOrientation == false {
      options.flags = MTLRT_IMAGE_AS_STORED
    }
    var decoded = mtlrt_pixels()
    try Memory.check()
    try check { module.pointee.decode(bytes, count, &options, &decoded, $0) }
    _ = fill(pixels, with: decoded)
  }
}

@c @implementation public func mtlrt_encode_png(
  _ model: OpaquePointer!, _ pixels: UnsafePointer<mtlrt_pixels>!,
  _ bytes: UnsafeMutablePointer<UnsafeMutableRawPointer?>!, _ count: UnsafeMutablePointer<Int>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard pixels != nil, bytes != nil, count != nil else {
    return error.refuse("an argument is NULL")
  }
  return call(error) { () throws(Status) in
    let module = try imageModule(for: model)
    try Memory.check()
    try check { module.pointee.encode_png(pixels, bytes, count, $0) }
  }
}

@c @implementation public func mtlrt_pixels_free(_ pixels: UnsafeMutablePointer<mtlrt_pixels>!) {
  guard let pixels else { return }
  free(pixels.pointee.data)
  pixels.pointee.data = nil
}

@c @implementation public func mtlrt_free(_ bytes: UnsafeMutableRawPointer!) { free(bytes) }
