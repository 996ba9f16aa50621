/// Attention of operator set 23, without the cache of language models.
let attentionOperators: [String: OperatorImport] = [
  "Attention": OperatorImport(
    { call in [try evaluateAttention(call)] }, { call in [.value(try lowerAttention(call))] })
]

/// What Attention's attributes and the shapes of query, key and value say.
private struct AttentionForm {
  /// Heads of the query, and of key and value.
  let heads: Int
  let sharedHeads: Int
  /// Whether heads are an axis of their own, (N, heads, length, size), or not, (N, length, all).
  let isSplit: Bool
  let scale: Double
  let isCausal: Bool

  /// Shapes are those of one image.
  init(_ node: SourceNode, q: [Int], k: [Int], v: [Int]) throws {
    guard q.count == k.count, k.count == v.count, [3, 4].contains(q.count) else {
      throw ImportError("ranks \(q.count), \(k.count) and \(v.count)")
    }
    isSplit = q.count == 4
    let stated = (try node.integer("q_num_heads"), try node.integer("kv_num_heads"))
    heads = isSplit ? q[1] : stated.0 ?? 0
    sharedHeads = isSplit ? k[1] : stated.1 ?? 0
    guard heads >= 1, sharedHeads >= 1, heads % sharedHeads == 0, v[1] == k[1],
      isSplit || (q[2] % heads == 0 && k[2] % sharedHeads == 0 && v[2] % sharedHeads == 0)
    else { throw ImportError("\(heads) and \(sharedHeads) heads of \(shapeText(q))") }
    let size = isSplit ? q[3] : q[2] / heads
    guard size == (isSplit ? k[3] : k[2] / sharedHeads), size > 0,
      isSplit ? v[2] == k[2] : true
    else { throw ImportError("\(shapeText(q)) and \(shapeText(k)) do not fit") }
    scale = try node.float("scale").map { Double($0) } ?? 1 / Double(size).squareRoot()
    isCausal = try node.integer("is_causal", 0) != 0
    guard try node.float("softcap", 0) == 0 else {
      throw ImportError("attribute softcap is not supported")
    }
    node.ignore("softmax_precision", "qk_matmul_output_mode")
    guard node.outputs.dropFirst().allSatisfy({ $0.isEmpty }) else {
      throw ImportError("a cache of keys and values, which language models have, is not supported")
    }
  }

  /// The shape with an axis for heads behind that of lengths.
  func split(_ shape: [Int], heads: Int) -> [Int] {
    [shape[0], shape[1], heads, shape[2] / heads]
  }

  /// For each head of the query the head of key and value.
  var shared: [Int] { (0..<heads).map { $0 / (heads / sharedHeads) } }

  /// What is added to scores, such that nobody looks ahead.
  func causal(_ lengths: (q: Int, k: Int)) -> HostTensor {
    HostTensor(
      [lengths.q, lengths.k],
      floats: (0..<lengths.q).flatMap { row in
        (0..<lengths.k).map { $0 > row ? hidden : 0 }
      })
  }
}

/// What is added to the score of something that is not looked at: its power is 0 in any company.
private let hidden: Float = -1e30

/// A mask of truths as what is added to scores.
private func addition(_ mask: HostTensor) throws -> HostTensor {
  if mask.type.isFloating {
    return HostTensor(mask.shape, floats: mask.floats.map { max($0, hidden) })
  }
  guard mask.type == .bool else { throw ImportError("a mask of type \(mask.type)") }
  return HostTensor(mask.shape, floats: mask.integers.map { $0 == 0 ? hidden : 0 })
}

private func evaluateAttention(_ call: Evaluation) throws -> HostTensor {
  let inputs = try (0..<3).map { try call.input($0) }
  let form = try AttentionForm(
    call.node, q: inputs[0].shape, k: inputs[1].shape, v: inputs[2].shape)
  func split(_ x: HostTensor, heads: Int) -> HostTensor {
    form.isSplit ? x : x.reshaped(form.split(x.shape, heads: heads)).transposed([0, 2, 1, 3])
  }
  func repeated(_ x: HostTensor) -> HostTensor {
    let x = split(x, heads: form.sharedHeads)
    let block = x.shape[2] * x.shape[3]
    let indexes = (0..<x.shape[0]).flatMap { image in
      form.shared.flatMap { head -> Range<Int> in
        let first = (image * form.sharedHeads + head) * block
        return first..<first + block
      }
    }
    return x.picking(indexes, shape: [x.shape[0], form.heads, x.shape[2], x.shape[3]])
  }
  let (q, k, v) = (
    split(inputs[0], heads: form.heads), repeated(inputs[1]), repeated(inputs[2])
  )
  let scores = mapped(try matrixProduct(q, k.transposed([0, 1, 3, 2]))) { $0 * form.scale }
  let masks =
    (try call.optional(3).map { [try addition($0)] } ?? [])
    + (form.isCausal ? [form.causal((q.shape[2], k.shape[2]))] : [])
  let raised = try masks.reduce(scores) { try broadcast($0, $1, +, { a, _ in a }) }
  // Who may look at nothing sees 0.
  let weights = try masks.reduce(alongAxis(raised, 3, softmax)) {
    try broadcast($0, $1, { $1 <= hidden ? 0 : $0 }, { a, _ in a })
  }
  let result = try matrixProduct(weights, v)
  guard !form.isSplit else { return result }
  let (images, lengths) = (result.shape[0], result.shape[2])
  return result.transposed([0, 2, 1, 3]).reshaped([images, lengths, form.heads * v.shape[3]])
}

