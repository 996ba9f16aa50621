import MTLGraph
import Testing

@Suite struct MemoryPlanTests {
  /// Buffers in use at the same time never share a byte, for any batch.
  @Test func buffersInUseAtOnceDoNotOverlap() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let buffers = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        let first = Int.random(in: 0..<30, using: &random)
        return MemoryPlan.Buffer(
          bytes: Int.random(in: 1...5000, using: &random), first: first,
          last: first + Int.random(in: 0..<8, using: &random))
      }
      let plan = try #require(MemoryPlan(buffers))
      for batch in [1, 3] {
        for (i, a) in buffers.enumerated() {
          #expect(plan.offsets[i] % MemoryPlan.alignment == 0)
          #expect(plan.offsets[i] * batch + a.bytes * batch <= plan.bytes * batch)
          for (j, b) in buffers.enumerated().dropFirst(i + 1) {
            guard a.first <= b.last, b.first <= a.last else { continue }
            let (aStart, bStart) = (plan.offsets[i] * batch, plan.offsets[j] * batch)
            #expect(aStart + a.bytes * batch <= bStart || bStart + b.bytes * batch <= aStart)
          }
        }
      }
    }
  }

  /// A chain needs its two largest neighbours, not the sum of all.
  @Test func aChainReusesItsMemory() throws {
    let buffers = (0..<10).map { MemoryPlan.Buffer(bytes: 1024, first: $0, last: $0 + 1) }
    #expect(try #require(MemoryPlan(buffers)).bytes == 2048)
  }

  @Test func sizesThatOverflowAreRefused() {
    let half = MemoryPlan.Buffer(bytes: Int.max / 2 + 1, first: 0, last: 1)
    #expect(MemoryPlan([half, half]) == nil)
    #expect(MemoryPlan([MemoryPlan.Buffer(bytes: Int.max, first: 0, last: 0)]) == nil)
  }
}
