/// Operators that take or put elements at places that are known beforehand.
let placeOperators: [String: OperatorImport] = [
  "GatherElements": places(gatheredElements),
  "GatherND": places(gatheredSlices),
  "ScatterElements": places(scatteredElements),
  "Scatter": places(scatteredElements),
  "ScatterND": places(scatteredSlices),
]

/// An operator that moves elements of its inputs, but the second one, which says where.
private func places(
  _ function: @escaping (Evaluation) throws -> HostTensor
) -> OperatorImport {
  OperatorImport({ [try function($0)] }, { [.value(try lowerPlaces($0, function))] })
}

/// Indexes of elements along an axis, for each element of the list of indexes.
private func elements(
  _ call: Evaluation, _ data: HostTensor, _ indexes: HostTensor
) throws -> [Int] {
  let axis = try checkedAxis(try call.node.integer("axis", 0), rank: data.shape.count)
  guard indexes.shape.count == data.shape.count,
    indexes.shape.indices.allSatisfy({ $0 == axis || indexes.shape[$0] <= data.shape[$0] })
  else { throw misfit(data, indexes) }
  let strides = rowMajorStrides(data.shape)
  var others = strides
  others[axis] = 0
  let places = try checkedPlaces(indexes.integers, size: data.shape[axis])
  return zip(stridedIndexes(indexes.shape, strides: others), places).map {
    $0 + $1 * strides[axis]
  }
}

private func gatheredElements(_ call: Evaluation) throws -> HostTensor {
  let (data, indexes) = (try call.input(0), try whole(call.input(1)))
  return data.picking(try elements(call, data, indexes), shape: indexes.shape)
}

private func scatteredElements(_ call: Evaluation) throws -> HostTensor {
  let (data, indexes) = (try call.input(0), try whole(call.input(1)))
  let updates = try call.input(2)
  guard updates.shape == indexes.shape else { throw misfit(indexes, updates) }
  return try put(call, updates, into: data, at: elements(call, data, indexes))
}

/// The first element of each slice that the last axis of `indexes` points at, behind `batch` axes
/// that both have, and the elements of a slice.
private func slices(
  _ data: HostTensor, _ indexes: HostTensor, batch: Int
) throws -> (starts: [Int], count: Int) {
  guard batch >= 0, batch < min(data.shape.count, indexes.shape.count),
    data.shape[..<batch] == indexes.shape[..<batch],
    let depth = indexes.shape.last, depth >= 1, batch + depth <= data.shape.count
  else { throw misfit(data, indexes) }
  let strides = rowMajorStrides(data.shape)
  let rows = indexes.shape.dropLast().reduce(1, *)
  let each = rows / max(1, data.shape[..<batch].reduce(1, *))
  let block = data.shape[batch...].reduce(1, *)
  let starts = try (0..<rows).map { row in
    var start = row / max(1, each) * block
    for axis in 0..<depth {
      let size = data.shape[batch + axis]
      let place = try checkedPlaces([indexes.integers[row * depth + axis]], size: size)[0]
      start += place * strides[batch + axis]
    }
    return start
  }
  return (starts, data.shape[(batch + depth)...].reduce(1, *))
}

private func gatheredSlices(_ call: Evaluation) throws -> HostTensor {
  let (data, indexes) = (try call.input(0), try whole(call.input(1)))
  let batch = try call.node.integer("batch_dims", 0)
  let (starts, count) = try slices(data, indexes, batch: batch)
  let shape = indexes.shape.dropLast() + data.shape[(batch + indexes.shape.last!)...]
  _ = try checkedCount(Array(shape))
  return data.picking(starts.flatMap { $0..<$0 + count }, shape: Array(shape))
}

private func scatteredSlices(_ call: Evaluation) throws -> HostTensor {
  let (data, indexes) = (try call.input(0), try whole(call.input(1)))
  let updates = try call.input(2)
  let (starts, count) = try slices(data, indexes, batch: 0)
  guard updates.shape == indexes.shape.dropLast() + data.shape[indexes.shape.last!...] else {
    throw misfit(indexes, updates)
  }
  return try put(call, updates, into: data, at: starts.flatMap { $0..<$0 + count })
}

/// `data` with `updates` in the place of the elements at `places`; of two at one place, the last.
private func put(
  _ call: Evaluation, _ updates: HostTensor, into data: HostTensor, at places: [Int]
) throws -> HostTensor {
  let reduction = try call.node.text("reduction", "none")
  guard reduction == "none" else { throw ImportError("attribute reduction is '\(reduction)'") }
  guard updates.type == data.type else {
    throw ImportError("elements of type \(updates.type) into those of type \(data.type)")
  }
  var result = data
  for (index, place) in places.enumerated() {
    if data.type.isFloating {
      result.floats[place] = updates.floats[index]
    } else {
      result.integers[place] = updates.integers[index]
    }
  }
  return result
}

private func whole(_ indexes: HostTensor) throws -> HostTensor {
  guard !indexes.type.isFloating else { throw ImportError("indexes of type \(indexes.type)") }
  return indexes
}

