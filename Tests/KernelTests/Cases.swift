import CMTL

/// The graphs that every backend is tried on: for each operator tails, strides, odd channels,
/// paddings; then chains that a backend may fuse.
enum Cases {
  typealias Builder = (inout TestGraph) -> Void

  static func graph(_ build: Builder) -> TestGraph {
    var graph = TestGraph()
    build(&graph)
    return graph
  }

  static let byOperator = layers.merging(elementwise) { $1 }.merging(alongAxes) { $1 }
    .merging(lines) { $1 }

  private static let layers: [String: [TestGraph]] = [
    "conv": conv + convTypes, "conv_transpose": convTranspose, "dense": dense("dense"),
    "dense_by_input": dense("dense_by_input"),
    "batch_norm": channelwise("batch_norm", 4),
    "scale_shift": channelwise("scale_shift", 2), "max_pool": pool("max_pool", []),
    "avg_pool": pool("avg_pool", [0]) + pool("avg_pool", [1]),
    "global_avg_pool": global("global_avg_pool"), "global_max_pool": global("global_max_pool"),
    "relu": same("relu"), "sigmoid": same("sigmoid"), "softmax": softmax,
    "add": broadcast("add"), "mul": broadcast("mul"), "concat": concat,
  ]

  // MARK: conv: input, output channels, kernel, then the attributes of the table

  private static func convGraph(
    _ x: [Int], _ outputs: Int, _ kernel: [Int], _ attributes: [Int64], bias: Bool = true,
    type: Int = MTLRT_F32
  ) -> TestGraph {
    graph { g in
      let image = g.value([1] + x)
      let depth = x[2] / Int(attributes[8])
      let weights = g.constant([outputs] + kernel + [depth], type)
      _ = g.add("conv", [image, weights, bias ? g.constant([outputs]) : nil], attributes)
    }
  }

  private static let plain: [Int64] = [1, 1, 0, 0, 0, 0, 1, 1, 1]
  private static let same3: [Int64] = [1, 1, 1, 1, 1, 1, 1, 1, 1]

