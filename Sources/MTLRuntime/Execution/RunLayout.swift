import CMTL
import MTLFormat
import MTLGraph

/// How runs of some batch are carried out: the lanes with their memory, and the stages in order.
struct RunLayout {
  /// All of it; the lanes point into it.
  let block: LargeMemory
  /// One block of local memory for each thread.
  let locals: UnsafeMutableRawPointer
  let localStride: Int
  private(set) var lanes: [Lane] = []
  private(set) var stages: [Stage] = []
  /// Lanes that always hold the whole batch: no stage binds them.
  private(set) var wholeLanes: [Lane] = []

  private let engine: Engine
  private let memory: UnsafeMutableRawPointer
  private let map: RunMemoryMap
  private let values: SharedValues
  private let batch: Int

  init(_ engine: Engine, batch: Int, within other: LargeMemory?) throws(Status) {
    let segments = Segment.cut(engine.costs, batch: batch)
    let arenas = try segments.map { (segment) throws(Status) in
      try Arena(engine.graph, engine.list, segment.steps)
    }
    let shares = try segments.indices.map { (index) throws(Status) in
      try SegmentShare(engine, segments[index], arenas[index], batch: batch)
    }
    values = try SharedValues(engine.graph, arenas)
    map = try RunMemoryMap(shares, values, threads: engine.threads, batch: batch)
    if let other, other.count >= map.size.bytes {
      block = other
    } else {
      block = try LargeMemory.allocate(map.size.bytes)
    }
    memory = block.start
    locals = memory + map.locals
    localStride = map.localStride
    self.engine = engine
    self.batch = batch
    for share in shares { try add(share) }
  }

  /// Where the value of an output is found after a run; nil where it is an input.
  func result(of tensor: Int) -> UnsafeMutableRawPointer? {
    let root = engine.graph.schedule.storage[tensor]
    return values.offset(of: root).map { memory + $0 * batch }
  }

  private mutating func add(_ share: SegmentShare) throws(Status) {
    let main = try addLane(share.plan, thread: 0)
    guard share.chunks > 1 || share.rest != nil else {
      wholeLanes.append(main)
      addSteps(main)
      return
    }
    if share.separate > 0 {
      stages.append(
        Stage(
          work: .chunks(lane: lanes.count - 1), parts: UInt32(share.separate),
          step: share.plan.steps.lowerBound))
      for thread in 1..<max(engine.threads, 1) { _ = try addLane(share.plan, thread: thread) }
    }
    for chunk in share.separate..<share.chunks {
      addTogether(main, first: chunk * share.plan.images)
    }
    if let rest = share.rest {
      addTogether(try addLane(rest, thread: 0), first: share.chunks * share.plan.images)
    }
  }

  private mutating func addLane(_ plan: SegmentPlan, thread: Int) throws(Status) -> Lane {
    try Memory.check()
    let (arena, scratch) = map.lane(of: thread)
    let (values, memory, batch) = (values, memory, batch)
    let lane = Lane(plan, arena: memory + arena, scratch: memory + scratch) { tensor in
      values.offset(of: tensor).map { memory + $0 * batch }
    }
    lanes.append(lane)
    return lane
  }

  /// The images from `first` on, all threads working on the same ones.
  private mutating func addTogether(_ lane: Lane, first: Int) {
    let step = lane.plan.steps.lowerBound
    let kept = Unmanaged.passUnretained(lane)
    stages.append(Stage(work: .bind(kept, first: first), parts: 1, step: step))
    addSteps(lane)
    stages.append(Stage(work: .finish(kept, first: first), parts: 1, step: step))
  }

  private mutating func addSteps(_ lane: Lane) {
    for stage in lane.plan.stages {
      stages.append(
        Stage(
          work: .step(stage, lane.call(stage)), parts: stage.parts,
          step: lane.plan.steps.lowerBound + stage.step))
    }
  }
}
