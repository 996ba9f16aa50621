import CMTL
import MTLFormat

@c @implementation public func mtlrt_slot_at(
  _ model: OpaquePointer!, _ isOutput: UInt32, _ index: UInt32,
  _ slot: UnsafeMutablePointer<mtlrt_slot>!
) -> Int32 {
  guard let model, let slot else { return Int32(MTLRT_E_ARGUMENT) }
  let engine = model.object(Engine.self)
  let tensors = isOutput == 0 ? engine.file.model.inputs : engine.file.model.outputs
  let names = isOutput == 0 ? engine.strings.inputs : engine.strings.outputs
  guard Int(index) < tensors.count else { return Int32(MTLRT_E_ARGUMENT) }
  let shape = engine.file.model.tensors[tensors[Int(index)]].shape
  var value = mtlrt_slot()
  value.rank = UInt32(shape.count)
  withUnsafeMutableBytes(of: &value.dim) { raw in
    let dimensions = raw.bindMemory(to: UInt64.self)
    for (i, dimension) in shape.enumerated() { dimensions[i] = UInt64(dimension) }
  }
  value.bytes = UInt64(engine.graph.byteCount(of: tensors[Int(index)]))
  value.name = UnsafePointer(names[Int(index)].pointer)
  return fill(slot, with: value) ? Int32(MTLRT_OK) : Int32(MTLRT_E_ARGUMENT)
}

@c @implementation public func mtlrt_task_at(
  _ model: OpaquePointer!, _ index: UInt32, _ task: UnsafeMutablePointer<mtlrt_task>!
) -> Int32 {
  guard let model, let task else { return Int32(MTLRT_E_ARGUMENT) }
  let engine = model.object(Engine.self)
  guard Int(index) < engine.file.model.tasks.count else { return Int32(MTLRT_E_ARGUMENT) }
  let source = engine.file.model.tasks[Int(index)]
  var value = mtlrt_task()
  value.exclusive = source.isExclusive ? 1 : 0
  value.output = UInt32(source.output)
  value.first = UInt32(source.first)
  value.labels = UInt32(source.labels.count)
  value.threshold = source.threshold
  value.name = UnsafePointer(engine.strings.tasks[Int(index)].pointer)
  return fill(task, with: value) ? Int32(MTLRT_OK) : Int32(MTLRT_E_ARGUMENT)
}

@c @implementation public func mtlrt_label(
  _ model: OpaquePointer!, _ task: UInt32, _ label: UInt32
) -> UnsafePointer<CChar>! {
  guard let model else { return nil }
  let labels = model.object(Engine.self).strings.labels
  guard Int(task) < labels.count, Int(label) < labels[Int(task)].count else { return nil }
  return UnsafePointer(labels[Int(task)][Int(label)].pointer)
}

@c @implementation public func mtlrt_metadata(
  _ model: OpaquePointer!, _ key: UnsafePointer<CChar>!
) -> UnsafePointer<CChar>! {
  guard let model, let key else { return nil }
  let engine = model.object(Engine.self)
  let count = strlen(key)
  let index = engine.file.model.metadata.firstIndex {
    $0.key.utf8.count == count
      && $0.key.utf8.withUnsafeBytes { memcmp($0.baseAddress!, key, count) } == 0
  }
  return index.map { UnsafePointer(engine.strings.metadata[$0].pointer) }
}
