import CBackendSIMD
import CMTL

/// Batch normalisation and ReLU, backwards; see `mtl_train_kernels.norm_gradient`.
func normGradient(
  _ gradient: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>, rows: Int,
  channels: Int
) {
  for row in 0..<rows {
    let (g, x) = (gradient + row * channels, input + row * channels)
    forLanes(channels) { channel, some in
      let slope = NormSlope(
        a: loadSome(a + channel, some), b: loadSome(b + channel, some),
        c: loadSome(c + channel, some))
      storeSome(
        slope(loadSome(g + channel, some), loadSome(x + channel, some)), g + channel, some)
    }
  }
}

/// Through batch normalisation and ReLU, for a vector of channels.
struct NormSlope {
  let a: Lanes, b: Lanes, c: Lanes

  @inline(__always)
  func callAsFunction(_ gradient: Lanes, _ value: Lanes) -> Lanes {
    let slope = multiplyAdd(a, gradient, multiplyAdd(b, value, c))
    return Lanes.zero.replacing(with: slope, where: value .> .zero)
  }
}

/// See `mtl_train_kernels.mask`.
func mask(
  _ input: UnsafePointer<Float>, _ kept: UnsafePointer<UInt8>, _ scale: Float,
  _ result: UnsafeMutablePointer<Float>, count: Int
) {
  let scale = Lanes(repeating: scale)
  forLanes(count) { next, some in
    let isKept = mtl_numbers_from_bytes(kept + next, some)
    storeSome(
      mtl_where_equal(isKept, .zero, .zero, scale * loadSome(input + next, some)),
      result + next, some)
  }
}

/// A step of Adam; see `mtl_train_kernels.adam`.
func adam(_ call: mtl_adam_call) {
  let step = AdamStep(call)
  forLanes(call.count) { next, some in
    step.run(at: next, gradient: loadSome(call.gradient + next, some), some)
  }
}

/// What a step of Adam does to each vector of a parameter.
struct AdamStep {
  private let value: UnsafeMutablePointer<Float>
  private let first: UnsafeMutablePointer<Float>
  private let second: UnsafeMutablePointer<Float>
  private let beta1: Lanes, beta2: Lanes, size: Lanes, epsilon: Lanes, decay: Lanes

  @inline(__always)
  init(_ call: mtl_adam_call) {
    (value, first, second) = (call.value, call.first, call.second)
    (beta1, beta2) = (Lanes(repeating: 1 - call.beta1), Lanes(repeating: 1 - call.beta2))
    (size, decay) = (Lanes(repeating: call.size), Lanes(repeating: call.decay))
    epsilon = Lanes(repeating: call.epsilon)
  }

  @inline(__always)
  func run(at place: Int, gradient g: Lanes, _ some: Int) {
    var m = loadSome(first + place, some)
    var v = loadSome(second + place, some)
    let w = loadSome(value + place, some)
    m = multiplyAdd(g - m, beta1, m)
    v = multiplyAdd(g * g - v, beta2, v)
    let step = multiplyAdd(decay, w, size * m / (mtl_square_root(v) + epsilon))
    storeSome(m, first + place, some)
    storeSome(v, second + place, some)
    storeSome(w - step, value + place, some)
  }

  /// Asks for the moments at `place`, and for the values at `later`.
  @inline(__always)
  func fetch(_ place: Int, _ later: Int) {
    mtl_prefetch(first + place)
    mtl_prefetch(second + place)
    mtl_prefetch(value + later)
  }
}
