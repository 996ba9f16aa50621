import CMTL
import MTLFormat

/// A call of `mtlrt_predict`, in its caller's memory while it waits and runs.
struct Prediction {
  let engine: Unmanaged<Engine>
  let batch: Int
  let input: UnsafeRawPointer
  /// All outputs, one after the other, each with its whole batch.
  let output: UnsafeMutableRawPointer
  /// Why it failed.
  var failure: Status?

  init(
    _ engine: Engine, batch: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer
  ) {
    self.engine = .passUnretained(engine)
    self.batch = batch
    self.input = input
    self.output = output
  }

  /// Does the work, at once if a CPU is free. Else helpers do it in their turn, that of callers
  /// with one image each as one batch (`spec/decisions/0009-callers-take-turns.md`).
  mutating func run() throws(Status) {
    var turn = mtl_pool_turn()
    turn.serve = { Prediction.serve($0!) }
    let model = engine.takeUnretainedValue()
    if batch == 1, model.isBatchInvariant {
      turn.wish = UnsafeRawPointer(engine.toOpaque())
      turn.threads = UInt32(model.threads)
    }
    withUnsafeMutablePointer(to: &self) { (this) in
      withUnsafeMutablePointer(to: &turn) { (turn) in
        turn.pointee.caller = UnsafeMutableRawPointer(this)
        guard mtl_pool_enter(turn, nil, nil) == Int32(MTL_TURN_BEGINS) else { return }
        this.pointee.runAlone(turn)
        mtl_pool_leave()
      }
    }
    if let failure { throw failure }
  }

  private static func serve(_ turn: UnsafeMutablePointer<mtl_pool_turn>) {
    let engine = prediction(turn).pointee.engine.takeUnretainedValue()
    if turn.pointee.other_count > 0, let gathering = try? engine.borrowGathering() {
      gathering.run(turn)
      engine.giveBack(gathering)
    } else {
      forEach(turn) { $0.pointee.runAlone(turn) }
    }
  }

  private mutating func runAlone(_ turn: UnsafeMutablePointer<mtl_pool_turn>) {
    let engine = engine.takeUnretainedValue()
    do throws(Status) {
      // Those who wait need no workspace: there are as many as callers that run at once.
      let workspace = engine.borrowWorkspace(batch: batch)
      defer { engine.giveBack(workspace) }
      try workspace.context(batch: batch).run(turn, input: input, output: output)
    } catch {
      failure = error
    }
  }

  /// Calls `body` with the prediction of each caller that is served in this turn.
  static func forEach(
    _ turn: UnsafeMutablePointer<mtl_pool_turn>,
    _ body: (UnsafeMutablePointer<Prediction>) -> Void
  ) {
    body(prediction(turn))
    var next = turn.pointee.others
    while let turn = next {
      body(prediction(turn))
      next = turn.pointee.next
    }
  }

  private static func prediction(
    _ turn: UnsafeMutablePointer<mtl_pool_turn>
  ) -> UnsafeMutablePointer<Prediction> {
    turn.pointee.caller.assumingMemoryBound(to: Prediction.self)
  }
}
