import CMTL
import MTLFormat

/// 1.0.0
@c @implementation public func mtlrt_version() -> UInt32 { 1 << 16 }

@c @implementation public func mtlrt_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<mtlrt_options>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> OpaquePointer! {
  open(options, error) { () throws(Status) in
    try require(path != nil, "path is NULL")
    do {
      return (try Bytes.map(path: path), Message(cString: path))
    }
  }
}

@c @implementation public func mtlrt_open_memory(
  _ bytes: UnsafeRawPointer!, _ count: Int, _ options: UnsafePointer<mtlrt_options>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> OpaquePointer! {
  open(options, error) { () throws(Status) in
    try require(bytes != nil && count >= 0, "bytes is NULL")
    let view = UnsafeRawBufferPointer(start: bytes, count: count)
    let isAligned = UInt(bitPattern: bytes) % 64 == 0
    return (isAligned ? Bytes.borrowed(view) : try Bytes.copy(of: view), nil)
  }
}

/// Opens what `source` gives. Messages about a file begin with its name.
private func open(
  _ options: UnsafePointer<mtlrt_options>?, _ error: UnsafeMutablePointer<mtlrt_error>?,
  source: () throws(Status) -> (bytes: Bytes, name: Message?)
) -> OpaquePointer? {
  var model: OpaquePointer?
  _ = reporting(to: error) { () throws(Status) in
    let options = try Options(options)
    let (bytes, name) = try source()
    do throws(Status) {
      let engine = try Engine(bytes, options)
      if options.verifies { try engine.verify() }
      model = OpaquePointer(retaining: engine)
    } catch {
      guard let name, error.code >= Int32(MTLRT_E_MODEL) else { throw error }
      throw error.of(file: name)
    }
  }
  return model
}

@c @implementation public func mtlrt_close(_ model: OpaquePointer!) {
  guard let model else { return }
  model.object(Engine.self).close()
  model.release(Engine.self)
}

@c @implementation public func mtlrt_verify(
  _ model: OpaquePointer!, _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  reporting(to: error) { () throws(Status) in
    try require(model != nil, "model is NULL")
    let engine = model.object(Engine.self)
    try engine.file.verifyHashes()
    try engine.verify()
  }
}
