import CCheck
import CMTL

/// Runs a case by the module under test. What that one refuses is taken from a reference.
struct CaseRunner {
  let data: CaseData
  let steps: [PreparedStep]
  /// What the memory of values holds before it is written.
  private let poison = Poison.first
  private let threads: Int
  private let constants: ConstantMemory

  /// Plans and packs. `refused` hears of each operator that the module does not take.
  init(
    _ module: ModuleUnderTest, _ data: CaseData, threads: Int, refused: (Int, String) -> Void
  ) throws(Defect) {
    self.data = data
    self.threads = threads
    constants = ConstantMemory(data.constants, .beforeGuard)
    var steps: [PreparedStep] = []
    var next = 0
    while next < data.graph.nodes.count {
      let step = try PreparedStep(
        module, data, constants, at: next, threads: Pass.all.map { $0.threads }
      ) { refused(next, $0) }
      next = step.positions.upperBound
      steps.append(step)
    }
    self.steps = steps
  }

  /// Whether the pass differs from the first one. The module takes something.
  func isWorthwhile(_ pass: Pass) -> Bool {
    let steps = steps.filter { $0.isTaken }
    let parts = steps.map { $0.cut(for: pass.threads).plan.partCounts.max()! }.max()!
    switch pass.order {
    case .forward, .backward: return true
    case .shuffled:
      return parts > 2 || steps.contains {
        $0.sharedInput(data.graph, $0.cut(for: pass.threads)) != nil
      }
    case .atOnce: return parts > 1
    }
  }

  /// The values that the module's steps write, by index of tensor. The other steps' are those of
  /// `reference`.
  func run(_ pass: Pass, _ reference: Reference) throws(Defect) -> [Int: [Float]] {
    var values: [Int: GuardedMemory] = [:]
    for (index, elements) in data.inputs {
      values[index] = memory(index, pass, "input \(index)")
      elements.withUnsafeBytes { values[index]!.copy($0) }
    }
    var results: [Int: [Float]] = [:]
    for step in steps {
      guard step.isTaken else {
        for output in step.outputs(data.graph) {
          values[output] = memory(output, pass, "a value that is read")
          reference.expectations[output]!.values.withUnsafeBytes { values[output]!.copy($0) }
        }
        continue
      }
      try run(step, pass, &values)
      for output in step.outputs(data.graph) { results[output] = Array(values[output]!.floats) }
    }
    return results
  }

  private func memory(_ tensor: Int, _ pass: Pass, _ name: String) -> GuardedMemory {
    GuardedMemory(
      count: data.graph.tensors[tensor].count(batch: data.batch) * 4, pass.placement, name: name)
  }

  private func run(
    _ step: PreparedStep, _ pass: Pass, _ values: inout [Int: GuardedMemory]
  ) throws(Defect) {
    let (outputs, cut) = (step.outputs(data.graph), step.cut(for: pass.threads))
    let shared = pass.inPlace ? step.sharedInput(data.graph, cut) : nil
    for output in outputs {
      let name = data.graph.nodes.first { $0.output == output }!.row.name
      values[output] = shared.map { values[$0]! } ?? memory(output, pass, "the result of \(name)")
    }
    let inputs = step.inputs(data.graph)
    for input in inputs { values[input]!.setWritable(input == shared) }
    let pointers = cut.chain.tensors.map { tensor in
      inputs.contains(tensor) || outputs.contains(tensor)
        ? values[tensor]!.start
        : constants.data(tensor).map { UnsafeMutableRawPointer(mutating: $0) }
    }
    let scratch = GuardedMemory(
      count: Int(cut.plan.scratch_bytes), pass.placement, name: "scratch memory")
    try withUnsafePointer(to: cut.plan) { plan throws(Defect) in
      try pointers.withUnsafeBufferPointer { pointers throws(Defect) in
        let call = mtlrt_call(
          self: step.runner.instance, chain: cut.chain.pointer, plan: plan,
          packed: step.packed.isEmpty ? nil : UnsafeRawPointer(step.packed[pass.packing].start),
          scratch: scratch.start, value: pointers.baseAddress)
        try runStages(step.runner, pass, call)
      }
    }
    guard scratch.isIntact else { throw Defect("writes beyond the scratch memory") }
    for output in outputs { try checkWritten(values[output]!, output, isShared: shared != nil) }
  }

  private func checkWritten(
    _ memory: GuardedMemory, _ tensor: Int, isShared: Bool
  ) throws(Defect) {
    let name = data.graph.nodes.first { $0.output == tensor }!.row.name
    guard memory.isIntact else {
      throw Defect("writes next to the result of \(name) (\(memory.count) bytes)")
    }
    if !isShared, let index = poison.firstUnwritten(memory.floats) {
      throw Defect("element \(index) of the result of \(name) is not written, or made of memory "
        + "that was not")
    }
  }

  private func runStages(
    _ runner: ModuleUnderTest, _ pass: Pass, _ call: mtlrt_call
  ) throws(Defect) {
    for (stage, count) in call.plan.pointee.partCounts.enumerated() {
      let parts = PartRun(runner: runner, call: call, stage: UInt32(stage), pass: pass)
      switch pass.order {
      case .forward: try parts.run(Array(0..<UInt32(count)))
      case .backward: try parts.run((0..<UInt32(count)).reversed())
      case .shuffled:
        var random = RandomNumbers(UInt64(count), UInt64(stage))
        try parts.run(random.shuffled(count))
      case .atOnce: try parts.runAtOnce(count, threads: threads)
      }
    }
  }
}
