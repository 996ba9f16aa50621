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
      let value = loadSome(x + channel, some)
      let rest = multiplyAdd(
        loadSome(b + channel, some), value, loadSome(c + channel, some))
      let slope = multiplyAdd(loadSome(a + channel, some), loadSome(g + channel, some), rest)
      storeSome(Lanes.zero.replacing(with: slope, where: value .> .zero), g + channel, some)
    }
  }
}

/// A step of Adam; see `mtl_train_kernels.adam`.
func adam(_ call: mtl_adam_call) {
  let (beta1, beta2) = (Lanes(repeating: 1 - call.beta1), Lanes(repeating: 1 - call.beta2))
  let (size, decay) = (Lanes(repeating: call.size), Lanes(repeating: call.decay))
  let epsilon = Lanes(repeating: call.epsilon)
  forLanes(call.count) { next, some in
    let g = loadSome(call.gradient + next, some)
    var m = loadSome(call.first + next, some)
    var v = loadSome(call.second + next, some)
    let w = loadSome(call.value + next, some)
    m = multiplyAdd(g - m, beta1, m)
    v = multiplyAdd(g * g - v, beta2, v)
    let step = multiplyAdd(decay, w, size * m / (v.squareRoot() + epsilon))
    storeSome(m, call.first + next, some)
    storeSome(v, call.second + next, some)
    storeSome(w - step, call.value + next, some)
  }
}
