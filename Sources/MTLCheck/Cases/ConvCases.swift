import MTLFormat

extension OperatorFamily {
  /// Convolutions.
  static let conv = OperatorFamily(
    cases: { row, random in
      let shapes =
        ConvShape.byChannels + ConvShape.bySize + ConvShape.byColumn + ConvShape.byKernel
          + ConvShape.grouped
        + (0..<48).map { _ in ConvShape(drawn: &random) }
      return shapes.map { $0.graph(row) }
    },
    timed: { row in ConvShape.timed.map { $0.graph(row) } },
    terms: { graph, node in
      let weights = graph.tensors[node.inputs[1]!].shape
      return weights[1] * weights[2] * weights[3]
    },
    isTiled: { graph, node in
      let weights = graph.tensors[node.inputs[1]!].shape
      let strides = ["stride_h", "stride_w"].map { node.row.value(of: $0, in: node.attributes) }
      return weights[1] * weights[2] > 1 && strides == [1, 1]
    })
}

/// One convolution.
struct ConvShape {
  var height: Int, width: Int, channels: Int
  var outputs: Int
  var kernel = [3, 3], stride = [1, 1], dilation = [1, 1]
  /// Top, left, bottom, right.
  var pad = [1, 1, 1, 1]
  var groups = 1
  var type = ElementType.f32
  var hasBias = true

  func graph(_ row: OperatorRow) -> CaseGraph {
    CaseGraph { g in
      let x = g.value([1, height, width, channels])
      _ = add(to: &g, x, row)
    }
  }

  /// Adds the convolution of `x`; returns its result.
  func add(to g: inout CaseGraph, _ x: Int, _ row: OperatorRow) -> Int {
    let weights = g.constant([outputs] + kernel + [channels / groups], type)
    let attributes = [
      "stride_h": stride[0], "stride_w": stride[1], "pad_top": pad[0], "pad_left": pad[1],
      "pad_bottom": pad[2], "pad_right": pad[3], "dilation_h": dilation[0],
      "dilation_w": dilation[1], "groups": groups,
    ]
    return g.add(row, [x, weights, hasBias ? g.constant([outputs]) : nil], attributes)
  }

  private init(_ size: [Int], _ outputs: Int) {
    (height, width, channels) = (size[0], size[1], size[2])
    self.outputs = outputs
  }

  private static func make(
    _ size: [Int], _ outputs: Int, _ change: (inout ConvShape) -> Void = { _ in }
  ) -> ConvShape {
    var shape = ConvShape(size, outputs)
    change(&shape)
    return shape
  }

  /// A 3x3 convolution that keeps the size, for chains.
  static func keeping(_ size: [Int], _ outputs: Int, groups: Int = 1) -> ConvShape {
    make(size, outputs) { $0.groups = groups }
  }

  static func pointwise(_ size: [Int], _ outputs: Int) -> ConvShape {
    make(size, outputs) { pointwise(&$0) }
  }

  static func strided(_ size: [Int], _ outputs: Int) -> ConvShape {
    make(size, outputs) { $0.stride = [2, 2] }
  }

  /// Depthwise convolutions: 3x3, 5x5 with stride 2 and less padding at one side, 3x3 dilated.
  enum Depthwise {
    case keeping, halving, dilated
  }

  static func depthwise(_ size: [Int], _ kind: Depthwise) -> ConvShape {
    make(size, size[2]) {
      $0.groups = size[2]
      switch kind {
      case .keeping: break
      case .halving: ($0.kernel, $0.stride, $0.pad) = ([5, 5], [2, 2], [2, 1, 2, 2])
      case .dilated: ($0.dilation, $0.pad) = ([2, 2], [2, 2, 2, 2])
      }
    }
  }

  private static func pointwise(_ shape: inout ConvShape) {
    (shape.kernel, shape.pad) = ([1, 1], [0, 0, 0, 0])
  }

  /// Every number of input and of output channels around vectors' tails, 3x3 and 1x1.
  static let byChannels: [ConvShape] = OperatorFamily.channelCounts.enumerated().flatMap {
    index, channels in
    let others = OperatorFamily.channelCounts
    let other = others[(index * 5 + 3) % others.count]
    let type = OperatorFamily.weightTypes[index % 4]
    return [
      make([6, 7, channels], other) { $0.hasBias = index % 2 == 0 },
      make([7, 5, other], channels) { $0.type = type },
      make([5, 6, channels], other) { pointwise(&$0) },
      make([3, 9, other], channels) {
        pointwise(&$0)
        ($0.type, $0.hasBias) = (type, false)
      },
      make([9, 8, channels], other) { ($0.stride, $0.type) = ([2, 2], type) },
    ]
  }

