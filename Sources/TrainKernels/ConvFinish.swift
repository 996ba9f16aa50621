import CBackendSIMD
import CMTL

/// What becomes of the sums of a convolution: bias, ReLU, their place, and sums over the results.
struct ConvFinish {
  private let call: mtl_conv_call
  /// (2, filters) of this part, or nil.
  private let sums: UnsafeMutablePointer<Double>?

  /// Sums over some results of a vector of filters, in single precision.
  struct Sums {
    var first = Lanes.zero, second = Lanes.zero
  }

  /// Clears the part's sums.
  init(_ call: mtl_conv_call, part: Int) {
    self.call = call
    sums = call.sums.map { $0 + part * 2 * call.shape.filters }
    sums?.update(repeating: 0, count: 2 * call.shape.filters)
  }

  @inline(__always)
  func bias(_ filter: Int, _ some: Int) -> Lanes {
    call.bias.map { loadSome($0 + filter, some) } ?? .zero
  }

  /// One vector of results. Lanes beyond `some` are zero, as their weights and bias are.
  @inline(__always)
  func callAsFunction(
    _ value: Lanes, _ position: Int, _ some: Int, _ bias: Lanes, _ short: inout Sums
  ) {
    var value = value + bias
    if call.has_relu != 0 { value = atLeast(.zero, value) }
    storeSome(value, call.output + position, some)
    if sums == nil { return }
    let other = call.other.map { loadSome($0 + position, some) } ?? value
    short.first += value
    short.second = multiplyAdd(value, other, short.second)
  }

  @inline(__always)
  private static func add(_ lanes: Lanes, to sums: UnsafeMutablePointer<Double>, _ some: Int) {
    if some == laneCount {
      mtl_add_wide(lanes, sums)
    } else {
      for lane in 0..<some { sums[lane] += Double(lanes[lane]) }
    }
  }

  /// Moves the short sums to the part's.
  @inline(__always)
  func add(_ short: inout Sums, _ filter: Int, _ some: Int) {
    guard let sums else { return }
    Self.add(short.first, to: sums + filter, some)
    Self.add(short.second, to: sums + call.shape.filters + filter, some)
    short = Sums()
  }
}
