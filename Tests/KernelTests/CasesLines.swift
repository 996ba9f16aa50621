/// Operators that compute results of whole lines of elements, and products of matrices.
extension Cases {
  static let lines: [String: [TestGraph]] = [
    "log_softmax": along("log_softmax", []), "lrn": lrn, "layer_norm": layerNorm,
    "group_norm": groupNorm, "reduce_sum": reduce("reduce_sum"),
    "reduce_mean": reduce("reduce_mean"), "reduce_max": reduce("reduce_max"),
    "reduce_min": reduce("reduce_min"), "reduce_prod": reduce("reduce_prod"),
    "arg_max": along("arg_max", [0]) + along("arg_max", [1]),
    "top_k": along("top_k", [1, 1]) + top("top_k"),
    "top_k_indices": along("top_k_indices", [1, 0]) + top("top_k_indices"), "matmul": matmul,
  ]

  /// Along each axis in turn, which is the first attribute.
  private static func along(_ name: String, _ more: [Int64]) -> [TestGraph] {
    shapes.flatMap { shape in
      (1..<shape.count).map { axis in
        graph { g in _ = g.add(name, [g.value(shape)], [Int64(axis)] + more) }
      }
    }
  }

  private static func top(_ name: String) -> [TestGraph] {
    [([1, 37], [1, 5, 1]), ([1, 6, 4, 5], [1, 6, 0]), ([1, 3, 9], [2, 4, 1])].map {
      shape, attributes in
      graph { g in _ = g.add(name, [g.value(shape)], attributes) }
    }
  }

  private static func reduce(_ name: String) -> [TestGraph] {
    shapes.flatMap { shape in
      (1..<shape.count).flatMap { first in
        (first..<shape.count).map { last in
          graph { g in _ = g.add(name, [g.value(shape)], [Int64(first), Int64(last)]) }
        }
      }
    }
  }

  private static let lrn: [TestGraph] = [1, 2, 5].flatMap { size in
    shapes.map { shape in
      graph { g in
        _ = g.add("lrn", [g.value(shape)], [Int64(size)] + reals(0.0001, 0.75, 1))
      }
    }
  }

  private static let layerNorm: [TestGraph] = (shapes + [[1, 3, 768]]).map { shape in
    graph { g in
      let parameters = [g.constant([shape.last!]), g.constant([shape.last!])]
      _ = g.add("layer_norm", [g.value(shape)] + parameters, reals(1e-5))
    }
  }

  private static let groupNorm: [TestGraph] = [
    ([1, 5], 1), ([1, 6], 3), ([1, 2, 3, 4], 4), ([1, 5, 3, 16], 2), ([1, 3, 7, 21], 21),
    ([1, 9, 4, 33], 3), ([1, 12, 64], 8),
  ].map { shape, groups in
    graph { g in
      let parameters = [g.constant([shape.last!]), g.constant([shape.last!])]
      _ = g.add("group_norm", [g.value(shape)] + parameters, reals(1e-3) + [Int64(groups)])
    }
  }

  private static let matmul: [TestGraph] = [
    ([1, 1, 1], [1, 1, 1]), ([1, 7, 20], [1, 20, 33]), ([1, 3, 5, 9], [1, 3, 9, 17]),
    ([1, 4, 6, 32], [1, 1, 32, 16]), ([1, 1, 1, 40], [1, 5, 40, 8]),
    ([1, 2, 1, 4, 5], [1, 1, 3, 5, 6]), ([1, 2, 50, 64], [1, 2, 64, 50]),
  ].flatMap { a, b in
    let turned = b.dropLast(2) + [b[b.count - 1], b[b.count - 2]]
    return [
      graph { g in _ = g.add("matmul", [g.value(a), g.value(b)], [0]) },
      graph { g in _ = g.add("matmul", [g.value(a), g.constant(b)], [0]) },
      graph { g in _ = g.add("matmul", [g.constant(a), g.value(b)], [0]) },
      graph { g in _ = g.add("matmul", [g.value(a), g.value(Array(turned))], [1]) },
    ]
  }
}
