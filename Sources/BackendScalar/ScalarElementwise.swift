import BackendKit

/// Runs a formula of one element on the elements of a part.
func mapElements(_ call: CallView, _ part: UInt32, _ formula: (Float) -> Float) {
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for k in elementSplit(call.op.output)[part] { y[k] = formula(x[k]) }
}
