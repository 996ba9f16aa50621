import CMTL
import MTLFormat

/// Turns the nodes that operator sets without GELU have for it into `gelu`: a value times half of
/// one more than an error function, or hyperbolic tangent, of it, in whatever order the factors
/// stand.
public func replaceGelus(in model: inout Model) {
  let patterns = NodePatterns(model)
  // From the end, as a product ends with its last factor.
  for index in model.nodes.indices.reversed() {
    let result = model.nodes[index].output
    guard let found = patterns.gelu(result),
      model.tensors[found.x].shape == model.tensors[result].shape
    else { continue }
    model.nodes[index].op = UInt32(MTLRT_OP_GELU)
    model.nodes[index].inputs = [found.x]
    model.nodes[index].attributes = [found.isApproximate ? 1 : 0]
  }
}

extension NodePatterns {
  fileprivate func gelu(_ result: Int) -> (x: Int, isApproximate: Bool)? {
    let (half, values) = product(result)
    guard values.count == 2 else { return nil }
    for (x, share) in [(values[0], values[1]), (values[1], values[0])] {
      guard let (number, value) = onePlus(share), isAbout(half * number, 0.5) else { continue }
      if let erf = node(value, MTLRT_OP_ERF), isErfArgument(erf.inputs[0]!, of: x) {
        return (x, false)
      }
      if let tanh = node(value, MTLRT_OP_TANH), isTanhArgument(tanh.inputs[0]!, of: x) {
        return (x, true)
      }
    }
    return nil
  }

  /// `number` and `value` where `tensor` is `number * (1 + value)`.
  private func onePlus(_ tensor: Int) -> (number: Double, value: Int)? {
    guard readers[tensor] == 1, let sum = node(tensor, MTLRT_OP_ADD),
      let (term, number) = valueAndNumber(sum), case let (factor, values) = product(term),
      values.count == 1, isAbout(factor, number)
    else { return nil }
    return (number, values[0])
  }

  /// x / sqrt(2)
  private func isErfArgument(_ tensor: Int, of x: Int) -> Bool {
    let (number, values) = product(tensor)
    return values == [x] && isAbout(number, 0.5.squareRoot())
  }

  /// sqrt(2 / pi) * (x + 0.044715 * x^3), or with x before the parenthesis.
  private func isTanhArgument(_ tensor: Int, of x: Int) -> Bool {
    let (number, values) = product(tensor)
    guard isAbout(number, (2 / Double.pi).squareRoot()) else { return false }
    if values.count == 1, let sum = node(values[0], MTLRT_OP_ADD) {
      return [(0, 1), (1, 0)].contains { first, other in
        sum.inputs[first] == x && isCubicTerm(sum.inputs[other]!, [x, x, x])
      }
    }
    guard values.count == 2, let place = values.firstIndex(of: x),
      let sum = node(values[1 - place], MTLRT_OP_ADD), let (term, number) = valueAndNumber(sum)
    else { return false }
    return number == 1 && isCubicTerm(term, [x, x])
  }

  private func isCubicTerm(_ tensor: Int, _ powers: [Int]) -> Bool {
    let (number, values) = product(tensor)
    return values == powers && isAbout(number, 0.044715)
  }
}
