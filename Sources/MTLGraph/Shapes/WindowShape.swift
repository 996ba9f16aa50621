/// How often a window fits along one dimension:
/// `floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1`, at least 1.
func windowCount(
  size: Int, kernel: Int, stride: Int, before: Int, after: Int, dilation: Int
) throws(ShapeFault) -> Int {
  // All arguments are below 2^31, so that nothing here overflows 64 bits.
  let extent = dilation * (kernel - 1) + 1
  let padded = size + before + after
  guard padded >= extent else { throw .mismatch }
  return (padded - extent) / stride + 1
}
