import BackendKit
import CMTL

// transpose: one part fills some lines of the result.

@c(mtlk_simd_transpose_plan)
func simdTransposePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, Transposition(OperatorView(chain)).split)
}

@c(mtlk_simd_transpose_run)
func simdTransposeRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  Transposition(call.op).copy(x, y, part)
  return Int32(MTLRT_MODULE_OK)
}

/// Lines of the result: runs along its last axes, as many as are neighbours in the input, too.
/// There their elements lie at even distances.
private struct Transposition {
  let length: Int, step: Int
  let split: Split
  /// The axes before a line's: their sizes, and elements of the input from one index to the next.
  private let axes: Int
  private var sizes = InlineArray<8, Int>(repeating: 1), steps = InlineArray<8, Int>(repeating: 0)

  init(_ op: OperatorView) {
    let (x, y) = (op.input(0), op.output)
    func source(_ axis: Int) -> Int { axis == 0 ? 0 : op.attribute(axis - 1) }
    var first = y.rank - 1
    while first > 1, source(first - 1) == source(first) - 1 { first -= 1 }
    length = y.count(of: first..<y.rank)
    step = x.count(of: source(y.rank - 1) + 1..<x.rank)
    axes = first
    for axis in 0..<first {
      sizes[axis] = y.dimension(axis)
      steps[axis] = x.count(of: source(axis) + 1..<x.rank)
    }
    split = Split(y.count(of: 0..<first), grain: max(1, (1 << 13) / length))
  }

  func copy(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ part: UInt32) {
    let lines = split[part]
    var indexes = InlineArray<8, Int>(repeating: 0)
    var (rest, source) = (lines.lowerBound, x)
    for axis in (0..<axes).reversed() {
      (rest, indexes[axis]) = rest.quotientAndRemainder(dividingBy: sizes[axis])
      source += indexes[axis] * steps[axis]
    }
    var target = y + lines.lowerBound * length
    for _ in lines {
      if step == 1 {
        copyRun(source, target)
      } else {
        for k in 0..<length { target[k] = source[k * step] }
      }
      target += length
      var axis = axes - 1
      while axis >= 0 {
        source += steps[axis]
        indexes[axis] += 1
        if indexes[axis] < sizes[axis] { break }
        source -= sizes[axis] * steps[axis]
        indexes[axis] = 0
        axis -= 1
      }
    }
  }

  private func copyRun(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>) {
    forLanes(length) { next, some in storeSome(loadSome(source + next, some), target + next, some) }
  }
}
