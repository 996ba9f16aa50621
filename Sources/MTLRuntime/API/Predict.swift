import CMTL
import MTLFormat

@c @implementation public func mtlrt_predict(
  _ model: OpaquePointer!, _ input: UnsafeRawPointer!, _ inputBytes: Int,
  _ output: UnsafeMutableRawPointer!, _ outputBytes: Int,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard model != nil, input != nil, output != nil else {
    return error.refuse("an argument is NULL")
  }
  let engine = model.object(Engine.self)
  guard engine.graph.model.inputs.count == 1 else {
    return error.refuse("the model has several inputs: use mtlrt_run")
  }
  let row = engine.bytesOfOne
  guard inputBytes > 0, inputBytes % row.input == 0 else {
    return error.refuse(
      "input_bytes is %lld, not a multiple of the %lld bytes of one input", inputBytes, row.input)
  }
  let batch = inputBytes / row.input
  guard batch <= batchMax else {
    return error.refuse("a batch of %lld is over the limit of %lld", batch, batchMax)
  }
  let (total, overflow) = row.outputs.multipliedReportingOverflow(by: batch)
  guard !overflow, outputBytes == total else {
    return error.refuse(
      "output_bytes is %lld, a batch of %lld gives %lld", outputBytes, batch,
      overflow ? Int.max : total)
  }
  return call(error) { () throws(Status) in
    var prediction = Prediction(engine, batch: batch, input: input, output: output)
    try prediction.run()
  }
}

extension Engine {
  /// Bytes of the only input, and of all outputs together, for one image.
  fileprivate var bytesOfOne: (input: Int, outputs: Int) {
    var outputs = 0
    for output in graph.model.outputs { outputs += graph.byteCount(of: output) }
    return (graph.byteCount(of: graph.model.inputs[0]), outputs)
  }
}

/// Most images at once.
private let batchMax = 1 << 20

@c @implementation public func mtlrt_ctx_new(
  _ model: OpaquePointer!, _ batch: UInt32, _ error: UnsafeMutablePointer<mtlrt_error>!
) -> OpaquePointer! {
  var context: OpaquePointer?
  if model == nil {
    _ = error.refuse("model is NULL")
  } else if batch < 1 || batch > batchMax {
    _ = error.refuse("batch is %lld, it can be 1 to %lld", Int(batch), batchMax)
  } else {
    _ = call(error) { () throws(Status) in
      context = OpaquePointer(
        retaining: try RunContext.make(model.object(Engine.self), batch: Int(batch)))
    }
  }
  return context
}

@c @implementation public func mtlrt_ctx_free(_ context: OpaquePointer!) {
  inLibrary { context?.release(RunContext.self) }
}

@c @implementation public func mtlrt_run(
  _ context: OpaquePointer!, _ inputs: UnsafePointer<UnsafeRawPointer?>!,
  _ outputs: UnsafePointer<UnsafeMutableRawPointer?>!,
  _ error: UnsafeMutablePointer<mtlrt_error>!
) -> Int32 {
  guard context != nil, inputs != nil, outputs != nil else {
    return error.refuse("an argument is NULL")
  }
  let run = context.object(RunContext.self)
  let model = run.engine.graph.model
  for index in model.inputs.indices where inputs[index] == nil {
    return error.refuse("input %lld is NULL", index)
  }
  for index in model.outputs.indices where outputs[index] == nil {
    return error.refuse("output %lld is NULL", index)
  }
  return call(error) { () throws(Status) in
    try run.engine.inTurn(run) { (turn) throws(Status) in
      try run.run(turn, inputs: inputs, outputs: outputs)
    }
  }
}

@c @implementation public func mtlrt_cancel(_ context: OpaquePointer!, _ on: Int32) {
  inLibrary { context?.object(RunContext.self).cancel(on != 0) }
}
