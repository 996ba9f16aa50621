import MTLFormat

/// The names that the C API hands out, zero-terminated, for as long as the model is open.
struct ModelStrings {
  let inputs: [CString]
  let outputs: [CString]
  let tasks: [CString]
  /// By task.
  let labels: [[CString]]
  /// Values, in the order of the entries.
  let metadata: [CString]

  init(_ model: Model) throws(Status) {
    inputs = try Self.copies(model.inputs) { model.tensors[$0].name }
    outputs = try Self.copies(model.outputs) { model.tensors[$0].name }
    tasks = try Self.copies(model.tasks) { $0.name }
    labels = try model.tasks.map { (task) throws(Status) in try Self.copies(task.labels) { $0 } }
    metadata = try Self.copies(model.metadata) { $0.value }
  }

  private static func copies<Item>(
    _ items: [Item], _ name: (Item) -> Name
  ) throws(Status) -> [CString] {
    try items.map { (item) throws(Status) in
      try Memory.check()
      return CString(name(item))
    }
  }
}
