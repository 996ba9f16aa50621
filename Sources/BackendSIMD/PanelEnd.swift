/// What becomes of the sums of a panel: `count` channels from `channel` on.
struct PanelEnd {
  let finish: Finish
  let channel: Int
  let count: Int
  /// The first row's results, what is added to them, and how far it is to the next row's.
  let output: UnsafeMutablePointer<Float>
  let residual: UnsafePointer<Float>?
  let stride: Int

  /// Brings `rows` rows of sums to their place; `row` counts from the first one.
  func apply(_ sums: UnsafePointer<Float>, row: Int, count rows: Int) {
    forLongLanes(count) { next, some in
      let place = row * stride + next
      finish.apply(
        SumRows(
          sums: sums + next, step: Gemm.columns, output: output + place,
          residual: residual.map { $0 + place }, stride: stride, count: rows, some: some),
        finish.channels(channel + next, some))
    }
  }
}
