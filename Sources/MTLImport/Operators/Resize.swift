/// Resizing of axes, by the nearest element or by weights of neighbours.
let resizeOperators: [String: OperatorImport] = [
  "Resize": OperatorImport(evaluateResize, lowerResize),
  "Upsample": OperatorImport(evaluateResize, lowerResize),
]

/// What Resize's inputs and attributes say about each axis.
private struct ResizeForm {
  let axes: [ResizeAxis]

  init(
    _ node: SourceNode, opset: Int, shape: [Int], input: (Int) throws -> HostTensor?
  ) throws {
    let isOld = node.op == "Upsample" || opset < 11
    let list = try node.integers("axes").map { try checkedAxes($0, rank: shape.count) }
      ?? Array(shape.indices)
    let scales = try input(isOld ? 1 : 2)?.asFloats ?? node.floats("scales")
    let sizes = isOld ? nil : try input(3)?.asIntegers("the sizes")
    let region = isOld ? nil : try input(1)?.asFloats
    let policy = try node.text("keep_aspect_ratio_policy", "stretch")
    var method = ResizeMethod(
      mode: try node.text("mode", "nearest"),
      coordinates: try node.text(
        "coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel"),
      rounding: try node.text("nearest_mode", isOld ? "floor" : "round_prefer_floor"),
      cubic: Double(try node.float("cubic_coeff_a", -0.75)),
      excludesOutside: try node.integer("exclude_outside", 0) != 0,
      isAntialiased: try node.integer("antialias", 0) != 0,
      fill: Double(try node.float("extrapolation_value", 0)))
    if method.mode == "bilinear" { method.mode = "linear" }
    try method.check()
    var factors = Array(repeating: Double(1), count: shape.count)
    var targets = shape
    if let sizes, !sizes.isEmpty {
      guard sizes.count == list.count, sizes.allSatisfy({ (1...(1 << 24)).contains($0) }) else {
        throw ImportError("sizes \(sizes) for \(list.count) axes")
      }
      let each = zip(list, sizes).map { Double($1) / Double(shape[$0]) }
      let common = policy == "not_larger" ? each.min()! : each.max()!
      for (index, axis) in list.enumerated() {
        factors[axis] = policy == "stretch" ? each[index] : common
        targets[axis] =
          policy == "stretch"
          ? sizes[index] : Int((common * Double(shape[axis])).rounded(.toNearestOrAwayFromZero))
      }
    } else {
      guard let scales, scales.count == list.count,
        scales.allSatisfy({ $0 > 0 && $0 < 1_048_576 })
      else { throw ImportError("scales \(scales ?? []) for \(list.count) axes") }
      for (index, axis) in list.enumerated() { factors[axis] = Double(scales[index]) }
    }
    axes = try shape.indices.map { axis in
      let place = list.firstIndex(of: axis)
      var span = (0.0, 1.0)
      if let region, region.count == 2 * list.count, let place {
        span = (Double(region[place]), Double(region[place + list.count]))
      }
      if sizes?.isEmpty ?? true, place != nil {
        let width = method.coordinates == "tf_crop_and_resize" ? span.1 - span.0 : 1
        let size = (Double(shape[axis]) * width * factors[axis]).rounded(.down)
        guard size >= 1, size < Double(1 << 24) else { throw ImportError("nothing is left") }
        targets[axis] = Int(size)
      }
      let isSame =
        place == nil || (targets[axis] == shape[axis] && factors[axis] == 1 && span == (0, 1))
      return isSame
        ? .same
        : try method.axis(
          from: shape[axis], to: targets[axis], factor: factors[axis], span: span)
    }
  }
}

/// How the elements of one axis of the result come from those of the source.
private enum ResizeAxis {
  case same
  /// Elements of the source.
  case picked([Int])
  /// For each element as many elements of the source with weights, and what is added.
  case mixed(indexes: [[Int]], weights: [[Double]], added: [Double])
}

private struct ResizeMethod {
  var mode: String
  let coordinates: String
  let rounding: String
  let cubic: Double
  let excludesOutside: Bool
  let isAntialiased: Bool
  let fill: Double

