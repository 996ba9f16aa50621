import BackendKit
import CMTL

/// Two or three operands cut into lines: runs of the result along its last dimension, or, where all
/// operands have the result's shape, simply runs of elements. One part computes some lines.
struct BroadcastLines {
  private let op: OperatorView
  private let isFlat: Bool
  private let split: Split

  init(_ op: OperatorView) {
    self.op = op
    let z = op.output
    var isFlat = true
    for position in 0..<op.inputCount where !op.input(position).hasShape(of: z) { isFlat = false }
    self.isFlat = isFlat
    split = isFlat ? elementSplit(z) : pixelSplit(z)
  }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
    let x = op.input(0)
    plan.pointee.local_bytes = UInt64(4 * BroadcastWalk.localCount)
    return answer(plan, split, inPlace: !x.isConstant && x.hasShape(of: op.output))
  }

  @inline(never)
  func walk(_ call: CallView, _ part: UInt32, _ local: UnsafeMutableRawPointer?) -> BroadcastWalk {
    let items = split[part]
    let length = isFlat ? items.count : op.output.channels
    var walk = BroadcastWalk(
      result: call.values(op.output) + items.lowerBound * (isFlat ? 1 : length), length: length,
      lines: isFlat ? 1 : items.count, operands: op.inputCount, call,
      copies: local!.assumingMemoryBound(to: Float.self))
    for position in 0..<op.inputCount {
      let operand = op.input(position)
      if isFlat {
        walk.line[position] = call.elements(operand) + items.lowerBound
      } else {
        walk.place(position, operand, at: items.lowerBound)
      }
    }
    return walk
  }
}

/// Combines the elements of two operands.
@inline(__always)
func combine(
  _ call: UnsafePointer<mtlrt_call>, _ part: UInt32, _ local: UnsafeMutableRawPointer?,
  _ combination: some LaneCombination
) -> Int32 {
  let call = CallView(call)
  var walk = BroadcastLines(call.op).walk(call, part, local)
  repeat {
    var (x, y, z) = (walk.line[0], walk.line[1], walk.result)
    let (xStep, yStep) = (walk.vectorStep[0], walk.vectorStep[1])
    forLanes(walk.length) { _, some in
      storeSome(combination(loadSome(x, some), loadSome(y, some)), z, some)
      x += xStep
      y += yStep
      z += laneCount
    }
  } while walk.advance()
  return Int32(MTLRT_MODULE_OK)
}

/// Goes through lines of a result and knows where each operand's lie. Where an operand has one
/// element for all of a line, the line is a vector of copies of it.
struct BroadcastWalk {
  /// Of the result and of each operand.
  private(set) var result: UnsafeMutablePointer<Float>
  fileprivate(set) var line: InlineArray<3, UnsafePointer<Float>>
  let length: Int
  /// Elements from one vector of an operand's line to the next.
  private(set) var vectorStep = InlineArray<3, Int>(repeating: laneCount)

  /// Lines that are left, with this one.
  private var lines: Int
  private let operands: Int
  private let call: CallView
  private let copies: UnsafeMutablePointer<Float>
  private var walks = InlineArray<3, LineWalk>(repeating: LineWalk())

  static var localCount: Int { 3 * laneCount }

  fileprivate init(
    result: UnsafeMutablePointer<Float>, length: Int, lines: Int, operands: Int, _ call: CallView,
    copies: UnsafeMutablePointer<Float>
  ) {
    self.result = result
    self.length = length
    self.lines = lines
    self.operands = operands
    self.call = call
    self.copies = copies
    line = .init(repeating: UnsafePointer(result))
  }

  /// Places an operand at a line of the result.
  fileprivate mutating func place(_ position: Int, _ operand: TensorView, at first: Int) {
    walks[position] = LineWalk(operand, through: call.op.output, from: first)
    if operand.channels == 1 { vectorStep[position] = 0 }
    look(position)
  }

  private mutating func look(_ position: Int) {
    line[position] = call.elements(call.op.input(position)) + walks[position].element
    if vectorStep[position] == 0 {
      let copy = copies + position * laneCount
      store(Lanes(repeating: line[position][0]), copy)
      line[position] = UnsafePointer(copy)
    }
  }

  /// Moves on to the next line, if there is one.
  @inline(never)
  mutating func advance() -> Bool {
    lines -= 1
    if lines == 0 { return false }
    result += length
    for position in 0..<operands {
      walks[position].advance()
      look(position)
    }
    return true
  }
}

/// Follows the lines of a result and knows which element of an operand each of them begins with.
private struct LineWalk {
  private(set) var element = 0
  private var position: InlineArray<8, Int> = .init(repeating: 0)
  /// Positions along each axis of the lines, and elements of the operand from one to the next.
  private var counts: InlineArray<8, Int> = .init(repeating: 1)
  private var steps: InlineArray<8, Int> = .init(repeating: 0)
  private var axes = 0

  init() {}

  init(_ operand: TensorView, through result: TensorView, from line: Int) {
    axes = result.rank - 1
    var (rest, step) = (line, operand.channels)
    for axis in (0..<axes).reversed() {
      counts[axis] = result.dimension(axis)
      (rest, position[axis]) = rest.quotientAndRemainder(dividingBy: counts[axis])
      steps[axis] = operand.dimension(axis) > 1 ? step : 0
      step *= operand.dimension(axis)
      element += position[axis] * steps[axis]
    }
  }

  mutating func advance() {
    for axis in (0..<axes).reversed() {
      position[axis] += 1
      element += steps[axis]
      if position[axis] < counts[axis] { return }
      element -= steps[axis] * counts[axis]
      position[axis] = 0
    }
  }
}