private func lowerAttention(_ call: NodeLowering) throws -> Value {
  let inputs = try (0..<3).map { try call.value($0) }
  let form = try AttentionForm(
    call.node, q: inputs[0].shape(batch: 1), k: inputs[1].shape(batch: 1),
    v: inputs[2].shape(batch: 1))
  func split(_ x: Value, heads: Int) throws -> Value {
    guard !form.isSplit else { return x }
    let (one, two) = call.lowering.shapes(x)
    var value = try call.lowering.reshaped(
      x, one: form.split(one, heads: heads), two: form.split(two, heads: heads))
    value.axes.swapAt(1, 2)
    return value
  }
  func repeated(_ x: Value) throws -> Value {
    let value = try split(x, heads: form.sharedHeads)
    return form.heads == form.sharedHeads ? value : try call.gathered(value, 1, form.shared)
  }
  let q = try split(inputs[0], heads: form.heads)
  var k = try repeated(inputs[1])
  let v = try repeated(inputs[2])
  let lengths = (q: q.size(2), k: k.size(2))
  k.axes.swapAt(2, 3)
  var scores = try call.scaled(call.product(.value(q), .value(k)), by: form.scale)
  let mask = call.has(3) ? try call.operand(3) : nil
  let causal = form.isCausal ? form.causal(lengths) : nil
  if let mask { scores = try masked(call, scores, mask) }
  if let causal { scores = try call.binary("add", .value(scores), .known(Known(causal))) }
  var (weights, axis) = try call.lowering.isolated(scores, 3)
  weights.tensor = try call.builder.node("softmax", [weights.tensor], [.integer(axis)])
  weights = try seen(call, weights, mask, causal)
  var result = try call.product(.value(weights), .value(v))
  guard !form.isSplit else { return result }
  result.axes.swapAt(1, 2)
  let (one, two) = call.lowering.shapes(result)
  return try call.lowering.reshaped(
    result, one: [one[0], one[1], one[2] * one[3]], two: [two[0], two[1], two[2] * two[3]])
}

private func masked(_ call: NodeLowering, _ scores: Value, _ mask: Operand) throws -> Value {
  switch mask {
  case .known(let known):
    let tensor = try addition(call.lowering.uniform(known))
    return try call.binary("add", .value(scores), .known(Known(tensor)))
  case .value(let value):
    guard value.type == .bool else {
      return try call.binary("add", .value(scores), .value(value))
    }
    return try call.select(.value(value), .value(scores), .scalar(hidden))
  }
}

/// The weights with 0 for who may look at nothing.
private func seen(
  _ call: NodeLowering, _ weights: Value, _ mask: Operand?, _ causal: HostTensor?
) throws -> Value {
  var known = causal
  var result = weights
  if case .known(let constant)? = mask {
    let tensor = try addition(call.lowering.uniform(constant))
    known = try known.map { try broadcast(tensor, $0, +, { a, _ in a }) } ?? tensor
  }
  let isOpen = mask.map { if case .value = $0 { true } else { false } } ?? false
  if isOpen, let mask, mask.type == .bool {
    result = try call.select(mask, .value(result), .scalar(0))
  }
  guard let known, let length = known.shape.last else { return result }
  let kept = HostTensor(known.shape, floats: known.floats.map { $0 <= hidden ? 0 : 1 })
  let isBlind = stride(from: 0, to: kept.count, by: max(1, length)).contains { row in
    !kept.floats[row..<row + length].contains(1)
  }
  guard isBlind || isOpen else { return result }
  return try call.binary("mul", .value(result), .known(Known(kept)))
}
