import BackendKit
import CMTL

// transpose: one part fills a run of elements.

@c(mtlk_scalar_transpose_plan)
func scalarTransposePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output))
}

@c(mtlk_scalar_transpose_run)
func scalarTransposeRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (input, output) = (call.op.input(0), call.op.output)
  let (x, y) = (call.elements(input), call.values(output))
  let image = input.count(of: 1..<input.rank)
  for element in elementSplit(output)[part] {
    var rest = element
    var source = 0
    for axis in (1..<output.rank).reversed() {
      let (next, position) = rest.quotientAndRemainder(dividingBy: output.dimension(axis))
      let from = call.op.attribute(axis - 1)
      source += position * input.count(of: from + 1..<input.rank)
      rest = next
    }
    y[element] = x[rest * image + source]
  }
  return Int32(MTLRT_MODULE_OK)
}
