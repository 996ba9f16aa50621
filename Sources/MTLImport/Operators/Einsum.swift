/// The letters of each operand and of the result.
private struct EinsumEquation {
  let operands: [[Character]]
  let result: [Character]
  private let text: String

  /// Without a result on the right, it has the letters that stand there once, in order.
  ///
  /// Errors: neither one operand nor two, or a letter twice in one.
  init(_ node: SourceNode) throws {
    text = try node.text("equation", "").filter { $0 != " " }
    let parts = text.components(of: "->")
    operands = parts[0].components(of: ",").map { Array($0) }
    let all = operands.flatMap { $0 }
    result =
      parts.count == 2
      ? Array(parts[1])
      : Set(all).filter { letter in all.filter { $0 == letter }.count == 1 }.sorted()
    guard (1...2).contains(operands.count), parts.count <= 2, !text.contains("."),
      operands.allSatisfy({ Set($0).count == $0.count }), Set(result).count == result.count,
      Set(result).isSubset(of: Set(all))
    else { throw fault }
  }

  var fault: ImportError {
    ImportError("equation '\(text)' is no product of two tensors, and no sum over one")
  }

  /// Of one operand: the axes that are summed, and of what is left the order in the result.
  var single: (summed: [Int], order: [Int]) {
    let letters = operands[0]
    let kept = letters.filter { result.contains($0) }
    return (
      letters.indices.filter { !result.contains(letters[$0]) },
      result.map { kept.firstIndex(of: $0)! }
    )
  }
}

/// A sum of products of two operands, written as `bij,bjk->bik`.
private struct EinsumForm {
  let left: [Character]
  let right: [Character]
  let result: [Character]

  /// Errors: not two operands, or a letter twice in one.
  init(_ equation: EinsumEquation) throws {
    guard equation.operands.count == 2 else { throw equation.fault }
    (left, right) = (equation.operands[0], equation.operands[1])
    result = equation.result
  }

  /// In both and in the result.
  var shared: [Character] { result.filter { left.contains($0) && right.contains($0) } }
  /// In both, summed.
  var summed: [Character] { left.filter { right.contains($0) && !result.contains($0) } }
  var rows: [Character] { result.filter { left.contains($0) && !right.contains($0) } }
  var columns: [Character] { result.filter { !left.contains($0) && right.contains($0) } }
  /// In one operand alone, summed.
  func alone(_ letters: [Character], _ other: [Character]) -> [Int] {
    letters.indices.filter { !other.contains(letters[$0]) && !result.contains(letters[$0]) }
  }
}

extension String {
  fileprivate func components(of separator: String) -> [String] {
    var (parts, rest) = ([""], self[...])
    while !rest.isEmpty {
      if rest.hasPrefix(separator) {
        parts.append("")
        rest = rest.dropFirst(separator.count)
      } else {
        parts[parts.count - 1].append(rest.removeFirst())
      }
    }
    return parts
  }
}

func evaluateEinsum(_ call: Evaluation) throws -> [HostTensor] {
  let equation = try EinsumEquation(call.node)
  if equation.operands.count == 1 {
    let x = try call.input(0)
    guard x.shape.count == equation.operands[0].count else { throw equation.fault }
    let (summed, order) = equation.single
    return [try reduced(x, summed, keeps: false) { $0.reduce(0, +) }.transposed(order)]
  }
  let form = try EinsumForm(equation)
  let (a, b) = (try call.input(0), try call.input(1))
  guard a.shape.count == form.left.count, b.shape.count == form.right.count else {
    throw ImportError("ranks do not fit the equation")
  }
  func laid(_ x: HostTensor, _ letters: [Character], _ groups: [[Character]]) throws -> HostTensor {
    let gone = letters.indices.filter { !groups.joined().contains(letters[$0]) }
    let small = try reduced(x, gone, keeps: false) { $0.reduce(0, +) }
    let kept = letters.filter { groups.joined().contains($0) }
    let order = groups.joined().map { kept.firstIndex(of: $0)! }
    let moved = small.transposed(order)
    var (shape, next) = ([Int](), 0)
    for group in groups {
      shape.append(moved.shape[next..<next + group.count].reduce(1, *))
      next += group.count
    }
    return moved.reshaped(shape)
  }
  var sizes: [Character: Int] = [:]
  for (letters, tensor) in [(form.left, a), (form.right, b)] {
    for (letter, size) in zip(letters, tensor.shape) {
      guard sizes[letter] ?? size == size else { throw ImportError("sizes of '\(letter)' differ") }
      sizes[letter] = size
    }
  }
  let product = try matrixProduct(
    laid(a, form.left, [form.shared, form.rows, form.summed]),
    laid(b, form.right, [form.shared, form.summed, form.columns]))
  let letters = form.shared + form.rows + form.columns
  return [
    product.reshaped(letters.map { sizes[$0]! })
      .transposed(form.result.map { letters.firstIndex(of: $0)! })
  ]
}

