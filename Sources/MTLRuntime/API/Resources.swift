import CMTL
import MTLFormat

@c @implementation public func mtlrt_backend(
  _ model: OpaquePointer!, _ index: UInt32
) -> UnsafePointer<CChar>! {
  guard let model else { return nil }
  let steps = model.object(Engine.self).steps
  var left = Int(index)
  for position in steps.indices {
    let module = steps[position].backend.module
    if steps[..<position].contains(where: { $0.backend.module == module }) { continue }
    if left == 0 { return mtl_module_name(module) }
    left -= 1
  }
  return nil
}

@c @implementation public func mtlrt_fallback(
  _ model: OpaquePointer!, _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard model != nil else { return error.refuse("model is NULL") }
  return call(error) { () throws(Status) in
    if let reason = model.object(Engine.self).choice.fallback {
      throw Status(MTLRT_E_BACKEND, reason)
    }
  }
}

@c @implementation public func mtlrt_threads(_ model: OpaquePointer!) -> UInt32 {
  model.map { UInt32($0.object(Engine.self).threads) } ?? 0
}
