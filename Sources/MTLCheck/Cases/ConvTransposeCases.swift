import MTLFormat

extension OperatorFamily {
  /// Transposed convolutions.
  static let convTranspose = OperatorFamily(
    cases: { row, random in
      let byChannels = channelCounts.map { channels in
        ConvTransposeShape([5, 4, channels], channels + 3)
      }
      let depthwise = channelCounts.map { channels in
        ConvTransposeShape([4, 5, channels], channels, groups: channels)
      }
      let drawn = (0..<48).map { _ in ConvTransposeShape(drawn: &random) }
      return (byChannels + depthwise + drawn).map { $0.graph(row) }
    },
    timed: { row in
      [
        ConvTransposeShape([28, 28, 64], 32), ConvTransposeShape([14, 14, 128], 64),
        ConvTransposeShape([28, 28, 64], 64, groups: 64),
      ].map { $0.graph(row) }
    },
    terms: { graph, node in
      let weights = graph.tensors[node.inputs[1]!].shape
      return weights[1] * weights[2] * weights[3]
    })
}

/// One transposed convolution.
private struct ConvTransposeShape {
  var size: [Int], outputs: Int
  var kernel = [3, 3], stride = [2, 2], dilation = [1, 1], extra = [1, 1]
  /// Top, left, bottom, right.
  var pad = [1, 1, 1, 1]
  var groups: Int
  var type = ElementType.f32
  var hasBias = true

  /// One that doubles the size.
  init(_ size: [Int], _ outputs: Int, groups: Int = 1) {
    self.size = size
    self.outputs = outputs
    self.groups = groups
  }

  /// Any of them.
  init(drawn random: inout RandomNumbers) {
    groups = random.pick([1, 1, 1, 2, 3])
    size = [random.integer(1...7), random.integer(1...7), groups * random.integer(1...20)]
    outputs = groups * random.integer(1...20)
    kernel = [random.integer(1...5), random.integer(1...5)]
    stride = random.pick([[1, 1], [2, 2], [2, 2], [1, 3], [3, 2]])
    dilation = random.pick([[1, 1], [1, 1], [2, 1], [2, 3]])
    extra = [random.integer(0...2), random.integer(0...2)]
    let covered = (0..<2).map { (axis: Int) -> Int in
      let reach = (kernel[axis] - 1) * dilation[axis] + 1
      return (size[axis] - 1) * stride[axis] + reach + extra[axis]
    }
    // Something must be left.
    pad = (0..<4).map { side in random.integer(0...min(3, (covered[side % 2] - 1) / 2)) }
    type = random.pick(OperatorFamily.weightTypes)
    hasBias = random.integer(0...2) > 0
  }

  func graph(_ row: OperatorRow) -> CaseGraph {
    CaseGraph { g in
      let weights = g.constant([outputs] + kernel + [size[2] / groups], type)
      let attributes = [
        "stride_h": stride[0], "stride_w": stride[1], "pad_top": pad[0], "pad_left": pad[1],
        "pad_bottom": pad[2], "pad_right": pad[3], "dilation_h": dilation[0],
        "dilation_w": dilation[1], "groups": groups, "extra_bottom": extra[0],
        "extra_right": extra[1],
      ]
      let bias = hasBias ? g.constant([outputs]) : nil
      _ = g.add(row, [g.value([1] + size), weights, bias], attributes)
    }
  }
}
