extension OperatorFamily {
  /// A window that slides over an image.
  static let pool = OperatorFamily(
    cases: { row, random in
      // Height, width, channels; kernel; stride; padding at top, left, bottom, right.
      let fixed: [([Int], [Int], [Int], [Int])] = [
        ([4, 4, 1], [2, 2], [2, 2], [0, 0, 0, 0]), ([9, 9, 32], [3, 3], [3, 3], [0, 0, 0, 0]),
        ([7, 8, 5], [3, 3], [2, 2], [1, 1, 1, 1]), ([5, 9, 17], [3, 2], [1, 2], [0, 1, 2, 0]),
        ([6, 6, 8], [2, 2], [1, 1], [1, 1, 0, 0]), ([3, 11, 9], [3, 4], [1, 4], [0, 0, 0, 0]),
        ([2, 2, 3], [3, 3], [1, 1], [2, 2, 2, 2]), ([1, 1, 40], [1, 1], [1, 1], [0, 0, 0, 0]),
        ([13, 12, 33], [5, 1], [2, 3], [4, 0, 0, 0]), ([8, 8, 64], [8, 8], [1, 1], [0, 0, 0, 0]),
      ]
      var cases = fixed.flatMap { both(row, $0.0, $0.1, $0.2, $0.3) }
      for channels in channelCounts {
        cases += both(row, [6, 7, channels], [2, 2], [2, 2], [0, 0, 0, 0])
        cases += both(row, [7, 6, channels], [3, 3], [2, 2], [0, 0, 1, 1])
      }
      for _ in 0..<24 { cases += both(row, drawn: &random) }
      return cases
    },
    timed: { row in
      [
        one(row, [96, 96, 32], [3, 3], [3, 3], [0, 0, 0, 0]),
        one(row, [32, 32, 64], [2, 2], [2, 2], [0, 0, 0, 0]),
      ]
    },
    terms: { _, node in
      node.row.value(of: "kernel_h", in: node.attributes)
        * node.row.value(of: "kernel_w", in: node.attributes)
    })

  /// The mean or largest of each channel.
  static let globalPool = OperatorFamily(
    cases: { row, _ in
      let sizes = [[1, 1], [7, 7], [4, 5], [13, 2]]
      return channelCounts.enumerated().flatMap { index, channels in
        [sizes[index % 4], sizes[(index + 1) % 4]].map { size in
          CaseGraph { g in _ = g.add(row, [g.value([1] + size + [channels])]) }
        }
      }
    },
    timed: { row in [CaseGraph { g in _ = g.add(row, [g.value([1, 12, 12, 128])]) }] },
    terms: { graph, node in
      let x = graph.tensors[node.inputs[0]!].shape
      return x[1] * x[2]
    })

  /// With the padding counted and not, where there is such an attribute.
  private static func both(
    _ row: OperatorRow, _ x: [Int], _ kernel: [Int], _ stride: [Int], _ pad: [Int]
  ) -> [CaseGraph] {
    (row.has("count_include_pad") ? [0, 1] : [0]).map {
      one(row, x, kernel, stride, pad, counts: $0)
    }
  }

  private static func both(_ row: OperatorRow, drawn random: inout RandomNumbers) -> [CaseGraph] {
    let kernel = [random.integer(1...5), random.integer(1...5)]
    let x = kernel.map { random.integer($0...$0 + 9) } + [random.integer(1...70)]
    let stride = [random.integer(1...3), random.integer(1...3)]
    let pad = [kernel[0], kernel[1], kernel[0], kernel[1]].map { random.integer(0...$0 - 1) }
    return both(row, x, kernel, stride, pad)
  }

  private static func one(
    _ row: OperatorRow, _ x: [Int], _ kernel: [Int], _ stride: [Int], _ pad: [Int],
    counts: Int = 0
  ) -> CaseGraph {
    CaseGraph { g in
      let attributes = [
        "stride_h": stride[0], "stride_w": stride[1], "pad_top": pad[0], "pad_left": pad[1],
        "pad_bottom": pad[2], "pad_right": pad[3], "kernel_h": kernel[0], "kernel_w": kernel[1],
        "count_include_pad": counts,
      ]
      _ = g.add(row, [g.value([1] + x)], attributes)
    }
  }
}
