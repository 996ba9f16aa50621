import CMTL
import MTLFormat

/// Chains that a module may take as one step, and the same with results in between that somebody
/// else reads, too.
enum ChainCases {
  static let all: [CaseGraph] =
    layers.flatMap { layer in afterLayer.map { build in after(layer, build) } }
    + images.flatMap { layer in afterImage.map { build in after(layer, build) } } + pairs
    + expanded + [long]

  /// Adds a layer to a graph; returns its result.
  private typealias Layer = @Sendable (inout CaseGraph) -> Int
  /// Adds what follows the result of a layer.
  private typealias Build = @Sendable (inout CaseGraph, Int) -> Void

  private static func after(_ layer: Layer, _ build: Build) -> CaseGraph {
    CaseGraph { g in build(&g, layer(&g)) }
  }

  private static func conv(_ shape: ConvShape) -> Layer {
    { g in
      let x = g.value([1, shape.height, shape.width, shape.channels])
      return shape.add(to: &g, x, .named("conv"))
    }
  }

  private static func dense(
    _ length: Int, _ outputs: Int, _ type: ElementType, rows: [Int] = []
  ) -> Layer {
    { g in
      let x = g.value([1] + rows + [length])
      return g.add("dense", [x, g.constant([outputs, length], type), g.constant([outputs])])
    }
  }

  private static let images: [Layer] = [
    conv(.keeping([7, 5, 20], 20)), conv(.keeping([9, 12, 16], 33)),
    conv(.keeping([12, 12, 32], 64)), conv(.keeping([7, 6, 20], 20, groups: 4)),
    conv(.keeping([9, 9, 24], 24, groups: 24)), conv(.keeping([18, 18, 3], 16)),
    conv(ConvShape.pointwise([6, 7, 17], 40)), conv(ConvShape.strided([9, 10, 8], 19)),
    conv(.keeping([7, 9, 20], 20, groups: 5)),
  ]

  private static let layers: [Layer] =
    images + [
      dense(37, 19, .f32), dense(64, 48, .i16), dense(100, 6, .f16),
      dense(24, 33, .f32, rows: [3, 7]), dense(64, 48, .i8, rows: [13]),
    ]

  private static func scaleShift(_ g: inout CaseGraph, _ x: Int) -> Int {
    let channels = g.tensors[x].shape.last!
    return g.add("scale_shift", [x, g.constant([channels]), g.constant([channels])])
  }

  private static func pool(
    _ g: inout CaseGraph, _ x: Int, _ kernel: Int, _ stride: Int, pad: Int = 0,
    name: String = "max_pool"
  ) -> Int {
    g.add(
      name, [x],
      [
        "kernel_h": kernel, "kernel_w": kernel, "stride_h": stride, "stride_w": stride,
        "pad_top": pad, "pad_left": pad, "pad_bottom": pad, "pad_right": pad,
      ])
  }

  /// What may follow any layer.
  private static let afterLayer: [Build] = [
    { g, x in _ = g.add("relu", [x]) },
    { g, x in _ = g.add("sigmoid", [x]) },
    { g, x in _ = g.add("clip", [x]) },
    { g, x in _ = scaleShift(&g, g.add("silu", [x])) },
    { g, x in _ = g.add("hard_swish", [x]) },
    { g, x in
      let other = g.value(g.tensors[x].shape)
      _ = g.add("add", [g.add("gelu", [x]), other])
    },
    { g, x in _ = scaleShift(&g, g.add("clip", [x])) },
    { g, x in _ = scaleShift(&g, x) },
    { g, x in _ = scaleShift(&g, g.add("relu", [x])) },
    { g, x in _ = scaleShift(&g, g.add("sigmoid", [x])) },
    { g, x in _ = g.add("relu", [scaleShift(&g, x)]) },
    { g, x in _ = scaleShift(&g, scaleShift(&g, g.add("relu", [x]))) },
    { g, x in
      let other = g.value(g.tensors[x].shape)
      _ = g.add("relu", [g.add("add", [x, other])])
    },
    { g, x in
      let other = g.value(g.tensors[x].shape)
      _ = g.add("relu", [g.add("add", [other, scaleShift(&g, x)])])
    },
    { g, x in
      let other = g.value(g.tensors[x].shape)
      _ = g.add("add", [g.add("relu", [other]), x])
    },
    { g, x in
      let channels = g.tensors[x].shape.last!
      let shape = g.tensors[x].shape.dropLast().map { _ in 1 } + [channels]
      _ = g.add("add", [x, g.constant(shape)])
    },
    { g, x in _ = g.add("mul", [x, x]) },
    { g, x in _ = g.add("add", [g.add("relu", [x]), x]) },
    { g, x in
      let active = g.add("relu", [x])
      _ = g.add("add", [scaleShift(&g, active), active])
    },
    { g, x in
      g.observed = [x]
      _ = scaleShift(&g, g.add("relu", [x]))
    },
    { g, x in
      let active = g.add("relu", [x])
      g.observed = [active]
      _ = scaleShift(&g, active)
    },
    { g, x in
      let last = g.tensors[x].shape.count - 1
      _ = g.add("softmax", [x], ["axis": last])
    },
    { g, x in
      let last = g.tensors[x].shape.count - 1
      _ = g.add("concat", [x, g.add("relu", [x])], ["axis": last])
    },
  ]

