import BackendKit
import CMTL

/// A dense layer whose weights lie by input: those of inputs that are 0 are passed over.
struct DenseByInputProduct {
  let blocks: DenseByInputBlocks
  private let matrix: TensorView
  private let x: UnsafePointer<Float>
  /// Sums, (row, range, output).
  private let sums: UnsafeMutablePointer<Float>
  private let y: UnsafeMutablePointer<Float>
  private let finish: Finish

  init(_ call: CallView) {
    blocks = DenseByInputBlocks(call.op)
    matrix = call.op.input(1)
    x = call.elements(call.op.input(0))
    sums = call.pointer.pointee.scratch.assumingMemoryBound(to: Float.self)
    finish = Finish(epilogue: Epilogue(call.op, .simd))
    y = call.values(finish.epilogue.output)
  }

  private func sums(_ row: Int, _ range: Int) -> UnsafeMutablePointer<Float> {
    sums + (row * blocks.ranges.parts + range) * blocks.paddedWidth
  }

  // MARK: First stage

  /// The sums of one range for a block of rows.
  func add(_ part: Int, _ local: UnsafeMutableRawPointer) {
    let (block, range) = part.quotientAndRemainder(dividingBy: blocks.ranges.parts)
    let (rows, inputs) = (blocks.rows[UInt32(block)], blocks.ranges[UInt32(range)])
    let listed = local.assumingMemoryBound(to: ListedRow.self)
    for (index, row) in rows.enumerated() {
      let sums = sums(row, range)
      sums.update(repeating: 0, count: blocks.paddedWidth)
      let lists = UnsafeMutableRawPointer(listed + rows.count)
        .assumingMemoryBound(to: NonzeroInput.self)
      listed[index] = ListedRow(
        list: lists + index * NonzeroInput.count(blocks.listed), count: 0, sums: sums)
    }
    for first in stride(from: inputs.lowerBound, to: inputs.upperBound, by: blocks.listed) {
      let some = first..<min(first + blocks.listed, inputs.upperBound)
      var most = 0
      for (index, row) in rows.enumerated() {
        listed[index].count = NonzeroInput.list(
          some, of: x + row * blocks.length, length: blocks.length, scales: matrix.scales,
          to: listed[index].list)
        most = max(most, listed[index].count)
      }
      for next in stride(from: 0, to: most, by: NonzeroInput.chunk) {
        add(UnsafeBufferPointer(start: listed, count: rows.count), from: next)
      }
    }
  }

  /// The products of a chunk of each row's list.
  private func add(_ rows: UnsafeBufferPointer<ListedRow>, from next: Int) {
    switch matrix.type {
    case MTLRT_F16: add(Half.self, rows, from: next)
    case MTLRT_I16: add(Int16.self, rows, from: next)
    case MTLRT_I8: add(Int8.self, rows, from: next)
    default: add(Float.self, rows, from: next)
    }
  }

  /// Vectors that reach beyond a row of weights read the next row's, for sums that nobody needs;
  /// only the last rows of all have none behind.
  private func add<W: LaneWeight>(
    _: W.Type, _ rows: UnsafeBufferPointer<ListedRow>, from next: Int
  ) {
    var last = 0
    for row in rows {
      let chunk = row.chunk(from: next)
      if chunk.count > 0 { last = max(last, Int(chunk.list[chunk.count - 1].index)) }
    }
    let most = min((blocks.length - last) * blocks.width, blocks.paddedWidth)
    let weights = matrix.bytes.assumingMemoryBound(to: W.self)
    var output = 0
    while output + NonzeroTile<8>.outputs <= most {
      for row in rows {
        NonzeroTile<8>.add(
          row.chunk(from: next), weights + output, step: blocks.width, to: row.sums + output)
      }
      output += NonzeroTile<8>.outputs
    }
    while output + laneCount <= most {
      for row in rows {
        NonzeroTile<1>.add(
          row.chunk(from: next), weights + output, step: blocks.width, to: row.sums + output)
      }
      output += laneCount
    }
    if output < blocks.width {
      for row in rows { addLast(W.self, row.chunk(from: next), output, to: row.sums + output) }
    }
  }

  /// The same for the outputs from `output` on, of which there are fewer than a vector holds.
  private func addLast<W: LaneWeight>(
    _: W.Type, _ chunk: NonzeroChunk, _ output: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    let weights = matrix.bytes.assumingMemoryBound(to: W.self) + output
    for index in 0..<chunk.count {
      let lanes = W.lanes(
        weights + Int(chunk.list[index].index) * blocks.width, count: blocks.width - output)
      store(multiplyAdd(lanes, Lanes(repeating: chunk.list[index].value), load(sums)), sums)
    }
  }

  // MARK: Second stage

  /// Adds up the sums of all ranges for some vectors of outputs, counted through all rows, and
  /// makes results of them.
  func finish(_ vectors: Range<Int>) {
    let perRow = blocks.paddedWidth / laneCount
    for vector in vectors {
      let (row, some) = vector.quotientAndRemainder(dividingBy: perRow)
      let channel = some * laneCount
      let first = sums(row, 0) + channel
      var total = Lanes.zero
      for range in 0..<blocks.ranges.parts { total += load(first + range * blocks.paddedWidth) }
      store(total, first)
      let count = min(laneCount, blocks.width - channel)
      finish.apply(
        SumRows(
          sums: first, step: 0, output: y + row * blocks.width + channel, stride: 0, count: 1,
          some: count),
        finish.channels(channel, count))
    }
  }
}
