import CMTL

/// The ways to compute a convolution, and the way for each shape.
enum ConvKernel {
  case windows, tilesOf4, tilesOf6

  init(_ shape: mtl_conv_shape) {
    self = SmallConv.suits(shape) ? .windows : Self.suits6(shape) ? .tilesOf6 : .tilesOf4
  }

  /// Tiles of 6x6 results take fewer products than those of 4x4, unless they reach far beyond the
  /// image. Of a small image there are too few of them for their larger transformed weights.
  private static func suits6(_ shape: mtl_conv_shape) -> Bool {
    func products<T: WinogradTransform>(_ transform: T.Type) -> Int {
      let side = T.outputs
      return (shape.height + side - 1) / side * ((shape.width + side - 1) / side) * T.frequencies
    }
    return shape.height * shape.width >= 400
      && products(Winograd6.self) * 8 < products(Winograd4.self) * 7
  }

  static func plan(_ shape: mtl_conv_shape) -> mtl_conv_plan {
    switch ConvKernel(shape) {
    case .windows: SmallConv(shape).plan()
    case .tilesOf4: WinogradConv<Winograd4>.plan(shape)
    case .tilesOf6: WinogradConv<Winograd6>.plan(shape)
    }
  }

  static func pack(_ call: mtl_conv_pack, part: Int) {
    switch ConvKernel(call.shape) {
    case .windows: SmallConv(call.shape).pack(call)
    case .tilesOf4: ConvWeights<Winograd4>.pack(call, part: part)
    case .tilesOf6: ConvWeights<Winograd6>.pack(call, part: part)
    }
  }

  static func run(_ call: mtl_conv_call, part: Int) {
    switch ConvKernel(call.shape) {
    case .windows: SmallConv(call.shape).run(call, part: part)
    case .tilesOf4: WinogradConv<Winograd4>.run(call, part: part)
    case .tilesOf6: WinogradConv<Winograd6>.run(call, part: part)
    }
  }

  static func gradient(_ call: mtl_conv_gradient, slice: Int) {
    switch ConvKernel(call.shape) {
    case .windows: SmallConv(call.shape).gradient(call, slice: slice)
    case .tilesOf4: WinogradConv<Winograd4>.gradient(call, slice: slice)
    case .tilesOf6: WinogradConv<Winograd6>.gradient(call, slice: slice)
    }
  }

  static func gather(_ call: mtl_conv_gradient, part: Int) {
    switch ConvKernel(call.shape) {
    case .windows: SmallConv(call.shape).gather(call)
    case .tilesOf4: ConvGather<Winograd4>.run(call, part: part)
    case .tilesOf6: ConvGather<Winograd6>.run(call, part: part)
    }
  }
}
