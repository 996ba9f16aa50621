import BackendKit
import CMTL

/// Brings the inputs of a dense layer into the order in which tiles read them: (block of rows,
/// chunk, tile, vector, row), zeros behind the last input, the last row again behind the last one.
struct DensePacker {
  let blocks: DenseBlocks
  let x: UnsafePointer<Float>
  let packed: UnsafeMutablePointer<Float>

  init(_ call: CallView, _ blocks: DenseBlocks) {
    self.blocks = blocks
    x = call.elements(call.op.input(0))
    packed = call.pointer.pointee.scratch.assumingMemoryBound(to: Float.self)
  }

  /// One chunk of one block of rows.
  func pack(_ item: Int) {
    let (block, part) = item.quotientAndRemainder(dividingBy: blocks.chunks.parts)
    let chunk = blocks.chunks[UInt32(part)]
    var target = packed + blocks.packedOffset(block: block, chunk: chunk)
    DenseBlocks.forTiles(of: blocks.rows[UInt32(block)]) { rows, tileRows in
      for index in 0..<tileRows {
        let row = min(rows.lowerBound + index, rows.upperBound - 1)
        let source = x + row * blocks.length + chunk.lowerBound
        var next = target + index * laneCount
        forLongLanes(chunk.count) { first, some in
          store(loadSome(source + first, some), next)
          next += tileRows * laneCount
        }
      }
      target += tileRows * DenseBlocks.padded(chunk.count)
    }
  }
}
