import MTLFormat
import MTLGraph

/// Where values of a whole batch lie that one segment computes and another, or the caller, reads.
struct SharedValues {
  /// Size for one image.
  let bytes: Int
  private var offsets: [Int: Int] = [:]

  /// - Parameter arenas: one per segment, in order.
  init(_ graph: ExecutionGraph, _ arenas: [Arena]) throws(Status) {
    var (tensors, first, last): ([Int], [Int], [Int]) = ([], [], [])
    var places: [Int: Int] = [:]
    for (segment, arena) in arenas.enumerated() {
      for crossing in arena.crossings {
        if let place = places[crossing.tensor] {
          last[place] = segment
        } else if crossing.isResult {
          places[crossing.tensor] = tensors.count
          tensors.append(crossing.tensor)
          first.append(segment)
          last.append(segment)
        }
      }
    }
    let buffers = tensors.indices.map { place in
      // A value without a last reader is an output.
      MemoryPlan.Buffer(
        bytes: graph.byteCount(of: tensors[place]), first: first[place],
        last: graph.lastReader(of: tensors[place]) == nil ? arenas.count : last[place])
    }
    guard let plan = MemoryPlan(buffers) else { throw MemorySize.tooMuch }
    bytes = plan.bytes
    for (tensor, place) in places { offsets[tensor] = plan.offsets[place] }
  }

  /// Where the values of `tensor` begin, times the batch; nil for the caller's inputs.
  func offset(of tensor: Int) -> Int? { offsets[tensor] }
}
