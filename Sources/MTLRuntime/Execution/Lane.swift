import CMTL
import MTLFormat
import MTLGraph

/// A segment with memory to run it in, for one chunk of images at a time.
final class Lane {
  let plan: SegmentPlan
  private let calls: UnsafeMutableBufferPointer<mtlrt_call>
  private let values: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  private let crossings: UnsafeMutableBufferPointer<Crossing>
  /// Where steps look for the addresses of crossing values, one crossing after the other.
  private let readers: UnsafeMutableBufferPointer<UnsafeMutablePointer<UnsafeMutableRawPointer?>>

  private struct Crossing {
    let isResult: Bool
    /// Which of the caller's inputs it is; nil for what is in memory of ours.
    let input: Int?
    /// Where the values of the batch begin, unless they are an input.
    let base: UnsafeMutableRawPointer?
    /// Bytes for one image.
    let stride: Int
    /// Stands in where the values of a chunk are not aligned.
    let home: UnsafeMutableRawPointer
    var readers: Range<Int>
    var bound: UnsafeMutableRawPointer?

    func address(
      _ first: Int, _ inputs: UnsafePointer<UnsafeRawPointer?>
    ) -> UnsafeMutableRawPointer {
      let start = input.map { UnsafeMutableRawPointer(mutating: inputs[$0]!) } ?? base!
      return start + first * stride
    }
  }

  /// - Parameters:
  ///   - arena: memory for the arena of `plan`; `scratch`: for its scratch.
  ///   - base: where a value that other segments know is, for the first image of the batch; nil
  ///     for the caller's inputs.
  init(
    _ plan: SegmentPlan, arena: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer,
    base: (Int) -> UnsafeMutableRawPointer?
  ) {
    let (engine, layout) = (plan.engine, plan.arena)
    self.plan = plan
    var byBuffer: [Int: Int] = [:]
    var found: [[UnsafeMutablePointer<UnsafeMutableRawPointer?>]] = []
    for (index, crossing) in layout.crossings.enumerated() {
      byBuffer[crossing.buffer] = index
      found.append([])
    }
    values = .allocate(capacity: plan.chains.reduce(0) { $0 + $1.tensors.count })
    calls = .allocate(capacity: plan.chains.count)
    var pointers = values.baseAddress!
    for (index, chain) in plan.chains.enumerated() {
      let step = engine.steps[plan.steps.lowerBound + index]
      for (i, tensor) in chain.tensors.enumerated() {
        var address = engine.graph.model.tensors[tensor].data.flatMap {
          UnsafeMutableRawPointer(mutating: $0.baseAddress)
        }
        if let buffer = layout.buffer(of: engine.graph.schedule.storage[tensor]) {
          address = arena + layout.plan.offsets[buffer] * plan.images
          if let crossing = byBuffer[buffer] { found[crossing].append(pointers + i) }
        }
        (pointers + i).initialize(to: address)
      }
      calls.initializeElement(
        at: index,
        to: mtlrt_call(
          self: step.backend.instance, chain: UnsafePointer(chain.pointer),
          plan: UnsafePointer(plan.plans.baseAddress! + index),
          packed: step.packed, scratch: scratch, value: UnsafePointer(pointers)))
      pointers += chain.tensors.count
    }
    readers = .allocate(capacity: found.reduce(0) { $0 + $1.count })
    crossings = .allocate(capacity: found.count)
    var next = 0
    for (index, crossing) in layout.crossings.enumerated() {
      let range = next..<(next + found[index].count)
      for reader in found[index] {
        readers.initializeElement(at: next, to: reader)
        next += 1
      }
      crossings.initializeElement(
        at: index,
        to: Crossing(
          isResult: crossing.isResult,
          input: engine.graph.model.inputs.firstIndex(of: crossing.tensor),
          base: base(crossing.tensor), stride: engine.graph.byteCount(of: crossing.tensor),
          home: arena + layout.plan.offsets[crossing.buffer] * plan.images, readers: range))
    }
  }

  deinit {
    calls.deallocate()
    values.deallocate()
    crossings.deallocate()
    readers.deallocate()
  }

  /// Lets the steps work on the images from `first` on, where they are, or on a copy where modules
  /// could not: they count on the alignment.
  func bind(first: Int, inputs: UnsafePointer<UnsafeRawPointer?>) {
    for index in crossings.indices {
      let crossing = crossings[index]
      let given = crossing.address(first, inputs)
      var bound = given
      if UInt(bitPattern: given) % UInt(MemoryPlan.alignment) != 0 {
        bound = crossing.home
        if !crossing.isResult { memcpy(bound, given, crossing.stride * plan.images) }
      }
      guard bound != crossing.bound else { continue }
      crossings[index].bound = bound
      for reader in crossing.readers { readers[reader].pointee = bound }
    }
  }

  /// Brings results that had to be computed elsewhere to their place.
  func finish(first: Int, inputs: UnsafePointer<UnsafeRawPointer?>) {
    for crossing in crossings where crossing.isResult && crossing.bound == crossing.home {
      memcpy(crossing.address(first, inputs), crossing.home, crossing.stride * plan.images)
    }
  }

  /// What a module is told about a stage.
  func call(_ stage: SegmentPlan.Stage) -> UnsafePointer<mtlrt_call> {
    UnsafePointer(calls.baseAddress! + stage.step)
  }
}
