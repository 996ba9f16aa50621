import BackendKit
import CMTL

/// Applies an epilogue to rows of sums, which become results.
///
/// `rows` rows, `stride` apart, of `count` channels from `channel` on.
func finish(
  _ epilogue: Epilogue, _ results: UnsafeMutablePointer<Float>, rows: Int, stride: Int,
  channel: Int, count: Int
) {
  for row in 0..<rows {
    let y = results + row * stride
    if let bias = epilogue.bias {
      for c in 0..<count { y[c] += bias[channel + c] }
    }
    if epilogue.curve == .sigmoid {
      for c in 0..<count { y[c] = 1 / (1 + expf(-y[c])) }
    } else if epilogue.least > -.infinity || epilogue.most < .infinity {
      for c in 0..<count {
        let bounded = y[c] < epilogue.least ? epilogue.least : y[c]
        y[c] = bounded > epilogue.most ? epilogue.most : bounded
      }
    }
    if let scale = epilogue.scale, let shift = epilogue.shift {
      for c in 0..<count { y[c] = y[c] * scale[channel + c] + shift[channel + c] }
    }
  }
}
