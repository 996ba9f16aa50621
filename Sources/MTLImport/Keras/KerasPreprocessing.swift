/// Scales with stored numbers.
let kerasPreprocessing: [String: KerasRule] = [
  "Rescaling": KerasRule(takesIntegers: true) { call in
    guard let scale = try call.settings.numbers("scale") else {
      throw ImportError("scale is absent")
    }
    let offset = try call.settings.numbers("offset") ?? HostTensor(scalar: 0)
    guard scale.shape.count <= 1, offset.shape.count <= 1 else {
      throw ImportError("scale or offset is no list of numbers")
    }
    let scaled = call.node("Mul", [call.x.name, call.constant(scale)])
    return call.same(call.node("Add", [scaled, call.constant(offset)]))
  },
  // Times of which all features are the mask's value become 0.
  "Masking": KerasRule { call in
    guard call.x.rank > 2 else { throw ImportError("its input has \(call.x.rank) axes") }
    let value = call.constant(try call.settings.number("mask_value", 0))
    let isOther = call.node("Abs", [call.node("Sub", [call.x.name, value])])
    let largest = call.reduced("ReduceMax", isOther, [call.x.rank - 1])
    let isThere = call.node("Less", [call.constant(0), largest])
    return call.same(call.node("Where", [isThere, call.x.name, call.constant(0)]))
  },
  "Normalization": KerasRule(
    takesIntegers: true,
    weights: { settings in
      settings.has("mean")
        ? []
        : [
          KerasWeight("mean", isTrained: false), KerasWeight("variance", isTrained: false),
          KerasWeight("count", isTrained: false, isOptional: true),
        ]
    }
  ) { call in
    let settings = call.settings
    var (mean, variance) = (HostTensor(scalar: 0), HostTensor(scalar: 1))
    if settings.has("mean") {
      guard let given = try settings.numbers("mean"), let spread = try settings.numbers("variance")
      else { throw ImportError("variance is absent") }
      (mean, variance) = (given, spread)
    } else {
      (mean, variance) = (call.weights[0], call.weights[1])
    }
    let rank = call.x.rank
    let axes = settings.has("axis") ? try settings.axes("axis", -1, rank: rank) : []
    (mean, variance) = (
      try call.alongAxes(mean, axes, "mean"), try call.alongAxes(variance, axes, "variance")
    )
    // The result is divided by the deviation, which is at least Keras's smallest number.
    let deviation = mapped(variance) { max($0.squareRoot(), 1e-7) }
    if try settings.flag("invert", false) {
      let spread = call.node("Mul", [call.x.name, call.constant(deviation)])
      return call.same(call.node("Add", [spread, call.constant(mean)]))
    }
    let centered = call.node("Sub", [call.x.name, call.constant(mean)])
    return call.same(
      call.node("Mul", [centered, call.constant(mapped(deviation) { 1 / $0 })]))
  },
]

extension KerasCall {
  /// Parameters that lie along `axes` of the input, in a shape that is broadcast over the others.
  func alongAxes(_ parameters: HostTensor, _ axes: [Int], _ what: String) throws -> HostTensor {
    // Keras keeps some with dimensions of 1 for the other axes.
    let sizes = parameters.shape.count <= axes.count
      ? parameters.shape : parameters.shape.filter { $0 != 1 }
    if parameters.count == 1 { return parameters.reshaped([]) }
    guard sizes.count == axes.count else {
      throw ImportError(
        "\(what) has the shape \(shapeText(parameters.shape)) for \(axes.count) axes")
    }
    var shape = Array(repeating: 1, count: x.rank)
    for (axis, size) in zip(axes, sizes) { shape[axis] = size }
    return parameters.reshaped(shape)
  }
}