  func check() throws {
    let known = [
      "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
      "tf_half_pixel_for_nn", "tf_crop_and_resize",
    ]
    guard ["nearest", "linear", "cubic"].contains(mode), known.contains(coordinates),
      ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].contains(rounding)
    else { throw ImportError("mode '\(mode)', '\(coordinates)', '\(rounding)'") }
  }

  /// Where element `x` of `target` stands among `size` source elements.
  private func position<Number: BinaryFloatingPoint>(
    _ x: Number, _ size: Number, _ target: Number, _ factor: Number, _ span: (Number, Number)
  ) -> Number {
    let centered = (x + 0.5) / factor - 0.5
    switch coordinates {
    case "half_pixel_symmetric":
      return size / 2 * (1 - target / (factor * size)) + (x + 0.5) / factor - 0.5
    case "pytorch_half_pixel": return target > 1 ? centered : 0
    // By the size that the result has, where a factor asks for part of an element, too.
    case "align_corners": return target > 1 ? x * (size - 1) / (target - 1) : 0
    case "asymmetric": return x / factor
    case "tf_half_pixel_for_nn": return (x + 0.5) / factor
    case "tf_crop_and_resize":
      return target > 1
        ? span.0 * (size - 1) + x * (span.1 - span.0) * (size - 1) / (target - 1)
        : (span.0 + span.1) * (size - 1) / 2
    default: return centered
    }
  }

  /// In binary32 for the nearest element: which one is nearest is a matter of the last bit, and
  /// frameworks compute so.
  private func position(
    _ x: Int, _ size: Int, _ target: Int, _ factor: Double, _ span: (Double, Double)
  ) -> Double {
    mode == "nearest"
      ? Double(
        position(
          Float(x), Float(size), Float(target), Float(factor), (Float(span.0), Float(span.1))))
      : position(Double(x), Double(size), Double(target), factor, span)
  }

  func axis(
    from size: Int, to target: Int, factor: Double, span: (Double, Double)
  ) throws -> ResizeAxis {
    var (indexes, weights, added) = ([[Int]](), [[Double]](), [Double]())
    for x in 0..<target {
      let place = position(x, size, target, factor, span)
      let isOutside =
        coordinates == "tf_crop_and_resize" && (place < 0 || place > Double(size - 1))
      // The neighbour on the left; a whole number is its own right neighbour.
      let left = Int(place.rounded(.up)) - 1
      let ratio = place - Double(left)
      let (first, coefficients) = coefficients(ratio, factor)
      let at = coefficients.indices.map { left + first + $0 }
      var own = coefficients
      if excludesOutside {
        for (k, index) in at.enumerated() where index < 0 || index >= size { own[k] = 0 }
        let sum = own.reduce(0, +)
        own = own.map { $0 / sum }
      }
      if isOutside { own = own.map { _ in 0 } }
      indexes.append(at.map { min(max($0, 0), size - 1) })
      weights.append(own)
      added.append(isOutside ? fill : 0)
    }
    _ = try checkedCount([target, weights[0].count], most: 1 << 26)
    let isPicking =
      added.allSatisfy { $0 == 0 }
      && weights.allSatisfy { list in
        list.allSatisfy { $0 == 0 || $0 == 1 } && list.reduce(0, +) == 1
      }
    guard isPicking else { return .mixed(indexes: indexes, weights: weights, added: added) }
    return .picked(zip(indexes, weights).map { list, own in list[own.firstIndex(of: 1)!] })
  }

  /// Weights of neighbours, the first of which stands `first` behind the left one.
  private func coefficients(
    _ ratio: Double, _ factor: Double
  ) -> (first: Int, weights: [Double]) {
    if mode == "nearest" { return (0, nearest(ratio)) }
    let scale = isAntialiased ? max(min(factor, 1), 1 / 4096) : 1
    let reach = mode == "linear" ? 1.0 : 2.0
    let first = Int((-reach / scale).rounded(.down)) + 1
    let raw = (first..<2 - first).map { index in
      let distance = abs(Double(index) - ratio) * scale
      return mode == "linear" ? max(0, 1 - distance) : bicubic(distance)
    }
    let sum = isAntialiased ? raw.reduce(0, +) : 1
    return (first, raw.map { $0 / sum })
  }

  private func nearest(_ ratio: Double) -> [Double] {
    let isRight: Bool
    switch rounding {
    case "round_prefer_floor": isRight = ratio > 0.5
    case "round_prefer_ceil": isRight = ratio >= 0.5
    case "ceil": isRight = true
    default: isRight = ratio == 1
    }
    return isRight ? [0, 1] : [1, 0]
  }

  private func bicubic(_ x: Double) -> Double {
    if x <= 1 { return ((cubic + 2) * x - (cubic + 3)) * x * x + 1 }
    return x < 2 ? ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic : 0
  }
}

