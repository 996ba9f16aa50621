/// Attention between the places of rows of features, (N, places, features).
let kerasAttention: [String: KerasRule] = [
  "MultiHeadAttention": KerasRule(weights: attentionWeights) { call in
    let settings = call.settings
    settings.ignore(
      "dropout", "seed", "softmax_robust_masking", "query_shape", "key_shape", "value_shape",
      "flash_attention", "output_shape")
    for key in ["use_gate", "use_causal_mask"] where try settings.flag(key, false) {
      throw ImportError("\(key) is not supported")
    }
    if let axes = try settings.integers("attention_axes"), axes != [1], axes != [-2] {
      throw ImportError("attention_axes is \(axes), [1] is supported")
    }
    return try Attention(call).result()
  }
]

@Sendable private func attentionWeights(_ settings: KerasSettings) throws -> [KerasWeight] {
  let hasBias = try settings.flag("use_bias", true)
  return ["query", "key", "value", "output"].flatMap { name -> [KerasWeight] in
    let part = ["\(name)_dense", "_\(name)_dense"]
    let kernel = KerasWeight("kernel", part: part)
    return hasBias ? [kernel, KerasWeight("bias", part: part)] : [kernel]
  }
}

private struct Attention {
  private let call: KerasCall
  private let hasBias: Bool
  private let heads: Int
  private let depth: Int
  private let valueDepth: Int

  init(_ call: KerasCall) throws {
    self.call = call
    hasBias = try call.settings.flag("use_bias", true)
    heads = try call.settings.integer("num_heads", 0)
    depth = try call.settings.integer("key_dim", 0)
    valueDepth = try call.settings.integer("value_dim") ?? depth
  }

  /// Query, value and key, which is the value where nobody gives it.
  func result() throws -> KerasTensor {
    let query = try tensor(0, "query")
    let value = try tensor(1, "value")
    let key = call.arguments.argument(2, ["key"]).flatMap { $0.tensors.first } ?? value
    guard [query, value, key].allSatisfy({ $0.rank == 3 }) else {
      throw ImportError("its inputs have \(query.rank) axes, 3 are supported")
    }
    let queries = try projected(query, 0, depth, [0, 2, 1, 3])
    let keys = try projected(key, 1, depth, [0, 2, 3, 1])
    let values = try projected(value, 2, valueDepth, [0, 2, 1, 3])
    let scaled = call.node("Mul", [queries, call.constant(1 / Double(depth).squareRoot())])
    let scores = call.node("MatMul", [scaled, keys])
    let shares = call.node("Softmax", [scores], ["axis": .integer(-1)])
    let mixed = call.transposed(call.node("MatMul", [shares, values]), [0, 2, 1, 3])
    let flat = call.node("Reshape", [mixed, call.constant(list: [0, -1, heads * valueDepth])])
    let kernel = weight(3)
    guard kernel.shape.count == 3, kernel.shape[0] == heads, kernel.shape[1] == valueDepth else {
      throw ImportError("the weights of its result have the shape \(shapeText(kernel.shape))")
    }
    let matrix = kernel.reshaped([heads * valueDepth, kernel.shape[2]])
    var result = call.node("MatMul", [flat, call.constant(matrix)])
    if hasBias { result = call.node("Add", [result, call.constant(bias(3))]) }
    return KerasTensor(name: result, rank: 3)
  }

  private func tensor(_ place: Int, _ name: String) throws -> KerasTensor {
    guard let tensor = call.arguments.argument(place, [name])?.tensors.first else {
      throw ImportError("\(name) is absent")
    }
    return tensor
  }

  private func weight(_ index: Int) -> HostTensor { call.weights[hasBias ? index * 2 : index] }
  private func bias(_ index: Int) -> HostTensor { call.weights[index * 2 + 1] }

  /// (N, places, features) as (N, places, heads, size), in `order`.
  private func projected(
    _ x: KerasTensor, _ index: Int, _ size: Int, _ order: [Int]
  ) throws -> String {
    let kernel = weight(index)
    guard kernel.shape.count == 3, heads > 0, size > 0, kernel.shape[1] == heads,
      kernel.shape[2] == size
    else { throw ImportError("its weights have the shape \(shapeText(kernel.shape))") }
    let matrix = kernel.reshaped([kernel.shape[0], heads * size])
    var rows = call.node("MatMul", [x.name, call.constant(matrix)])
    if hasBias {
      guard bias(index).count == heads * size else { throw ImportError("its bias does not fit") }
      rows = call.node("Add", [rows, call.constant(bias(index).reshaped([heads * size]))])
    }
    let split = call.node("Reshape", [rows, call.constant(list: [0, -1, heads, size])])
    return call.transposed(split, order)
  }
}
