/// Operators that run graphs.
let controlOperators: [String: OperatorImport] = [
  "If": OperatorImport(choosing: { call in
    let condition = try call.input(0)
    guard condition.count == 1, !condition.type.isFloating else {
      throw ImportError("the condition is not one truth")
    }
    let name = condition.integers[0] != 0 ? "then_branch" : "else_branch"
    // Both are looked at, so that neither is an attribute that nobody asks for.
    let branches = [
      "then_branch": try call.node.graph("then_branch"),
      "else_branch": try call.node.graph("else_branch"),
    ]
    guard let branch = branches[name] ?? nil else { throw ImportError("it has no \(name)") }
    guard branch.inputs.isEmpty, branch.outputs.count == call.node.outputs.count else {
      throw ImportError(
        "\(name) has \(branch.inputs.count) inputs and \(branch.outputs.count) outputs")
    }
    return branch
  })
]
