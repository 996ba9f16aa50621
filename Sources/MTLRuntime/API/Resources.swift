import CMTL

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

@c @implementation public func mtlrt_threads(_ model: OpaquePointer!) -> UInt32 {
  model.map { UInt32($0.object(Engine.self).threads) } ?? 0
}
