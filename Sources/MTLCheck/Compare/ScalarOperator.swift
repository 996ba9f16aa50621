import CMTL

/// Runs one operator by the scalar backend, for expectations.
struct ScalarOperator {
  private let graph: CaseGraph
  let node: Int
  private let batch: Int
  private let chain: CaseChain
  private let plan: mtlrt_plan

  init(_ graph: CaseGraph, _ node: Int, batch: Int, _ constants: ConstantMemory) throws(Defect) {
    self.graph = graph
    self.node = node
    self.batch = batch
    chain = CaseChain(graph, node..<node + 1, batch: batch, constants)
    guard case .takes(let plan) = try ModuleUnderTest.scalar.plan(chain) else {
      throw Defect("the scalar backend refuses \(graph.nodes[node].row.name)")
    }
    self.plan = plan
  }

  /// The result for these elements of the values that the operator reads.
  func run(_ values: (Int) -> [Float]) -> [Float] {
    let output = graph.nodes[node].output
    let count = graph.tensors[output].count(batch: batch)
    let memory = chain.tensors.map { tensor -> UnsafeMutableBufferPointer<Float>? in
      if graph.tensors[tensor].isConstant { return nil }
      let copy = UnsafeMutableBufferPointer<Float>.allocate(
        capacity: graph.tensors[tensor].count(batch: batch))
      _ = copy.update(from: tensor == output ? [] : values(tensor))
      return copy
    }
    defer { memory.forEach { $0?.deallocate() } }
    let pointers = memory.map { UnsafeMutableRawPointer($0?.baseAddress) }
    withUnsafePointer(to: plan) { plan in
      pointers.withUnsafeBufferPointer { pointers in
        var call = mtlrt_call(
          self: nil, chain: chain.pointer, plan: plan, packed: nil, scratch: nil,
          value: pointers.baseAddress)
        for part in 0..<UInt32(plan.pointee.partCounts[0]) {
          _ = ModuleUnderTest.scalar.module.run!(&call, 0, part, nil)
        }
      }
    }
    let result = memory[chain.tensors.firstIndex(of: output)!]!
    return Array(result.prefix(count))
  }
}
