import CMTL

/// Operators that change one axis, or the order of axes.
extension Cases {
  static let alongAxes: [String: [TestGraph]] = [
    "transpose": transpose, "slice": slice, "pad": pad, "gather": gather, "resample": resample,
  ]

  private static let transpose: [TestGraph] = [
    ([1, 5], [1]), ([1, 3, 7], [2, 1]), ([1, 33, 40], [2, 1]), ([1, 4, 5, 6], [3, 1, 2]),
    ([1, 4, 5, 6], [2, 3, 1]), ([1, 6, 4, 16], [2, 1, 3]), ([1, 3, 2, 4, 9], [1, 2, 4, 3]),
    ([1, 2, 3, 2, 3, 5], [1, 3, 2, 4, 5]), ([1, 2, 3, 1, 2, 2, 3, 2], [7, 6, 5, 4, 3, 2, 1]),
  ].map { shape, axes in
    graph { g in _ = g.add("transpose", [g.value(shape)], axes) }
  }

  private static let slice: [TestGraph] = [
    ([1, 5], [1, 0, 5, 1]), ([1, 9], [1, 2, 3, 3]), ([1, 4, 5, 24], [3, 8, 8, 1]),
    ([1, 7, 5, 3], [1, 1, 3, 2]), ([1, 4, 6, 17], [2, 5, 1, 9]), ([1, 3, 40], [2, 39, 1, 1]),
  ].map { shape, attributes in
    graph { g in _ = g.add("slice", [g.value(shape)], attributes) }
  }

  private static let pad: [TestGraph] = [
    ([1, 5], [1, 0, 0], 0.5), ([1, 4, 5, 8], [1, 1, 2], 0), ([1, 4, 5, 8], [2, 0, 3], -1e308),
    ([1, 4, 5, 7], [3, 9, 0], 2), ([1, 1, 1], [2, 1, 40], -0.25),
  ].map { shape, sides, value in
    graph { g in _ = g.add("pad", [g.value(shape)], sides + reals(value)) }
  }

  private static let tables: [([Int], Int, Int)] = [
    ([1, 5], 1, 3), ([1, 1], 1, 4), ([1, 4, 5, 16], 3, 16), ([1, 4, 5, 3], 1, 9),
    ([1, 4, 5, 33], 2, 2), ([1, 2, 3, 2, 5], 4, 7),
  ]

  private static let gather: [TestGraph] = tables.map { shape, axis, count in
    graph { g in
      let indexes = g.indexes([count], below: shape[axis])
      _ = g.add("gather", [g.value(shape), indexes], [Int64(axis)])
    }
  }

  private static let resample: [TestGraph] = tables.flatMap { shape, axis, count in
    [1, 2, 4].map { taps in
      graph { g in
        let indexes = g.indexes([count, taps], below: shape[axis])
        let weights = g.constant([count, taps])
        _ = g.add("resample", [g.value(shape), indexes, weights], [Int64(axis)])
      }
    }
  }
}
