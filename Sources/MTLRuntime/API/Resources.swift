import CMTL

@c @implementation public func mtlrt_backend(
  _ model: OpaquePointer!, _ index: UInt32
) -> UnsafePointer<CChar>! {
  guard let model else { return nil }
  var modules: [UnsafePointer<mtlrt_module>] = []
  for step in model.object(Engine.self).steps where !modules.contains(step.backend.module) {
    modules.append(step.backend.module)
  }
  return Int(index) < modules.count ? mtl_module_name(modules[Int(index)]) : nil
}

@c @implementation public func mtlrt_threads(_ model: OpaquePointer!) -> UInt32 {
  model.map { UInt32($0.object(Engine.self).threads) } ?? 0
}
