import CMTL
import MTLFormat

/// 1.0.0
@c @implementation public func mtlrt_version() -> UInt32 { 1 << 16 }

@c @implementation public func mtlrt_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<mtlrt_options>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> OpaquePointer! {
  guard let path else {
    _ = error.refuse("path is NULL")
    return nil
  }
  return open(options, error) { (copies) throws(Status) in
    (copies ? try Bytes.read(path: path) : try Bytes.map(path: path), Message(cString: path))
  }
}

@c @implementation public func mtlrt_open_memory(
  _ bytes: UnsafeRawPointer!, _ count: Int, _ options: UnsafePointer<mtlrt_options>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> OpaquePointer! {
  guard bytes != nil, count >= 0 else {
    _ = error.refuse("bytes is NULL")
    return nil
  }
  return open(options, error) { (copies) throws(Status) in
    let view = UnsafeRawBufferPointer(start: bytes, count: count)
    let isUsable = UInt(bitPattern: bytes) % 64 == 0 && !copies
    return (isUsable ? Bytes.borrowed(view) : try Bytes.copy(of: view), nil)
  }
}

/// Opens what `source` gives, a copy if it is told so. Messages about a file begin with its name.
private func open(
  _ options: UnsafePointer<mtlrt_options>?, _ error: UnsafeMutablePointer<mtlrt_error>?,
  source: (_ copies: Bool) throws(Status) -> (bytes: Bytes, name: Message?)
) -> OpaquePointer? {
  guard Options.refusal(of: options, error) == 0 else { return nil }
  var model: OpaquePointer?
  _ = call(error) { () throws(Status) in
    let options = try Options(options)
    let (bytes, name) = try source(options.copies)
    do throws(Status) {
      let engine = try Engine.open(bytes, options)
      if options.verifies { try engine.verify() }
      try Memory.check()
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
  inLibrary {
    model.object(Engine.self).close()
    model.release(Engine.self)
  }
}

@c @implementation public func mtlrt_verify(
  _ model: OpaquePointer!, _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard model != nil else { return error.refuse("model is NULL") }
  return call(error) { () throws(Status) in
    let engine = model.object(Engine.self)
    try engine.file.verifyHashes()
    try engine.verify()
  }
}
