/// How a kernel moves over an image: for each spatial axis of (N, C, …), as attributes say.
struct SpatialWindow {
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var before: [Int]
  var after: [Int]
  /// Positions of the kernel.
  var output: [Int]

  /// Largest number that an attribute may have.
  private static let most = 1 << 24

  var rank: Int { kernel.count }

  /// Elements from the kernel's first to its last, on `axis`.
  func extent(_ axis: Int) -> Int { dilations[axis] * (kernel[axis] - 1) + 1 }

  /// The window over an input with spatial dimensions `input`.
  ///
  /// Errors: the attributes contradict one another, or the kernel does not fit.
  init(_ node: SourceNode, input: [Int], kernel: [Int], isCeiling: Bool = false) throws {
    let rank = input.count
    func list(_ name: String, count: Int, _ standard: Int, least: Int) throws -> [Int] {
      let values = try node.integers(name) ?? Array(repeating: standard, count: count)
      guard values.count == count, values.allSatisfy({ (least...Self.most).contains($0) }) else {
        throw ImportError("attribute \(name) is \(values) for \(rank) spatial axes")
      }
      return values
    }
    guard kernel.count == rank, rank > 0,
      kernel.allSatisfy({ (1...Self.most).contains($0) }),
      input.allSatisfy({ (1...Self.most).contains($0) })
    else { throw ImportError("a kernel \(kernel) over \(rank) spatial axes") }
    self.kernel = kernel
    strides = try list("strides", count: rank, 1, least: 1)
    dilations = try list("dilations", count: rank, 1, least: 1)
    let pads = try list("pads", count: 2 * rank, 0, least: 0)
    (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
    output = []
    let mode = try node.text("auto_pad", "NOTSET")
    for axis in 0..<rank {
      switch mode {
      case "NOTSET", "": break
      case "VALID": (before[axis], after[axis]) = (0, 0)
      case "SAME_UPPER", "SAME_LOWER":
        let count = (input[axis] + strides[axis] - 1) / strides[axis]
        let total = max(0, (count - 1) * strides[axis] + extent(axis) - input[axis])
        before[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        after[axis] = total - before[axis]
      default: throw ImportError("attribute auto_pad is '\(mode)'")
      }
      let room = input[axis] + before[axis] + after[axis] - extent(axis)
      guard room >= 0 else { throw ImportError("the kernel is larger than its input") }
      var count = room / strides[axis] + 1
      if isCeiling, room % strides[axis] != 0,
        // A window must begin before the padding behind the input does.
        count * strides[axis] < input[axis] + before[axis]
      {
        count += 1
      }
      output.append(count)
    }
  }

  /// How far the last window reaches beyond the padding behind the input, on `axis`.
  func overhang(_ axis: Int, input: Int) -> Int {
    max(0, (output[axis] - 1) * strides[axis] + extent(axis) - input - before[axis] - after[axis])
  }
}