private func checkedPlaces(_ list: [Int64], size: Int) throws -> [Int] {
  try list.map { index in
    guard index >= -Int64(size), index < Int64(size) else {
      throw ImportError("index \(index) of \(size)")
    }
    return index < 0 ? Int(index) + size : Int(index)
  }
}

private func misfit(_ a: HostTensor, _ b: HostTensor) -> ImportError {
  ImportError("shapes \(shapeText(a.shape)) and \(shapeText(b.shape)) do not fit")
}

/// The elements of the inputs stand in one list, from which one list of indexes takes the result.
/// The operator itself makes that list: it moves the numbers of elements as it would move them.
private func lowerPlaces(
  _ call: NodeLowering, _ function: (Evaluation) throws -> HostTensor
) throws -> Value {
  guard case .known(let indexes) = try call.operand(1) else {
    throw ImportError("the image says at which places; constants alone may")
  }
  var sources = try call.inputs.indices.filter { $0 != 1 }.map { try call.operand($0) }
  sources = try sources.map { source in
    guard case .value(let value) = source else { return source }
    return .value(try call.lowering.plain(value))
  }
  let total = sources.reduce(0) { $0 + $1.countOfOne }
  func moved(images: Int) throws -> HostTensor {
    var first = 0
    var labels = try sources.map { source -> HostTensor? in
      defer { first += source.countOfOne }
      return try numbered(source, images: images, first: first, step: total)
    }
    labels.insert(images == 1 ? indexes.one : indexes.two ?? indexes.one, at: 1)
    return try function(Evaluation(node: call.node, opset: call.opset, inputs: labels))
  }
  let one = try moved(images: 1)
  guard !one.integers.isEmpty else { throw ImportError("nothing is left of it") }
  if call.lowering.isBatched {
    // A model for one image never says what the second one would need.
    let isForOne = call.lowering.declaredBatch == 1 && indexes.two == nil
    guard one.shape.first == 1 else { throw ImportError.mixesImages }
    if !isForOne {
      let values = NumbersOfImages(sources)
      let second = one.integers.map { $0 + (values.isOfImage(Int($0)) ? Int64(total) : 0) }
      let two = try moved(images: 2)
      guard two.shape == [2] + one.shape.dropFirst(), two.integers == one.integers + second else {
        throw ImportError.mixesImages
      }
    }
  }
  let parts = try sources.map { source in
    switch source {
    case .value(let value): try call.builder.view(value.tensor, [1, value.count])
    case .known(let known):
      try call.builder.constant(known.one.asFloats, [1, known.one.count])
    }
  }
  let list = parts.count == 1 ? parts[0] : try call.builder.node("concat", parts, [.integer(1)])
  let places = try call.builder.constant(
    indices: one.integers.map { Int($0) }, [one.integers.count])
  let result = try call.builder.node("gather", [list, places], [.integer(1)])
  let shape = call.lowering.isBatched ? one.shape : [1] + one.shape
  let axes = one.shape.indices.map { [call.lowering.isBatched ? $0 : $0 + 1] }
  let tensor = try call.builder.view(result, shape.count == 1 ? [1, 1] : shape)
  return Value(
    tensor: tensor, dimensions: shape.count == 1 ? [1, 1] : shape, axes: axes,
    type: try call.operand(0).type)
}

/// Which of the numbers of elements stand for elements that each image has of its own.
private struct NumbersOfImages {
  private var ranges: [Range<Int>] = []

  init(_ sources: [Operand]) {
    var first = 0
    for source in sources {
      if case .value = source { ranges.append(first..<first + source.countOfOne) }
      first += source.countOfOne
    }
  }

  func isOfImage(_ number: Int) -> Bool { ranges.contains { $0.contains(number) } }
}

extension Operand {
  /// Elements with one image.
  fileprivate var countOfOne: Int {
    switch self {
    case .value(let value): value.count
    case .known(let known): known.one.count
    }
  }
}

/// A tensor of the operand's shape whose elements are numbers from `first` on, `step` more for the
/// second image; the elements of constants are the same for each.
private func numbered(
  _ source: Operand, images: Int, first: Int, step: Int
) throws -> HostTensor {
  switch source {
  case .value(let value):
    let shape = value.shape(batch: images)
    let count = shape.reduce(1, *)
    guard count == value.count || value.batchAxis == 0 else { throw ImportError.mixesImages }
    return HostTensor(
      .int64, shape,
      integers: (0..<count).map { Int64(first + $0 % value.count + $0 / value.count * step) })
  case .known(let known):
    let tensor = images == 1 ? known.one : known.two ?? known.one
    guard tensor.count % max(1, known.one.count) == 0 else { throw ImportError.mixesImages }
    let count = known.one.count
    for index in count..<max(count, tensor.count)
    where tensor.type.isFloating
      ? tensor.floats[index] != known.one.floats[index % count]
      : tensor.integers[index] != known.one.integers[index % count]
    {
      throw ImportError("a constant differs from image to image")
    }
    return HostTensor(
      .int64, tensor.shape, integers: (0..<tensor.count).map { Int64(first + $0 % count) })
  }
}
