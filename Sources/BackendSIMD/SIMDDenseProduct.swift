import BackendKit
import CBackendSIMD
import CMTL

/// Some outputs of some rows of a dense layer.
struct DenseProduct<W: LaneWeight> {
  let matrix: TensorView
  let length: Int
  let rows: Range<Int>
  let outputs: Range<Int>
  /// All results, (row, output), `width` of them in a row.
  let y: UnsafeMutablePointer<Float>
  let width: Int
  let finish: Finish

  init(_ call: CallView, rows: Range<Int>, outputs: Range<Int>) {
    (self.rows, self.outputs) = (rows, outputs)
    matrix = call.op.input(1)
    (width, length) = (matrix.dimension(0), matrix.dimension(1))
    finish = Finish(epilogue: Epilogue(call.op, .simd))
    y = call.values(finish.epilogue.output)
  }

  /// With inputs as they lie in memory. A tile has as many outputs as the memory serves streams at
  /// once, each from end to end.
  func run(_ x: UnsafePointer<Float>, local: UnsafeMutablePointer<Float>) {
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: 2) {
      let some = row..<min(row + 2, rows.upperBound)
      if some.count == 1 {
        run(DenseTile<1, 8>.self, x, some, local)
      } else {
        run(DenseTile<2, 4>.self, x, some, local)
      }
    }
  }

  @inline(__always)
  private func run<let tileRows: Int, let tileOutputs: Int>(
    _: DenseTile<tileRows, tileOutputs>.Type, _ x: UnsafePointer<Float>, _ rows: Range<Int>,
    _ local: UnsafeMutablePointer<Float>
  ) {
    let inputs = InlineArray<tileRows, UnsafePointer<Float>> {
      x + (rows.lowerBound + $0) * length
    }
    for output in stride(from: outputs.lowerBound, to: outputs.upperBound, by: tileOutputs) {
      var tile = DenseTile<tileRows, tileOutputs>()
      tile.add(inputs, weights(output, from: 0), count: length)
      tile.put(local)
      let step = DenseTile<tileRows, tileOutputs>.step(W.self)
      let first = length / step * step
      addRest(
        inputs[0] + first, step: length, vectorStep: laneCount, rows: tileRows, output, tileOutputs,
        first..<length, to: local)
      put(local, tileOutputs, rows, output)
    }
  }

  /// Adds the products of `inputs`, which are packed; the last ones give the results. Until then
  /// sums are kept in `local`, (tile of rows, tile of outputs).
  func add(
    _ packed: UnsafePointer<Float>, _ inputs: Range<Int>, local: UnsafeMutablePointer<Float>
  ) {
    if hasManyRegisters {
      add(DenseTile<6, 4>.self, DenseTile<4, 4>.self, packed, inputs, local)
    } else {
      add(DenseTile<6, 2>.self, DenseTile<4, 2>.self, packed, inputs, local)
    }
  }

  /// Rows pass by a tile's outputs, so that there is time to fetch the weights of the next ones.
  @inline(__always)
  private func add<let more: Int, let fewer: Int, let tileOutputs: Int>(
    _ large: DenseTile<more, tileOutputs>.Type, _ small: DenseTile<fewer, tileOutputs>.Type,
    _ packed: UnsafePointer<Float>, _ inputs: Range<Int>, _ local: UnsafeMutablePointer<Float>
  ) {
    let stride = DenseBlocks.wholeTiles(outputs.count) * laneCount
    for output in Swift.stride(from: outputs.lowerBound, to: outputs.upperBound, by: tileOutputs) {
      var packed = packed
      DenseBlocks.forTiles(of: rows) { some, tileRows in
        let place = (some.lowerBound - rows.lowerBound) * stride
          + (output - outputs.lowerBound) * tileRows * laneCount
        let sums = isWhole(inputs) ? local : local + place
        if tileRows == more {
          add(large, packed, inputs, some, output, sums)
        } else {
          add(small, packed, inputs, some, output, sums)
        }
        packed += tileRows * DenseBlocks.padded(inputs.count)
      }
    }
  }

  @inline(__always)
  private func add<let tileRows: Int, let tileOutputs: Int>(
    _: DenseTile<tileRows, tileOutputs>.Type, _ packed: UnsafePointer<Float>,
    _ inputs: Range<Int>, _ rows: Range<Int>, _ output: Int, _ sums: UnsafeMutablePointer<Float>
  ) {
    var tile = DenseTile<tileRows, tileOutputs>()
    if inputs.lowerBound > 0 { tile.get(sums) }
    tile.add(
      packed: packed, weights(output, from: inputs.lowerBound), count: inputs.count,
      ahead: 2 * tileOutputs * length)
    tile.put(sums)
    let step = DenseTile<tileRows, tileOutputs>.step(W.self)
    let first = inputs.count / step * step
    addRest(
      packed + first * tileRows, step: laneCount, vectorStep: laneCount * tileRows, rows: tileRows,
      output, tileOutputs,
      inputs.lowerBound + first..<inputs.upperBound, to: sums)
    if inputs.upperBound == length { put(sums, tileOutputs, rows, output) }
  }

  /// Adds the products of inputs behind the last whole step to a tile's sums: in memory, as the
  /// code would be as long as the tile's, and is needed once for each. From one vector of a row's
  /// inputs to the next there are `vectorStep` numbers.
  @inline(never)
  private func addRest(
    _ x: UnsafePointer<Float>, step: Int, vectorStep: Int, rows: Int, _ first: Int,
    _ tileOutputs: Int, _ inputs: Range<Int>, to sums: UnsafeMutablePointer<Float>
  ) {
    let weights = matrix.bytes.assumingMemoryBound(to: W.self)
    var x = x
    for input in stride(from: inputs.lowerBound, to: inputs.upperBound, by: laneCount) {
      let some = min(laneCount, inputs.upperBound - input)
      for index in 0..<tileOutputs {
        let output = min(first + index, outputs.upperBound - 1)
        let lanes = W.lanes(weights + output * length + input, count: some)
        for row in 0..<rows {
          let sum = sums + (row * tileOutputs + index) * laneCount
          store(multiplyAdd(lanes, load(x + row * step, count: some), load(sum)), sum)
        }
      }
      x += vectorStep
    }
  }

  /// Whether there is one chunk: then no sums are kept, and `local` is for one tile.
  private func isWhole(_ inputs: Range<Int>) -> Bool { inputs.count == length }

  /// Where the weights of a tile's outputs begin. Outputs behind the last repeat it.
  @inline(__always)
  private func weights<let tileOutputs: Int>(
    _ output: Int, from first: Int
  ) -> InlineArray<tileOutputs, UnsafePointer<W>> {
    let weights = matrix.bytes.assumingMemoryBound(to: W.self)
    return InlineArray {
      weights + min(output + $0, outputs.upperBound - 1) * length + first
    }
  }

  /// Writes the results of a tile of `tileOutputs` outputs, of which `first` is the first.
  @inline(never)
  private func put(
    _ sums: UnsafePointer<Float>, _ tileOutputs: Int, _ rows: Range<Int>, _ first: Int
  ) {
    for (index, row) in rows.enumerated() {
      for output in first..<min(first + tileOutputs, outputs.upperBound) {
        let lanes = load(sums + (index * tileOutputs + output - first) * laneCount)
        y[row * width + output] = mtl_lanes_sum(lanes) * matrix.scale(output)
      }
    }
  }

  /// Bias, activation and what else was fused.
  func finishRows() {
    forLongLanes(outputs.count) { next, some in
      let channel = outputs.lowerBound + next
      let results = y + rows.lowerBound * width + channel
      finish.apply(
        SumRows(
          sums: results, step: width, output: results, stride: width, count: rows.count,
          some: some),
        finish.channels(channel, some))
    }
  }
}
