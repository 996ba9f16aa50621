import CMTL
import MTLFormat
import MTLGraph

/// How a run's inputs get in and its outputs get out.
struct IOSlots {
  private struct Input {
    let tensor: Int
    let bytes: Int
    /// Its place in the run's memory, for callers whose memory is not aligned.
    let home: UnsafeMutableRawPointer
    /// Where steps look for its address.
    var readers: [UnsafeMutablePointer<UnsafeMutableRawPointer?>] = []
    var bound: UnsafeMutableRawPointer
  }

  private struct Output {
    let bytes: Int
    let home: UnsafeMutableRawPointer
    /// The input that it is a view of.
    let input: Int?
  }

  private let storage: [Int]
  private var inputs: [Input] = []
  private var outputs: [Output] = []

  init(_ engine: Engine, batch: Int, memory: UnsafeMutableRawPointer) {
    let graph = engine.graph
    storage = graph.schedule.storage
    for tensor in graph.model.inputs {
      let home = engine.address(of: tensor, in: memory, batch: batch)!
      inputs.append(
        Input(tensor: tensor, bytes: graph.byteCount(of: tensor) * batch, home: home, bound: home))
    }
    for tensor in graph.model.outputs {
      let root = storage[tensor]
      outputs.append(
        Output(
          bytes: graph.byteCount(of: tensor) * batch,
          home: engine.address(of: tensor, in: memory, batch: batch)!,
          input: graph.model.inputs.firstIndex(of: root)))
    }
  }

  /// A step looks for the address of `tensor` at `reader`.
  mutating func note(_ tensor: Int, at reader: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
    for index in inputs.indices where inputs[index].tensor == storage[tensor] {
      inputs[index].readers.append(reader)
    }
  }

  /// Lets the steps read the caller's memory, or a copy of it where modules could not: they count
  /// on the alignment.
  mutating func bind(_ pointers: UnsafePointer<UnsafeRawPointer?>) {
    for index in inputs.indices {
      let given = UnsafeMutableRawPointer(mutating: pointers[index]!)
      var bound = given
      if UInt(bitPattern: given) % UInt(MemoryPlan.alignment) != 0 {
        bound = inputs[index].home
        memcpy(bound, given, inputs[index].bytes)
      }
      guard bound != inputs[index].bound else { continue }
      inputs[index].bound = bound
      for reader in inputs[index].readers { reader.pointee = bound }
    }
  }

  func copy(to pointers: UnsafePointer<UnsafeMutableRawPointer?>) {
    for (index, output) in outputs.enumerated() {
      memcpy(pointers[index]!, output.input.map { inputs[$0].bound } ?? output.home, output.bytes)
    }
  }
}