  /// Images with and without tails of tiles of every usual size.
  static let bySize: [ConvShape] =
    (1...13).flatMap { height in
      [1, 2, 3, 4, 5, 6, 7, 8, 12, 13].map { width in make([height, width, 5], 8) }
    }
    + [16, 24, 25].flatMap { size in
      [make([size, size, 16], 24), make([size, size - 3, 32], 32)]
    }
    + [3, 4, 6, 9].map { size in
      make([size + 2, size + 3, 8], 9) { $0.pad = [0, 0, 0, 0] }
    }

  /// Few input channels and more than a vector of outputs, with kernels of three rows: heights,
  /// widths and outputs with and without tails.
  static let byColumn: [ConvShape] =
    [3, 4, 5, 9].flatMap { height in
      [1, 2, 7, 12].map { width in make([height, width, 3], 10 * width + 4 * height) }
    }
    + [
      make([6, 5, 1], 64) { $0.type = .i16 }, make([8, 6, 4], 96) { $0.type = .f16 },
      make([5, 3, 2], 40) { $0.pad = [4, 5, 5, 4] },
      make([12, 16, 3], 48) { ($0.kernel, $0.pad) = ([3, 5], [0, 3, 2, 1]) },
      make([8, 11, 3], 48) { $0.stride = [1, 2] },
      make([10, 9, 3], 24) { ($0.kernel, $0.pad) = ([3, 2], [1, 0, 0, 0]) },
    ]

  /// Kernels, strides, dilations and paddings of every kind.
  static let byKernel: [ConvShape] = [
    make([4, 4, 160], 24), make([48, 48, 3], 32), make([30, 31, 4], 16), make([20, 20, 1], 7),
    make([8, 8, 4], 5) { (s: inout ConvShape) in
      pointwise(&s)
      s.stride = [2, 2]
    },
    make([8, 9, 24], 33) { (s: inout ConvShape) in
      pointwise(&s)
      s.stride = [3, 1]
    },
    make([4, 4, 3], 8) { $0.kernel = [1, 1] },
    make([11, 11, 9], 16) { ($0.kernel, $0.pad) = ([5, 5], [2, 2, 2, 2]) },
    make([12, 12, 3], 8) { ($0.kernel, $0.pad, $0.stride) = ([5, 5], [1, 2, 2, 1], [2, 2]) },
    make([15, 14, 3], 16) { ($0.kernel, $0.pad, $0.stride) = ([7, 7], [3, 3, 3, 3], [2, 2]) },
    make([9, 10, 8], 8) { ($0.kernel, $0.pad) = ([7, 7], [3, 3, 3, 3]) },
    make([5, 12, 16], 17) { ($0.kernel, $0.pad) = ([1, 7], [0, 3, 0, 3]) },
    make([12, 5, 16], 17) { ($0.kernel, $0.pad) = ([7, 1], [3, 0, 3, 0]) },
    make([10, 9, 3], 10) {
      ($0.kernel, $0.stride, $0.pad) = ([5, 3], [3, 2], [0, 1, 2, 0])
    },
    make([11, 11, 2], 9) { ($0.pad, $0.dilation) = ([2, 2, 2, 2], [2, 2]) },
    make([13, 12, 16], 32) { ($0.pad, $0.dilation) = ([3, 2, 3, 2], [3, 2]) },
    make([12, 9, 3], 6) {
      ($0.kernel, $0.stride, $0.pad, $0.dilation) = ([2, 4], [1, 2], [0, 3, 1, 2], [3, 2])
    },
    make([3, 3, 2], 4) { $0.pad = [4, 5, 5, 4] },
    make([2, 9, 3], 5) { ($0.kernel, $0.pad) = ([2, 9], [0, 0, 0, 0]) },
    make([7, 7, 16], 16) { $0.pad = [0, 2, 1, 0] },
    make([9, 9, 40], 48) { $0.stride = [3, 3] }, make([9, 9, 40], 48) { $0.stride = [1, 2] },
    make([6, 6, 8], 8) { ($0.kernel, $0.pad) = ([2, 2], [0, 0, 1, 1]) },
    make([6, 6, 8], 8) { ($0.kernel, $0.pad) = ([4, 4], [1, 1, 2, 2]) },
  ]

