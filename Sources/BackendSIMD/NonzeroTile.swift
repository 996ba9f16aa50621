import CBackendSIMD

/// Sums of some vectors of outputs of a row, which stay in registers while inputs that are not 0
/// pass by.
enum NonzeroTile<let vectors: Int> {
  static var outputs: Int { vectors * laneCount }

  /// Adds the products of listed inputs. From one input's weights to the next's there are `step`
  /// elements. The weights of the inputs that stand a chunk further on in the list are fetched.
  @inline(__always)
  static func add<W: LaneWeight>(
    _ chunk: NonzeroChunk, _ weights: UnsafePointer<W>, step: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    if chunk.count == 0 { return }
    let list = chunk.list
    var sums = InlineArray<vectors, Lanes> { load(target + $0 * laneCount) }
    for index in 0..<chunk.count {
      let ahead = weights + Int(list[index + NonzeroInput.chunk].index) * step
      for next in stride(from: 0, to: outputs, by: 64 / MemoryLayout<W>.stride) {
        mtl_prefetch(ahead + next)
      }
      let row = weights + Int(list[index].index) * step
      let x = Lanes(repeating: list[index].value)
      for v in 0..<vectors { sums[v] = multiplyAdd(W.lanes(row + v * laneCount), x, sums[v]) }
    }
    for v in 0..<vectors { store(sums[v], target + v * laneCount) }
  }
}
