/// A tensor of the source model as a tensor of the model file.
///
/// The file's tensor is row-major over the *lowered* axes, the images on axis 0. Each axis of the
/// source is a list of lowered axes, slowest first: none for a dimension of 1, several where the
/// source has merged some. So transposing, splitting and merging axes changes these lists alone; an
/// operator that needs the elements in a certain order asks `Lowering` for it.
struct Value {
  /// Index in the model. Its shape may group the elements otherwise than `dimensions`.
  var tensor: Int
  /// Of the lowered axes; the first is 1, for one image.
  var dimensions: [Int]
  /// For each axis of the source its lowered axes.
  var axes: [[Int]]
  var type: DataType

  var rank: Int { axes.count }
  /// For one image.
  var count: Int { dimensions.reduce(1, *) }

  /// The lowered axes of source axis `axis` that have more than one element or count the images.
  func factors(_ axis: Int) -> [Int] { axes[axis].filter { $0 == 0 || dimensions[$0] > 1 } }

  /// The size of source axis `axis` for one image.
  func size(_ axis: Int) -> Int { axes[axis].reduce(1) { $0 * dimensions[$1] } }

  /// The source's shape in a run of `batch` images.
  func shape(batch: Int) -> [Int] {
    axes.map { list in
      list.reduce(list.contains(0) ? batch : 1) { $0 * dimensions[$1] }
    }
  }

  /// The source axis that counts the images and nothing else, if there is one.
  var batchAxis: Int? { axes.indices.first { factors($0) == [0] } }

  /// With the lowered axis `axis` split into axes of `sizes`, whose product it is.
  func splitting(_ axis: Int, into sizes: [Int]) -> Value {
    precondition(sizes.reduce(1, *) == dimensions[axis])
    var result = self
    result.dimensions.replaceSubrange(axis...axis, with: sizes)
    result.axes = axes.map { list in
      list.flatMap { old in
        if old < axis { return [old] }
        if old > axis { return [old + sizes.count - 1] }
        return Array(axis..<axis + sizes.count)
      }
    }
    return result
  }
}

/// What a tensor of the source is while the model is being lowered.
enum Operand {
  case known(Known)
  case value(Value)

  var type: DataType {
    switch self {
    case .known(let known): known.one.type
    case .value(let value): value.type
    }
  }

  var rank: Int {
    switch self {
    case .known(let known): known.one.shape.count
    case .value(let value): value.rank
    }
  }
}

/// A tensor that is known before the model runs; it may depend on the number of images.
struct Known {
  /// With one image.
  let one: HostTensor
  /// With two, where that makes a difference.
  let two: HostTensor?

  init(_ tensor: HostTensor) { (one, two) = (tensor, nil) }

  init(one: HostTensor, two: HostTensor) {
    self.one = one
    self.two = one == two ? nil : two
  }

  /// The same for any number of images. Errors: it depends on them.
  func fixed(_ what: String) throws -> HostTensor {
    guard two == nil else { throw ImportError("\(what) depends on the number of images") }
    return one
  }
}
