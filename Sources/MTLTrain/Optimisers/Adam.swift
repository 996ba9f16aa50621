import CMTL
import MTLFormat

/// Adam (Kingma and Ba, 2015) with bias correction folded into the step size, as Keras has it:
/// `w -= rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon)`.
public final class Adam {
  public static let beta1: Float = 0.9
  public static let beta2: Float = 0.999
  public static let epsilon: Float = 1e-7

  /// The trained parameters, and for each the two moments.
  public let parameters: [Parameter]
  public let first: [FloatBuffer]
  public let second: [FloatBuffer]

  public init(_ parameters: [Parameter]) throws(Status) {
    let trained = parameters.filter { $0.isTrained }
    self.parameters = trained
    var moments: [[FloatBuffer]] = [[], []]
    for parameter in trained {
      moments[0].append(try FloatBuffer(count: parameter.count))
      moments[1].append(try FloatBuffer(count: parameter.count))
    }
    (first, second) = (moments[0], moments[1])
  }

  /// One step along the gradients; `step` counts from 0. Matrices of weights also lose the part
  /// `rate * weightDecay` (Loshchilov and Hutter, 2019).
  public func update(rate: Double, weightDecay: Double = 0, step: UInt64, workers: Workers) {
    let t = Double(step) + 1
    let correction =
      (1 - pow(Double(Self.beta2), t)).squareRoot() / (1 - pow(Double(Self.beta1), t))
    let size = Float(rate * correction)
    for (index, parameter) in parameters.enumerated() {
      let decay = parameter.dimensions.count > 1 ? Float(rate * weightDecay) : 0
      let (w, g) = (parameter.value.base, parameter.gradient.base)
      let (m, v) = (first[index].base, second[index].base)
      workers.forEachRange(of: parameter.count, size: 1 << 15) { range, _ in
        let first = range.lowerBound
        var call = mtl_adam_call(
          value: w + first, first: m + first, second: v + first, gradient: g + first,
          count: range.count, size: size, beta1: Self.beta1, beta2: Self.beta2,
          epsilon: Self.epsilon, decay: decay)
        workers.kernels.adam(&call)
      }
    }
  }
}
