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
    switch epilogue.activation {
    case .none: break
    case .relu: for c in 0..<count { y[c] = y[c] < 0 ? 0 : y[c] }
    case .sigmoid: for c in 0..<count { y[c] = 1 / (1 + expf(-y[c])) }
    }
    if let scale = epilogue.scale, let shift = epilogue.shift {
      for c in 0..<count { y[c] = y[c] * scale[channel + c] + shift[channel + c] }
    }
  }
}
