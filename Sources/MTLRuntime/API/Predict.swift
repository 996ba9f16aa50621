import CMTL
import MTLFormat

@c @implementation public func mtlrt_predict(
  _ model: OpaquePointer!, _ input: UnsafeRawPointer!, _ inputBytes: Int,
  _ output: UnsafeMutableRawPointer!, _ outputBytes: Int,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  reporting(to: error) { () throws(Status) in
    try require(model != nil && input != nil && output != nil, "an argument is NULL")
    let engine = model.object(Engine.self)
    var prediction = Prediction(
      engine, batch: try engine.batch(inputBytes: inputBytes, outputBytes: outputBytes),
      input: input, output: output)
    try prediction.run()
  }
}

extension Engine {
  /// How many images the two buffers of `mtlrt_predict` are for.
  fileprivate func batch(inputBytes: Int, outputBytes: Int) throws(Status) -> Int {
    try require(graph.model.inputs.count == 1, "the model has several inputs: use mtlrt_run")
    let one = graph.byteCount(of: graph.model.inputs[0])
    try require(
      inputBytes > 0 && inputBytes % one == 0,
      "input_bytes is \(inputBytes), not a multiple of the \(one) bytes of one input")
    let batch = inputBytes / one
    var wanted = 0
    for output in graph.model.outputs { wanted += graph.byteCount(of: output) }
    let (total, overflow) = wanted.multipliedReportingOverflow(by: batch)
    try require(
      !overflow && outputBytes == total,
      "output_bytes is \(outputBytes), a batch of \(batch) gives \(total)")
    try require(batch <= batchMax, "a batch of \(batch) is over the limit of \(batchMax)")
    return batch
  }
}

/// Most images at once.
private let batchMax = 1 << 20

@c @implementation public func mtlrt_ctx_new(
  _ model: OpaquePointer!, _ batch: UInt32, _ error: UnsafeMutablePointer<mtlrt_error>!
) -> OpaquePointer! {
  var context: OpaquePointer?
  _ = reporting(to: error) { () throws(Status) in
    try require(model != nil, "model is NULL")
    try require(batch >= 1 && batch <= batchMax, "batch is \(batch), it can be 1 to \(batchMax)")
    context = OpaquePointer(
      retaining: try RunContext(model.object(Engine.self), batch: Int(batch)))
  }
  return context
}

@c @implementation public func mtlrt_ctx_free(_ context: OpaquePointer!) {
  context?.release(RunContext.self)
}

@c @implementation public func mtlrt_run(
  _ context: OpaquePointer!, _ inputs: UnsafePointer<UnsafeRawPointer?>!,
  _ outputs: UnsafePointer<UnsafeMutableRawPointer?>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  reporting(to: error) { () throws(Status) in
    try require(context != nil && inputs != nil && outputs != nil, "an argument is NULL")
    let run = context.object(RunContext.self)
    let model = run.engine.graph.model
    for index in model.inputs.indices {
      try require(inputs[index] != nil, "input \(index) is NULL")
    }
    for index in model.outputs.indices {
      try require(outputs[index] != nil, "output \(index) is NULL")
    }
    try run.engine.inTurn(run) { (turn) throws(Status) in
      try run.run(turn, inputs: inputs, outputs: outputs)
    }
  }
}

@c @implementation public func mtlrt_cancel(_ context: OpaquePointer!, _ on: Int32) {
  context?.object(RunContext.self).cancel(on != 0)
}