func lowerEinsum(_ call: NodeLowering) throws -> [Operand] {
  let equation = try EinsumEquation(call.node)
  if equation.operands.count == 1 {
    let x = try call.value(0)
    guard x.rank == equation.operands[0].count else { throw equation.fault }
    let (summed, order) = equation.single
    var value = call.dropping(summed, of: try call.reduced(x, "reduce_sum", summed))
    value.axes = order.map { value.axes[$0] }
    return [.value(value)]
  }
  let form = try EinsumForm(equation)
  func laid(
    _ operand: Operand, _ letters: [Character], _ groups: [[Character]], summing gone: [Int]
  ) throws -> Operand {
    let order = groups.joined().map { letters.firstIndex(of: $0)! }
    switch operand {
    case .known(let known):
      let tensor = try reduced(known.fixed("an operand"), gone, keeps: true) { $0.reduce(0, +) }
      guard tensor.shape.count == letters.count else { throw ImportError("ranks do not fit") }
      var shape = groups[0].map { tensor.shape[letters.firstIndex(of: $0)!] }
      for group in groups.dropFirst() {
        shape.append(group.reduce(1) { $0 * tensor.shape[letters.firstIndex(of: $1)!] })
      }
      return .known(Known(tensor.transposed(order + gone).reshaped(shape)))
    case .value(let x):
      guard x.rank == letters.count else { throw ImportError("ranks do not fit the equation") }
      var value = try call.reduced(x, "reduce_sum", gone)
      // Groups of letters become one axis; the product asks for them in that order.
      var axes = groups[0].map { value.axes[letters.firstIndex(of: $0)!] }
      for group in groups.dropFirst() {
        axes.append(group.flatMap { value.factors(letters.firstIndex(of: $0)!) })
      }
      value.axes = axes
      return .value(value)
    }
  }
  var sizes: [Character: Int] = [:]
  var lists: [Character: [Int]] = [:]
  for (index, letters) in [form.left, form.right].enumerated() {
    guard case .value(let value) = try call.operand(index) else {
      if case .known(let known) = try call.operand(index) {
        for (letter, size) in zip(letters, known.one.shape) { sizes[letter] = size }
      }
      continue
    }
    for (axis, letter) in letters.enumerated() where axis < value.rank {
      sizes[letter] = value.size(axis)
      lists[letter] = value.factors(axis)
    }
  }
  let product = try call.product(
    laid(
      call.operand(0), form.left, [form.shared, form.rows, form.summed],
      summing: form.alone(form.left, form.right)),
    laid(
      call.operand(1), form.right, [form.shared, form.summed, form.columns],
      summing: form.alone(form.right, form.left)))
  // Rows and columns come apart again, then the result's order is taken.
  let letters = form.shared + form.rows + form.columns
  let one = letters.map { sizes[$0]! }
  let two = letters.map { letter in
    sizes[letter]! * ((lists[letter] ?? []).contains(0) && call.lowering.isBatched ? 2 : 1)
  }
  var value = try call.lowering.reshaped(product, one: one, two: two)
  value.axes = form.result.map { letter in value.axes[letters.firstIndex(of: letter)!] }
  return [.value(value)]
}
