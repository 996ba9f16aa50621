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

  /// Of the step that was begun.
  private var size: Float = 0
  private var decay: Float = 0
  /// By parameter: whether its step is still to be made.
  private var isDue: [Bool] = []

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
    begin(rate: rate, weightDecay: weightDecay, step: step)
    finish(workers)
  }

  /// Begins a step: its parameters may be taken now, and the others follow when it is finished.
  public func begin(rate: Double, weightDecay: Double = 0, step: UInt64) {
    let t = Double(step) + 1
    let correction =
      (1 - pow(Double(Self.beta2), t)).squareRoot() / (1 - pow(Double(Self.beta1), t))
    size = Float(rate * correction)
    decay = Float(rate * weightDecay)
    isDue = [Bool](repeating: true, count: parameters.count)
  }

  /// What a parameter is due in this step, but for gradient and count, if whoever takes it makes
  /// the step; nil if the parameter is not trained.
  func take(_ parameter: Parameter) -> mtl_adam_call? {
    guard let index = parameters.firstIndex(where: { $0 === parameter }), isDue[index] else {
      return nil
    }
    isDue[index] = false
    return call(index)
  }

  /// The step of all parameters that were not taken, along their stored gradients.
  public func finish(_ workers: Workers) {
    for (index, parameter) in parameters.enumerated() where isDue[index] {
      let whole = call(index)
      workers.forEachRange(of: parameter.count, size: 1 << 15) { range, _ in
        var call = whole
        call.value += range.lowerBound
        call.first += range.lowerBound
        call.second += range.lowerBound
        call.gradient = Floats(parameter.gradient.base) + range.lowerBound
        call.count = range.count
        workers.kernels.adam(&call)
      }
    }
  }

  private func call(_ index: Int) -> mtl_adam_call {
    let parameter = parameters[index]
    return mtl_adam_call(
      value: parameter.value.base, first: first[index].base, second: second[index].base,
      gradient: nil, count: 0, size: size, beta1: Self.beta1, beta2: Self.beta2,
      epsilon: Self.epsilon, decay: parameter.dimensions.count > 1 ? decay : 0)
  }
}
