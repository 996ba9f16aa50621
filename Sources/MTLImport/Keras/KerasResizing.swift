/// How an image is brought to another size, as TensorFlow does it.
struct KerasResizing {
  private let isNearest: Bool

  /// Errors: an interpolation that is not known.
  init(_ call: KerasCall, _ interpolation: String) throws {
    switch interpolation {
    case "nearest": isNearest = true
    case "bilinear":
      isNearest = false
      if call.version.hasOldResizing {
        throw ImportError(
          "bilinear interpolation of Keras \(call.version.text ?? "") had other corners than today")
      }
    default:
      throw ImportError(
        "interpolation '\(interpolation)' is not supported: nearest and bilinear are")
    }
  }

  /// ONNX's words; `isWhole` where the image grows by whole factors.
  func attributes(isWhole: Bool) -> [String: SourceAttribute] {
    let coordinates =
      !isNearest ? "half_pixel" : isWhole ? "asymmetric" : "tf_half_pixel_for_nn"
    return [
      "mode": .text(Array((isNearest ? "nearest" : "linear").utf8)),
      "coordinate_transformation_mode": .text(Array(coordinates.utf8)),
      "nearest_mode": .text(Array("floor".utf8)),
    ]
  }

  /// The image with `size` as height and width.
  func resized(_ call: KerasCall, to size: [Int]) throws -> KerasTensor {
    guard size.count == 2, size.allSatisfy({ (1...(1 << 16)).contains($0) }) else {
      throw ImportError("size \(size)")
    }
    let axes = try call.spatialAxes()
    var resized = try call.image { x in
      let sizes = call.constant(list: size)
      var attributes = attributes(isWhole: false)
      attributes["axes"] = .integers([2, 3])
      return call.node("Resize", [x, "", "", sizes], attributes)
    }
    resized.shape = call.x.shape
    for (axis, count) in zip(axes, size) { resized.shape?[axis] = count }
    return resized
  }
}

/// Layers that cut images or bring them to a size.
let kerasResizing: [String: KerasRule] = [
  "Resizing": KerasRule(takesIntegers: true) { call in
    let settings = call.settings
    for key in ["crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"]
    where try settings.flag(key, false) {
      throw ImportError("\(key) is not supported")
    }
    settings.ignore("fill_mode", "fill_value", "bounding_box_format", "data_format")
    let size = [try settings.integer("height", 0), try settings.integer("width", 0)]
    let method = try KerasResizing(call, try settings.text("interpolation", "bilinear"))
    return try method.resized(call, to: size)
  },
  "CenterCrop": KerasRule(takesIntegers: true) { call in
    let size = [try call.settings.integer("height", 0), try call.settings.integer("width", 0)]
    let axes = try call.spatialAxes()
    call.settings.ignore("bounding_box_format")
    let shape = call.x.shape ?? call.builtShape ?? []
    let given = axes.map { shape.indices.contains($0) ? shape[$0] : nil }
    guard let height = given[0], let width = given[1] else {
      throw ImportError("the size of its input is not known")
    }
    guard size[0] > 0, size[1] > 0, height >= size[0], width >= size[1] else {
      throw ImportError("its input, \(height) by \(width), is smaller than what it cuts out")
    }
    let starts = [(height - size[0]) / 2, (width - size[1]) / 2]
    let lists = [starts, zip(starts, size).map { $0 + $1 }, axes]
    var cut = call.same(
      call.node("Slice", [call.x.name] + lists.map { call.constant(list: $0) }))
    cut.shape = shape
    for (axis, count) in zip(axes, size) { cut.shape?[axis] = count }
    cut.isInteger = call.x.isInteger
    return cut
  },
]