  /// What may follow a layer whose result is an image.
  private static let afterImage: [Build] = [
    { g, x in _ = pool(&g, scaleShift(&g, g.add("relu", [x])), 2, 2) },
    { g, x in _ = pool(&g, scaleShift(&g, g.add("relu", [x])), 3, 3) },
    { g, x in _ = pool(&g, g.add("relu", [x]), 3, 2, pad: 1) },
    { g, x in _ = pool(&g, g.add("relu", [x]), 2, 1, pad: 1) },
    { g, x in _ = pool(&g, x, 2, 2) },
    { g, x in _ = pool(&g, g.add("relu", [x]), 2, 2, name: "avg_pool") },
    { g, x in
      let normal = scaleShift(&g, g.add("relu", [x]))
      g.observed = [normal]
      _ = pool(&g, normal, 2, 2)
    },
    { g, x in
      let normal = scaleShift(&g, g.add("relu", [x]))
      let other = g.value(g.tensors[x].shape)
      _ = pool(&g, g.add("add", [normal, other]), 2, 2)
    },
    { g, x in _ = g.add("global_avg_pool", [g.add("relu", [x])]) },
    { g, x in _ = g.add("relu", [pool(&g, x, 2, 2)]) },
  ]

  /// Layers in a row.
  private static let pairs: [CaseGraph] = [
    after(conv(.keeping([9, 8, 8], 16))) { g, x in convAfter(&g, x, 12) },
    after(conv(.keeping([9, 8, 3], 16))) { g, x in convAfter(&g, g.add("relu", [x]), 20) },
    after(conv(.keeping([12, 12, 16], 16))) { g, x in
      convAfter(&g, scaleShift(&g, g.add("relu", [x])), 16)
    },
    after(conv(.keeping([9, 8, 8], 16))) { g, x in
      let active = g.add("relu", [x])
      g.observed = [active]
      convAfter(&g, active, 12)
    },
    after(conv(.keeping([8, 8, 16], 16, groups: 16))) { g, x in
      let shape = ConvShape.pointwise([8, 8, 16], 24)
      _ = g.add("relu", [shape.add(to: &g, g.add("relu", [x]), .named("conv"))])
    },
    CaseGraph { g in  // The result of two convolutions is added to what went into the first.
      let x = g.value([1, 9, 9, 16])
      let shape = ConvShape.keeping([9, 9, 16], 16)
      let first = g.add("relu", [shape.add(to: &g, x, .named("conv"))])
      let second = shape.add(to: &g, first, .named("conv"))
      _ = g.add("relu", [g.add("add", [second, x])])
    },
    after(dense(40, 24, .f32)) { g, x in denseAfter(&g, g.add("relu", [x]), 6, "sigmoid") },
    after(dense(129, 33, .i16)) { g, x in denseAfter(&g, x, 17, "relu") },
    after(dense(700, 530, .f32)) { g, x in byInputAfter(&g, g.add("relu", [x]), 70, .f32) },
    after(dense(64, 300, .f32, rows: [5])) { g, x in
      byInputAfter(&g, g.add("relu", [x]), 33, .i16)
    },
    after(dense(24, 8, .f32)) { g, x in
      let active = g.add("relu", [x])
      g.observed = [active]
      denseAfter(&g, active, 5, "sigmoid")
    },
  ]

  /// More operators than are offered at once.
  private static let long = CaseGraph { g in
    var x = g.value([1, 24])
    for index in 0..<Int(MTLRT_SEQUENCE_MAX) + 4 {
      x = g.add("relu", [index % 5 == 4 ? scaleShift(&g, x) : x])
    }
  }

  /// A 1x1 convolution with a depthwise one behind it, and so many values in between that a module
  /// may want to keep them out of memory.
  private static let expanded: [CaseGraph] = [
    depthwise(after: .pointwise([65, 67, 8], 48), .keeping) { g, x in g.add("clip", [x]) },
    depthwise(after: .pointwise([62, 71, 5], 48), .halving) { g, x in
      scaleShift(&g, g.add("silu", [x]))
    },
    depthwise(after: .pointwise([52, 49, 3], 80), .dilated) { g, x in g.add("relu", [x]) },
    depthwise(after: .pointwise([64, 64, 6], 51), .keeping) { g, x in g.add("relu", [x]) },
    depthwise(after: .pointwise([64, 64, 4], 64), .keeping) { g, x in
      g.observed = [x]
      return x
    },
    depthwise(after: .pointwise([64, 64, 4], 64), .halving) { g, x in
      g.add("add", [x, g.value(g.tensors[x].shape)])
    },
  ]

  /// `between` makes what the depthwise convolution reads; a ReLU follows it.
  private static func depthwise(
    after layer: ConvShape, _ kind: ConvShape.Depthwise,
    between: @escaping @Sendable (inout CaseGraph, Int) -> Int
  ) -> CaseGraph {
    after(conv(layer)) { g, x in
      let next = between(&g, x)
      let shape = ConvShape.depthwise(Array(g.tensors[next].shape.dropFirst()), kind)
      _ = g.add("relu", [shape.add(to: &g, next, .named("conv"))])
    }
  }

  private static func convAfter(_ g: inout CaseGraph, _ x: Int, _ outputs: Int) {
    let shape = ConvShape.keeping(Array(g.tensors[x].shape.dropFirst()), outputs)
    _ = shape.add(to: &g, x, .named("conv"))
  }

  /// A dense layer that may pass over the inputs that are 0.
  private static func byInputAfter(
    _ g: inout CaseGraph, _ x: Int, _ outputs: Int, _ type: ElementType
  ) {
    let weights = g.constant([g.tensors[x].shape.last!, outputs], type)
    _ = g.add("relu", [g.add("dense_by_input", [x, weights, g.constant([outputs])])])
  }

  private static func denseAfter(
    _ g: inout CaseGraph, _ x: Int, _ outputs: Int, _ activation: String
  ) {
    let weights = g.constant([outputs, g.tensors[x].shape.last!])
    _ = g.add(activation, [g.add("dense", [x, weights, g.constant([outputs])])])
  }
}
