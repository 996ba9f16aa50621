import CMTL
import MTLFormat
import MTLGraph

/// Which value of a segment lies where in the memory that a thread runs it in. Offsets are for one
/// image (`MemoryPlan`).
struct Arena {
  /// A value that other segments or the caller know as well. It has a place in the arena for when
  /// its own memory is not aligned as modules count on.
  struct Crossing {
    /// The tensor whose memory it is.
    let tensor: Int
    /// Whether the segment computes it, rather than reads it.
    let isResult: Bool
    let buffer: Int
  }

  let plan: MemoryPlan
  private(set) var crossings: [Crossing] = []
  /// For the memory of each tensor that the segment touches the index of its buffer.
  private var buffers: [Int: Int] = [:]

  /// - Parameter range: the segment's steps.
  init(_ graph: ExecutionGraph, _ steps: StepList, _ range: Range<Int>) throws(Status) {
    var lives = Lives(graph, steps, range)
    for index in range { lives.add(index) }
    var sizes: [MemoryPlan.Buffer] = []
    var owned: [Int: Int] = [:]
    for life in lives.all where life.owner == life.tensor {
      owned[life.tensor] = sizes.count
      sizes.append(
        MemoryPlan.Buffer(
          bytes: graph.byteCount(of: life.tensor), first: life.first, last: life.last))
    }
    guard let plan = MemoryPlan(sizes) else { throw MemorySize.tooMuch }
    self.plan = plan
    for life in lives.all {
      let buffer = owned[life.owner]!
      buffers[life.tensor] = buffer
      guard life.isImport || life.isResult else { continue }
      crossings.append(Crossing(tensor: life.tensor, isResult: life.isResult, buffer: buffer))
    }
  }

  /// The buffer of a tensor's memory; nil for constants and for what steps keep to themselves.
  func buffer(of tensor: Int) -> Int? { buffers[tensor] }
}

/// When values of a segment are in use, in steps, and whose buffer they have.
private struct Lives {
  struct Life {
    let tensor: Int
    var owner: Int
    var first: Int
    var last: Int
    /// Comes from before the segment: nothing is written there.
    var isImport = false
    /// Is read after the segment.
    var isResult = false
  }

  private let graph: ExecutionGraph
  private let steps: StepList
  private let range: Range<Int>
  /// In the order in which they were met.
  private(set) var all: [Life] = []
  /// Of each tensor's memory the index in `all`.
  private var places: [Int: Int] = [:]

  init(_ graph: ExecutionGraph, _ steps: StepList, _ range: Range<Int>) {
    self.graph = graph
    self.steps = steps
    self.range = range
  }

  /// Notes what step `index` reads and writes.
  mutating func add(_ index: Int) {
    let step = steps.steps[index]
    for tensor in step.inputs(graph) {
      let root = graph.schedule.storage[tensor]
      guard places[root] == nil else { continue }
      add(
        Life(
          tensor: root, owner: root, first: range.lowerBound, last: end(of: root, from: index),
          isImport: true))
    }
    for output in step.outputs(graph) {
      var life = Life(
        tensor: output, owner: output, first: index, last: end(of: output, from: index))
      life.isResult = life.last >= range.upperBound
      if let owner = reusable(step, at: index) {
        life.owner = all[owner].tensor
        all[owner].last = life.last
      }
      add(life)
    }
  }

  private mutating func add(_ life: Life) {
    places[life.tensor] = all.count
    all.append(life)
  }

  private func end(of root: Int, from index: Int) -> Int {
    guard let last = graph.lastReader(of: root) else { return range.upperBound }
    return max(index, min(steps.index(ofPosition: last), range.upperBound))
  }

  /// The index in `all` of the owner of the buffer that a step may write its only result over: that
  /// of its first input, if the module allows it and nobody reads it later.
  private func reusable(_ step: Step, at index: Int) -> Int? {
    let outputs = step.outputs(graph)
    guard step.plan.in_place != 0, outputs.count == 1,
      let input = graph.node(at: step.positions.lowerBound).inputs[0],
      case let root = graph.schedule.storage[input], let place = places[root],
      let owner = places[all[place].owner], all[owner].last == index, !all[owner].isImport,
      graph.byteCount(of: root) == graph.byteCount(of: outputs[0]),
      graph.byteCount(of: all[owner].tensor) == graph.byteCount(of: outputs[0])
    else { return nil }
    return owner
  }
}
