import CMTL
import MTLFormat

@c @implementation public func mtlrt_time_steps(_ context: OpaquePointer!, _ on: Int32) {
  guard let context else { return }
  _ = call(nil) { () throws(Status) in try context.object(RunContext.self).timeSteps(on != 0) }
}

@c @implementation public func mtlrt_step_at(
  _ context: OpaquePointer!, _ index: UInt32, _ step: UnsafeMutablePointer<mtlrt_step>!
) -> Int32 {
  guard let context, let step else { return Int32(MTLRT_E_ARGUMENT) }
  let run = context.object(RunContext.self)
  let engine = run.engine
  guard Int(index) < engine.steps.count else { return Int32(MTLRT_E_ARGUMENT) }
  let source = engine.steps[Int(index)]
  let cost = engine.costs[Int(index)]
  let shape = engine.graph.model.tensors[engine.graph.node(at: source.positions.last!).output].shape
  var value = mtlrt_step()
  value.rank = UInt32(shape.count)
  withUnsafeMutableBytes(of: &value.dim) { raw in
    let dimensions = raw.bindMemory(to: UInt64.self)
    for (i, dimension) in shape.enumerated() { dimensions[i] = UInt64(dimension) }
    dimensions[0] *= UInt64(run.batch)
  }
  value.operations = cost.operations * Double(run.batch)
  value.value_bytes = UInt64(cost.valueBytes) * UInt64(run.batch)
  value.constant_bytes = UInt64(cost.constantBytes)
  value.seconds = run.stopwatch?.seconds(step: Int(index)) ?? 0
  value.nodes = UnsafePointer(source.label.pointer)
  value.backend = mtl_module_name(source.backend.module)
  return fill(step, with: value) ? 0 : Int32(MTLRT_E_ARGUMENT)
}
