import BackendKit
import CMTL

// Weights for sgemm: f32 where they lie, other types decoded once.

/// Bytes that decoded weights take; 0 for f32.
func packedBytes(_ weights: TensorView) -> UInt64 {
  weights.type == MTLRT_F32 ? 0 : UInt64(weights.count * 4)
}

func packWeights(_ weights: TensorView, _ packed: UnsafeMutableRawPointer) -> Int32 {
  guard weights.type != MTLRT_F32 else { return Int32(MTLRT_MODULE_OK) }
  let rows = weights.dimension(0)
  weights.decode(
    rows: 0..<rows, length: weights.count / rows, to: packed.assumingMemoryBound(to: Float.self))
  return Int32(MTLRT_MODULE_OK)
}

/// The weights of a call, as packWeights left them.
func weights(_ call: CallView) -> UnsafePointer<Float> {
  let weights = call.op.input(1)
  return weights.type == MTLRT_F32
    ? weights.floats : call.packed!.assumingMemoryBound(to: Float.self)
}

/// Largest number that sgemm takes as a dimension.
let sizeMax = Int(Int32.max)