  /// Groups, and one channel per group.
  static let grouped: [ConvShape] =
    [
      make([8, 8, 8], 12) { $0.groups = 2 },
      make([6, 6, 12], 24) { ($0.groups, $0.stride, $0.pad) = (4, [2, 1], [1, 1, 0, 1]) },
      make([5, 5, 6], 12) { (s: inout ConvShape) in
        pointwise(&s)
        s.groups = 3
      },
      make([9, 9, 32], 64) { ($0.groups, $0.type) = (2, .i16) },
      make([7, 7, 5], 15) { $0.groups = 5 }, make([7, 7, 16], 32) { $0.groups = 16 },
      make([8, 8, 48], 48) { ($0.groups, $0.type) = (3, .f16) },
      make([9, 10, 24], 24) { $0.groups = 6 },
      make([8, 7, 8], 8) { ($0.groups, $0.stride, $0.type) = (2, [2, 2], .i8) },
      make([10, 9, 40], 40) { ($0.groups, $0.dilation, $0.pad) = (5, [2, 1], [2, 1, 2, 1]) },
      make([6, 19, 12], 12) { ($0.groups, $0.stride, $0.pad) = (6, [2, 1], [1, 2, 1, 0]) },
      make([7, 9, 36], 36) { ($0.groups, $0.kernel, $0.dilation) = (18, [1, 4], [1, 2]) },
      make([5, 5, 32], 32) { (s: inout ConvShape) in
        pointwise(&s)
        s.groups = 8
      },
    ]
    + OperatorFamily.channelCounts.dropFirst().enumerated().flatMap { index, channels in
      let type = OperatorFamily.weightTypes[index % 4]
      return [
        make([8, 7, channels], channels) { ($0.groups, $0.type) = (channels, type) },
        make([9, 8, channels], channels) {
          ($0.groups, $0.stride, $0.pad) = (channels, [2, 2], [0, 1, 1, 0])
          $0.hasBias = false
        },
        make([7, 9, channels], channels) {
          ($0.groups, $0.kernel, $0.pad) = (channels, [5, 5], [2, 2, 2, 2])
          if index % 3 == 0 { ($0.dilation, $0.pad) = ([2, 1], [4, 2, 4, 2]) }
        },
      ]
    }

  static let timed: [ConvShape] = [
    make([96, 96, 3], 32), make([96, 96, 32], 32), make([32, 32, 64], 64),
    make([16, 16, 128], 128), make([32, 32, 64], 128) { pointwise(&$0) },
    make([56, 56, 64], 64) { $0.stride = [2, 2] },
    make([28, 28, 64], 64) { ($0.kernel, $0.pad) = ([5, 5], [2, 2, 2, 2]) },
    make([56, 56, 64], 64) { $0.groups = 64 }, make([56, 56, 128], 128) { $0.groups = 32 },
    make([28, 28, 256], 256) { $0.groups = 32 }, make([14, 14, 512], 512) { $0.groups = 32 },
    make([28, 28, 240], 240) { (s: inout ConvShape) in
      pointwise(&s)
      s.groups = 3
    },
  ]

  /// Any convolution.
  init(drawn random: inout RandomNumbers) {
    let groups = random.pick([1, 1, 1, 1, 2, 3, 4])
    self.init([1, 1, groups * random.integer(1...24)], groups * random.integer(1...40))
    self.groups = groups
    kernel = [random.integer(1...5), random.integer(1...5)]
    if random.integer(0...1) == 0 { kernel = [3, 3] }
    stride = random.pick([[1, 1], [1, 1], [1, 1], [2, 2], [1, 2], [3, 2]])
    dilation = random.pick([[1, 1], [1, 1], [1, 1], [2, 1], [2, 3]])
    pad = (0..<4).map { _ in random.integer(0...3) }
    let extent = zip(kernel, dilation).map { ($0 - 1) * $1 + 1 }
    height = max(1, extent[0] - pad[0] - pad[2]) + random.integer(0...14)
    width = max(1, extent[1] - pad[1] - pad[3]) + random.integer(0...14)
    type = random.pick(OperatorFamily.weightTypes)
    hasBias = random.integer(0...2) > 0
  }
}
