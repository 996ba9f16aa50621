import BackendKit
import CMTL

/// Parts of a run of elements each, whole vectors but for the last.
func elementSplit(_ tensor: TensorView) -> Split {
  Split(tensor.count, grain: 1 << 14)
}

/// Parts of some pixels each, whose elements lie along the last axis.
func pixelSplit(_ tensor: TensorView) -> Split {
  Split(tensor.count / tensor.channels, grain: max(1, (1 << 14) / tensor.channels))
}

/// Runs a formula of one element on the elements of a part.
@inline(__always)
func mapElements(_ call: CallView, _ part: UInt32, _ formula: some LaneFormula) {
  let elements = elementSplit(call.op.output)[part]
  let x = call.elements(call.op.input(0)) + elements.lowerBound
  let y = call.values(call.op.output) + elements.lowerBound
  forLongLanes(elements.count) { next, some in
    storeSome(formula(loadSome(x + next, some)), y + next, some)
  }
}