private func evaluateResize(_ call: Evaluation) throws -> [HostTensor] {
  var x = try call.input(0)
  let form = try ResizeForm(call.node, opset: call.opset, shape: x.shape) { call.optional($0) }
  for (axis, rule) in form.axes.enumerated() {
    switch rule {
    case .same: break
    case .picked(let list):
      x = along(x, axis, count: list.count) { line in list.map { line[$0] } }
    case .mixed(let indexes, let weights, let added):
      x = along(x, axis, count: indexes.count) { line in
        indexes.indices.map { o in
          zip(indexes[o], weights[o]).reduce(added[o]) { $0 + line[$1.0] * $1.1 }
        }
      }
    }
  }
  return [x]
}

/// `function` of each line of elements along `axis`, which makes `count` of it.
private func along(
  _ x: HostTensor, _ axis: Int, count: Int, _ function: ([Double]) -> [Double]
) -> HostTensor {
  var shape = x.shape
  shape[axis] = count
  let step = rowMajorStrides(x.shape)[axis]
  let size = x.shape[axis]
  var floats = Array(repeating: Float(0), count: shape.reduce(1, *))
  for outer in 0..<x.count / max(1, size * step) {
    for inner in 0..<step {
      let first = outer * size * step + inner
      let line = function((0..<size).map { Double(x.floats[first + $0 * step]) })
      for (index, value) in line.enumerated() {
        floats[outer * count * step + inner + index * step] = Float(value)
      }
    }
  }
  return HostTensor(shape, floats: floats)
}

private func lowerResize(_ call: NodeLowering) throws -> [Operand] {
  var x = try call.value(0)
  let (one, two) = call.lowering.shapes(x)
  let form = try resizeForm(call, one, x)
  for (axis, rule) in form.axes.enumerated() {
    switch rule {
    case .same: break
    case .picked(let list):
      guard one[axis] == two[axis] else { throw ImportError.mixesImages }
      x = try call.gathered(x, axis, list)
    case .mixed(let indexes, let weights, let added):
      guard one[axis] == two[axis] else { throw ImportError.mixesImages }
      let shape = [indexes.count, indexes[0].count]
      var (value, lowered) = try call.lowering.isolated(x, axis)
      value.tensor = try call.builder.node(
        "resample",
        [
          value.tensor, call.builder.constant(indices: Array(indexes.joined()), shape),
          call.builder.constant(weights.joined().map { Float($0) }, shape),
        ], [.integer(lowered)])
      value.dimensions[lowered] = indexes.count
      x = value
      if added.contains(where: { $0 != 0 }) {
        var whole = Array(repeating: 1, count: x.rank)
        whole[axis] = added.count
        let addition = HostTensor(whole, floats: added.map { Float($0) })
        x = try call.binary("add", .value(x), .known(Known(addition)))
      }
    }
  }
  return [.value(x)]
}

/// Sizes may name the number of images, which stays as it is.
private func resizeForm(_ call: NodeLowering, _ shape: [Int], _ x: Value) throws -> ResizeForm {
  try ResizeForm(call.node, opset: call.opset, shape: shape) { index in
    guard call.has(index) else { return nil }
    guard case .known(let known) = try call.operand(index) else {
      throw ImportError("the size is computed from the image")
    }
    return known.one
  }
}
