import CMTL
import Foundation

/// A small host: runs a graph by one module, and by the scalar backend what that one refuses.
struct TestHost {
  /// How the parts of a stage are run. The bits must be the same.
  enum Order: CaseIterable { case forward, backward, twoThreads }

  struct Failure: Error { let text: String }

  struct Outcome {
    /// The values that were written, by index of tensor.
    var values: [Int: [Float]] = [:]
    /// How many operators each step of the module asked for took; 0 where scalar had to run.
    var taken: [Int] = []
  }

  let backend: Backend
  var order = Order.forward
  /// Put results into the buffers of inputs where the module says that it can be done.
  var inPlace = false
  /// Buffers without slack before the guard page.
  var tight = false

  func run(_ graph: TestGraph, batch: Int, inputs: [Int: [Float]]) throws -> Outcome {
    let one = TestChain(graph, batch: 1, tight: tight)
    let whole = TestChain(graph, batch: batch, tight: tight)
    var buffers: [Int: GuardedBuffer] = [:]
    for (index, elements) in inputs {
      buffers[index] = GuardedBuffer(count: elements.count * 4, tight: tight)
      _ = buffers[index]!.floats.update(from: elements)
    }
    var outcome = Outcome()
    var next = 0
    while next < graph.nodes.count {
      next += try step(next, one, whole, &buffers, &outcome)
    }
    for (index, buffer) in buffers where graph.tensors[index].isConstant == false {
      guard buffer.isIntact else { throw Failure(text: "wrote beyond tensor \(index)") }
      if outcome.values[index] == nil, inputs[index] == nil {
        outcome.values[index] = Array(buffer.floats)
      }
    }
    return outcome
  }

  /// Runs the step at node `first`; returns how many nodes it took.
  private func step(
    _ first: Int, _ one: TestChain, _ whole: TestChain, _ buffers: inout [Int: GuardedBuffer],
    _ outcome: inout Outcome
  ) throws -> Int {
    var module = backend.module
    var plan = mtlrt_plan()
    let graph = one.graph
    var verdict = try answer(module, one.from(first, count: graph.nodes.count - first), &plan)
    if verdict == MTLRT_MODULE_NO {
      module = Backend.scalar.module
      verdict = try answer(module, one.from(first, count: 1), &plan)
      outcome.taken.append(0)
    } else {
      outcome.taken.append(Int(plan.take))
    }
    let count = Int(plan.take)
    guard verdict == MTLRT_MODULE_OK, count >= 1, count <= graph.nodes.count - first else {
      throw Failure(text: "plan answered \(verdict), take \(count)")
    }
    let packed = GuardedBuffer(count: Int(plan.packed_bytes))
    var error = mtlrt_error()
    if plan.packed_bytes > 0,
      module.pack(nil, one.from(first, count: count), &plan, packed.start, &error) != 0
    {
      throw Failure(text: "pack failed")
    }
    var planned = mtlrt_plan()
    guard try answer(module, whole.from(first, count: count), &planned) == MTLRT_MODULE_OK,
      planned.take == plan.take, planned.packed_bytes == plan.packed_bytes
    else { throw Failure(text: "another plan for the batch") }
    try run(module, first, planned, packed, whole, &buffers, &outcome)
    return count
  }

  private func answer(
    _ module: mtlrt_module, _ chain: UnsafePointer<mtlrt_chain>, _ plan: inout mtlrt_plan
  ) throws -> Int {
    plan = mtlrt_plan()
    plan.size = UInt32(MemoryLayout<mtlrt_plan>.size)
    var error = mtlrt_error()
    let verdict = Int(module.plan(nil, chain, &plan, &error))
    guard verdict == MTLRT_MODULE_OK else {
      if error.text.0 == 0 { throw Failure(text: "refused without a reason") }
      return verdict
    }
    guard (1...UInt32(MTLRT_STAGES_MAX)).contains(plan.stages) else {
      throw Failure(text: "\(plan.stages) stages")
    }
    return verdict
  }

  private func run(
    _ module: mtlrt_module, _ first: Int, _ plan: mtlrt_plan, _ packed: GuardedBuffer,
    _ chain: TestChain, _ buffers: inout [Int: GuardedBuffer], _ outcome: inout Outcome
  ) throws {
    let count = Int(plan.take)
    let graph = chain.graph
    let view = chain.from(first, count: count)
    var values = [UnsafeMutableRawPointer?](repeating: nil, count: graph.tensors.count)
    for (index, buffer) in buffers { values[index] = buffer.start }
    for node in graph.nodes[first..<first + count]
    where chain.writes(node.output, first: first, count: count) {
      let input = graph.nodes[first].inputs[0]!
      if inPlace, plan.in_place != 0, node.output == graph.nodes[first + count - 1].output,
        !graph.nodes[(first + count)...].contains(where: { $0.inputs.contains(input) }),
        let shared = buffers[input], shared.count == chain.shape(node.output).reduce(4, *)
      {
        buffers[node.output] = shared
      } else {
        let bytes = chain.shape(node.output).reduce(4, *)
        buffers[node.output] = GuardedBuffer(count: bytes, tight: tight)
      }
      values[node.output] = buffers[node.output]!.start
    }
    let scratch = GuardedBuffer(count: Int(plan.scratch_bytes))
    try withUnsafePointer(to: plan) { plan in
      try values.withUnsafeBufferPointer { values in
        var call = mtlrt_call(
          self: nil, chain: view, plan: plan, packed: UnsafeRawPointer(packed.start),
          scratch: scratch.start, value: values.baseAddress)
        try runStages(module, &call, plan.pointee)
      }
    }
    guard packed.isIntact, scratch.isIntact else { throw Failure(text: "wrote beyond scratch") }
    for node in graph.nodes[first..<first + count] {
      if let buffer = buffers[node.output] { outcome.values[node.output] = Array(buffer.floats) }
    }
  }

  private func runStages(
    _ module: mtlrt_module, _ call: inout mtlrt_call, _ plan: mtlrt_plan
  ) throws {
    let parts = withUnsafeBytes(of: plan.parts) { Array($0.bindMemory(to: UInt32.self)) }
    for stage in 0..<plan.stages {
      let all = Array(0..<parts[Int(stage)])
      switch order {
      case .forward: try runParts(module, &call, stage, all)
      case .backward: try runParts(module, &call, stage, all.reversed())
      case .twoThreads:
        nonisolated(unsafe) let shared = (module, call)
        let halves = [all.filter { $0 % 2 == 0 }, all.filter { $0 % 2 == 1 }]
        nonisolated(unsafe) var failed = [false, false]
        failed.withUnsafeMutableBufferPointer { failed in
          nonisolated(unsafe) let failed = failed
          DispatchQueue.concurrentPerform(iterations: 2) { index in
            var call = shared.1
            failed[index] = (try? runParts(shared.0, &call, stage, halves[index])) == nil
          }
        }
        if failed.contains(true) { throw Failure(text: "a part failed") }
      }
    }
  }

  private func runParts(
    _ module: mtlrt_module, _ call: inout mtlrt_call, _ stage: UInt32, _ parts: [UInt32]
  ) throws {
    let local = GuardedBuffer(count: Int(call.plan.pointee.local_bytes))
    for part in parts {
      let code = module.run(&call, stage, part, local.start)
      guard code == 0 else { throw Failure(text: "run answered \(code)") }
      memset(local.start, 0xFF, local.count)
    }
    guard local.isIntact else { throw Failure(text: "wrote beyond local memory") }
  }
}
