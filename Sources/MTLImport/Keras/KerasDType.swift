/// In which numbers a layer computes.
enum KerasDType {
  /// What the layer's `dtype` says: a name, or a policy that has one.
  ///
  /// Numbers of 16 bits are computed with as 32: the weights are the same, and what is rounded less
  /// comes closer to what the network has learned.
  ///
  /// Errors: whole numbers, quantised weights, another policy.
  static func check(_ value: JSONValue?) throws(ImportError) -> Bool {
    guard let value, !value.isNull else { return false }
    let known = [nil, "DTypePolicy", "Policy", "FloatDTypePolicy", "PolicyV1"]
    let name = value.text ?? value["config"]?["name"]?.text
    guard let name, known.contains(value["class_name"]?.text) else {
      throw ImportError("dtype is \(value.shortText): only floats are supported")
    }
    switch name {
    case "float32", "float64", "_infer", "infer": return false
    case "float16", "bfloat16", "mixed_float16", "mixed_bfloat16": return true
    default: throw ImportError("dtype is '\(name)': only floats are supported")
    }
  }

  static func isFloat(_ name: String) -> Bool {
    ["float16", "bfloat16", "float32", "float64", "half", "double", "float"].contains(name)
  }
}
