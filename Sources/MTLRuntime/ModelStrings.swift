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

  init(_ model: Model) {
    inputs = model.inputs.map { CString(model.tensors[$0].name) }
    outputs = model.outputs.map { CString(model.tensors[$0].name) }
    tasks = model.tasks.map { CString($0.name) }
    labels = model.tasks.map { task in task.labels.map { CString($0) } }
    metadata = model.metadata.map { CString($0.value) }
  }
}
