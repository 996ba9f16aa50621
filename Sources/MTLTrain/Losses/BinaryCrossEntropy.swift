import CMTL

/// Binary cross-entropy of sigmoid outputs, computed from the logits, which keeps it finite:
/// `max(z, 0) - z * t + log(1 + exp(-|z|))`, averaged over labels and images.
public enum BinaryCrossEntropy {
  /// The sum over `count` elements; targets are 0 or 1, or below 0: those add nothing.
  public static func sum(logits: Floats, targets: Floats, count: Int) -> Double {
    var total = 0.0
    for i in 0..<count where targets[i] >= 0 {
      let (z, t) = (Double(logits[i]), Double(targets[i]))
      total += max(z, 0) - z * t + log1p(exp(-abs(z)))
    }
    return total
  }

  /// Writes the derivative of the average by each logit, `(sigmoid(z) - t) / count`.
  public static func gradient(
    logits: Floats, targets: Floats, count: Int, into gradient: MutableFloats
  ) {
    let share = 1 / Float(count)
    for i in 0..<count {
      gradient[i] = targets[i] < 0 ? 0 : (sigmoid(logits[i]) - targets[i]) * share
    }
  }

  /// `1 / (1 + exp(-z))`.
  public static func sigmoid(_ z: Float) -> Float { 1 / (1 + expf(-z)) }
}