  private static let conv: [TestGraph] = [
    convGraph([1, 1, 1], 1, [1, 1], plain),
    convGraph([5, 7, 3], 4, [1, 1], plain),
    convGraph([6, 5, 16], 16, [1, 1], plain, bias: false),
    convGraph([9, 7, 17], 33, [1, 1], plain),
    convGraph([8, 8, 4], 5, [1, 1], [2, 2, 0, 0, 0, 0, 1, 1, 1]),
    convGraph([4, 4, 3], 8, [1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1]),
    convGraph([8, 8, 3], 32, [3, 3], same3),
    convGraph([7, 9, 8], 16, [3, 3], same3),
    convGraph([13, 5, 5], 19, [3, 3], same3, bias: false),
    convGraph([12, 12, 32], 48, [3, 3], same3),
    convGraph([4, 4, 160], 24, [3, 3], same3),
    convGraph([9, 9, 6], 7, [3, 3], [2, 2, 1, 1, 1, 1, 1, 1, 1]),
    convGraph([10, 9, 3], 10, [5, 3], [3, 2, 0, 1, 2, 0, 1, 1, 1]),
    convGraph([11, 11, 2], 9, [3, 3], [1, 1, 2, 2, 2, 2, 2, 2, 1]),
    convGraph([12, 9, 3], 6, [2, 4], [1, 2, 0, 3, 1, 2, 3, 2, 1]),
    convGraph([3, 3, 2], 4, [3, 3], [1, 1, 4, 5, 5, 4, 1, 1, 1]),
    convGraph([2, 9, 3], 5, [2, 9], plain),
    convGraph([20, 31, 3], 40, [3, 3], same3),
    convGraph([17, 15, 4], 24, [5, 5], [1, 1, 2, 2, 2, 2, 1, 1, 1], bias: false),
    convGraph([23, 25, 3], 64, [7, 7], [2, 2, 3, 3, 3, 3, 1, 1, 1]),
    convGraph([14, 29, 1], 9, [3, 3], plain),
    convGraph([12, 27, 2], 33, [3, 2], [2, 1, 2, 0, 1, 1, 3, 1, 1]),
    convGraph([13, 6, 3], 17, [3, 3], [1, 2, 0, 7, 0, 4, 1, 1, 1]),
    convGraph([8, 8, 8], 12, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 2]),
    convGraph([9, 10, 24], 24, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 6]),
    convGraph([7, 9, 16], 16, [3, 2], [2, 2, 0, 1, 1, 0, 1, 2, 2]),
    convGraph([6, 6, 12], 24, [3, 3], [2, 1, 1, 1, 0, 1, 1, 1, 4]),
    convGraph([5, 5, 6], 12, [1, 1], [1, 1, 0, 0, 0, 0, 1, 1, 3]),
    convGraph([8, 7, 8], 8, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 8]),
    convGraph([9, 8, 19], 19, [3, 3], [2, 2, 0, 1, 1, 0, 1, 1, 19]),
    convGraph([7, 7, 32], 32, [5, 5], [1, 1, 2, 2, 2, 2, 1, 1, 32], bias: false),
    convGraph([7, 7, 5], 15, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 5]),
    convGraph([6, 6, 9], 9, [3, 3], [1, 1, 2, 2, 2, 2, 2, 2, 9]),
    convGraph([19, 21, 40], 40, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 40]),
    convGraph([3, 4, 27], 27, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 27], bias: false),
    convGraph([23, 18, 12], 12, [5, 5], [2, 3, 2, 1, 1, 2, 1, 1, 12]),
    convGraph([17, 20, 3], 3, [3, 4], [3, 5, 0, 6, 2, 1, 2, 3, 3]),
    convGraph([9, 14, 150], 150, [1, 3], [1, 1, 0, 1, 0, 1, 1, 1, 150]),
    convGraph([5, 30, 8], 8, [2, 2], [1, 7, 3, 9, 4, 5, 1, 1, 8]),
  ]

  private static let convTypes: [TestGraph] = [MTLRT_F16, MTLRT_I8, MTLRT_I16].flatMap { type in
    [
      convGraph([6, 5, 7], 18, [3, 3], same3, type: type),
      convGraph([6, 5, 8], 8, [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 8], type: type),
      convGraph([5, 6, 8], 20, [1, 1], [1, 1, 0, 0, 0, 0, 1, 1, 2], bias: false, type: type),
    ]
  }

  private static let convTranspose: [TestGraph] = {
    let shapes: [([Int], Int, [Int], [Int64])] = [
      ([1, 1, 1], 1, [1, 1], [1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0]),
      ([4, 5, 3], 8, [3, 3], [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
      ([5, 4, 16], 17, [2, 2], [2, 2, 0, 0, 0, 0, 1, 1, 1, 0, 0]),
      ([3, 6, 5], 7, [4, 3], [3, 1, 2, 0, 1, 2, 1, 1, 1, 0, 2]),
      ([4, 3, 4], 6, [3, 2], [1, 2, 0, 1, 3, 0, 2, 3, 2, 1, 0]),
      ([5, 5, 9], 9, [3, 3], [2, 2, 1, 1, 1, 1, 1, 1, 9, 1, 1]),
      ([3, 3, 2], 3, [1, 1], [4, 3, 0, 0, 0, 0, 1, 1, 1, 3, 5]),
    ]
    return [MTLRT_F32, MTLRT_F16, MTLRT_I8, MTLRT_I16].flatMap { type in
      shapes.enumerated().map { index, shape in
        let (x, outputs, kernel, attributes) = shape
        return graph { g in
          let weights = g.constant([outputs] + kernel + [x[2] / Int(attributes[8])], type)
          let bias = index % 2 == 0 ? g.constant([outputs]) : nil
          _ = g.add("conv_transpose", [g.value([1] + x), weights, bias], attributes)
        }
      }
    }
  }()

  // MARK: dense

  private static func dense(_ name: String) -> [TestGraph] {
    let shapes = [
      ([1, 1], 1), ([1, 3], 2), ([1, 8], 4), ([1, 17], 5), ([1, 64], 7), ([1, 100], 33),
      ([1, 257], 12), ([1, 1025], 6), ([1, 3, 19], 9), ([1, 2, 3, 8], 3),
      ([1, 8, 19], 9), ([1, 5, 60, 40], 50),
    ]
    return [MTLRT_F32, MTLRT_F16, MTLRT_I8, MTLRT_I16].flatMap { type in
      shapes.map { x, outputs in
        graph { g in
          let shape = [outputs, x.last!]
          let weights = g.constant(name == "dense" ? shape : shape.reversed(), type)
          let bias = outputs % 2 == 0 ? nil : g.constant([outputs])
          _ = g.add(name, [g.value(x), weights, bias])
        }
      }
    }
  }

  // MARK: The others

  static let shapes = [
    [1, 1], [1, 5], [1, 37], [1, 2, 3, 4], [1, 5, 3, 16], [1, 3, 7, 21], [1, 9, 30, 33],
  ]

  static func same(_ name: String, _ attributes: [Int64] = []) -> [TestGraph] {
    shapes.map { shape in graph { g in _ = g.add(name, [g.value(shape)], attributes) } }
  }

  private static func channelwise(_ name: String, _ parameters: Int) -> [TestGraph] {
    shapes.map { shape in
      graph { g in
        let constants = (0..<parameters).map { _ in g.constant([shape.last!]) }
        let epsilon = Int64(bitPattern: 1e-3.bitPattern)
        _ = g.add(name, [g.value(shape)] + constants, parameters == 4 ? [epsilon] : [])
      }
    }
  }

  private static func pool(_ name: String, _ more: [Int64]) -> [TestGraph] {
    let cases: [([Int], [Int64])] = [
      ([4, 4, 1], [2, 2, 0, 0, 0, 0, 2, 2]), ([9, 9, 32], [3, 3, 0, 0, 0, 0, 3, 3]),
      ([7, 8, 5], [2, 2, 1, 1, 1, 1, 3, 3]), ([5, 9, 17], [1, 2, 0, 1, 2, 0, 3, 2]),
      ([6, 6, 8], [1, 1, 1, 1, 0, 0, 2, 2]), ([3, 11, 9], [1, 4, 0, 0, 0, 0, 3, 4]),
      ([2, 2, 3], [1, 1, 2, 2, 2, 2, 3, 3]), ([1, 1, 40], [1, 1, 0, 0, 0, 0, 1, 1]),
      ([7, 6, 75], [2, 2, 1, 1, 1, 1, 3, 3]),
    ]
    return cases.map { x, attributes in
      graph { g in _ = g.add(name, [g.value([1] + x)], attributes + more) }
    }
  }

  private static func global(_ name: String) -> [TestGraph] {
    [[1, 1, 1, 1], [1, 4, 5, 3], [1, 7, 7, 40], [1, 13, 2, 17], [1, 3, 3, 300]].map { shape in
      graph { g in _ = g.add(name, [g.value(shape)]) }
    }
  }

  private static let softmax: [TestGraph] = shapes.flatMap { shape in
    (1..<shape.count).map { axis in
      graph { g in _ = g.add("softmax", [g.value(shape)], [Int64(axis)]) }
    }
  }

  /// Two values, or a value and a constant on either side.
  static func broadcast(_ name: String) -> [TestGraph] {
    let pairs = [
      ([1, 1], [1, 1]), ([1, 37], [1, 37]), ([1, 37], [1, 1]), ([1, 1], [1, 19]),
      ([1, 5, 4, 16], [1, 5, 4, 16]), ([1, 5, 4, 16], [1, 1, 1, 16]),
      ([1, 5, 4, 7], [1, 5, 4, 1]), ([1, 1, 4, 7], [1, 5, 1, 7]), ([1, 3, 1], [1, 1, 9]),
      ([1, 9, 30, 33], [1, 9, 30, 33]),
    ]
    return pairs.flatMap { a, b in
      [
        graph { g in _ = g.add(name, [g.value(a), g.value(b)]) },
        graph { g in _ = g.add(name, [g.value(a), g.constant(b)]) },
        graph { g in _ = g.add(name, [g.constant(a), g.value(b)]) },
        graph { g in
          let x = g.value(a)
          _ = g.add(name, [x, x])
        },
      ]
    }
  }

  private static let concat: [TestGraph] = {
    let cases: [([[Int]], Int64)] = [
      ([[1, 4]], 1), ([[1, 3], [1, 5], [1, 1]], 1), ([[1, 2, 3, 4], [1, 2, 3, 9]], 3),
      ([[1, 2, 3, 4], [1, 2, 1, 4]], 2), ([[1, 2, 3], [1, 5, 3]], 1),
    ]
    return cases.map { shapes, axis in
      graph { g in _ = g.add("concat", shapes.map { g.value($0) }, [axis]) }
    } + [
      graph { g in _ = g.add("concat", [g.constant([1, 1, 8]), g.value([1, 5, 8])], [1]) },
      graph { g in _ = g.add("concat", [g.value([1, 2, 3]), g.constant([1, 2, 4])], [2]) },
    ]
  }()
}
