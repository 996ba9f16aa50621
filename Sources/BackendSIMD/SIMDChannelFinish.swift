import BackendKit

/// An epilogue for kernels that hold whole vectors of channels in registers: its constants lie
/// packed as biases, scales and shifts, each padded to whole vectors, and what is missing is there
/// as a number that changes nothing.
struct ChannelFinish {
  private let bias: UnsafePointer<Float>
  private let scale: UnsafePointer<Float>, shift: UnsafePointer<Float>
  private let activation: Activation
  /// Whether there are a scale and a shift.
  let isScaled: Bool

  /// Whether results need `apply`.
  var isBent: Bool { activation.curve != .none }

  /// Channels as whole vectors.
  static func padded(_ channels: Int) -> Int { roundedUp(channels, to: laneCount) }

  /// Floats that the constants take.
  static func packedCount(_ channels: Int) -> Int { 3 * padded(channels) }

  static func pack(_ epilogue: Epilogue, channels: Int, to target: UnsafeMutablePointer<Float>) {
    let padded = padded(channels)
    let parts: [(UnsafePointer<Float>?, Float)] = [
      (epilogue.bias, 0), (epilogue.scale, 1), (epilogue.shift, 0),
    ]
    for (index, (constants, neutral)) in parts.enumerated() {
      let part = target + index * padded
      part.update(repeating: neutral, count: padded)
      if let constants { part.update(from: constants, count: channels) }
    }
  }

  /// - Parameter packed: what `pack` wrote.
  @inline(never)
  init(_ epilogue: Epilogue, channels: Int, packed: UnsafePointer<Float>) {
    let padded = Self.padded(channels)
    (bias, scale, shift) = (packed, packed + padded, packed + 2 * padded)
    activation = Activation(epilogue)
    isScaled = epilogue.scale != nil
  }

  /// What the sums of the channels from `channel` on begin with.
  @inline(__always)
  func start(_ channel: Int) -> Lanes { load(bias + channel) }

  /// Scale and shift of a vector of channels.
  typealias Constants = (scale: Lanes, shift: Lanes)

  @inline(__always)
  func constants(_ channel: Int) -> Constants { (load(scale + channel), load(shift + channel)) }

  /// Sums that begin with `start` within the activation's bounds, unless `isBent`.
  @inline(__always)
  func bounded(_ sums: Lanes) -> Lanes { activation(sums) }

  /// Results of bounded sums; if not `isScaled`, they are results already.
  @inline(__always)
  func scaled(_ sums: Lanes, _ constants: Constants) -> Lanes {
    multiplyAdd(sums, constants.scale, constants.shift)
  }

  /// What becomes of a vector of sums in registers.
  struct Bounds {
    let least: Lanes, most: Lanes, scale: Lanes, shift: Lanes

    @inline(__always)
    func callAsFunction(_ sums: Lanes) -> Lanes {
      multiplyAdd(atMost(most, atLeast(least, sums)), scale, shift)
    }
  }

  /// Of the channels from `channel` on: results, or unless `isDone` the sums, for `apply`.
  @inline(__always)
  func bounds(_ channel: Int, isDone: Bool) -> Bounds {
    let constants = constants(channel)
    return Bounds(
      least: isDone ? activation.least : Lanes(repeating: -.infinity),
      most: isDone ? activation.most : Lanes(repeating: .infinity),
      scale: isDone ? constants.scale : Lanes(repeating: 1),
      shift: isDone ? constants.shift : .zero)
  }

  /// Finishes `count` vectors of sums, `sumStep` apart, of the channels from `channel` on, and
  /// writes their first `some` lanes to `result`, `step` apart.
  func apply(
    _ sums: UnsafePointer<Float>, sumStep: Int = laneCount, count: Int, _ channel: Int,
    to result: UnsafeMutablePointer<Float>, step: Int, _ some: Int
  ) {
    let rows = SumRows(
      sums: sums, step: sumStep, output: result, stride: step, count: count, some: some)
    let (scale, shift) = constants(channel)
    rows.finish(activation, Finish.Channels(bias: .zero, scale: scale, shift: shift))
  }
}
