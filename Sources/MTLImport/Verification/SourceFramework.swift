/// A program that runs models as their authors do, where Python has it.
public enum SourceFramework: String, CaseIterable, Sendable {
  case onnxruntime, keras

  /// For messages.
  var title: String {
    switch self {
    case .onnxruntime: "ONNX Runtime"
    case .keras: "Keras"
    }
  }
}

/// The run of a model by the framework that it is from, on the inputs of a probe. It reads the
/// model itself, so that a model that was misread shows.
struct FrameworkCheck {
  let framework: SourceFramework
  /// The model's file, and that of its architecture where another one holds it.
  let model: String
  let architecture: String?
  /// The source's inputs, by name and in order, with the numbers that the probe gave.
  let inputs: [(name: String, tensor: HostTensor)]
  /// The names of the source's own outputs, in order.
  let outputs: [String]
  /// From these outputs to those that tasks make of them; nil where they stay as they are.
  let tail: SourceGraph?
  let form: OutputForm
  let batch: Int

  /// What the framework answers, as the file has it, and the framework's name and version.
  ///
  /// Errors: there is no Python, or it lacks the framework, or that fails; the outputs have other
  /// shapes.
  func run() throws -> (answers: Answers, version: String) {
    let folder = try TemporaryFolder()
    let arrays = try PythonArrays(folder)
    for (index, input) in inputs.enumerated() {
      try arrays.write(input.tensor, named: "in\(index)")
    }
    let words =
      [framework.rawValue, model, architecture ?? "", folder.path, "\(inputs.count)"]
      + inputs.map { $0.name } + outputs
    try PythonProgram(text: FrameworkScript.text, title: framework.title).run(words, in: folder)
    var found = try outputs.indices.map { try arrays.read("out\($0)") }
    if let tail { found = try PlainRun(source: tail).outputs(for: found) }
    return (try form.answers(found, batch: batch), try arrays.text("version"))
  }
}

extension SourceGraph {
  /// The nodes alone that `plan` puts behind `outputs`, which are the inputs now.
  static func tail(of plan: TaskPlan, outputs: [SourceOutput], opset: Int) -> SourceGraph {
    var tail = SourceGraph()
    tail.opset = opset
    tail = tail.answering(plan)
    tail.inputs = outputs.map { output in
      SourceInput(
        name: tail.makes(output.name) ? TaskSteps.inner(output.name) : output.name, type: .float,
        shape: output.shape)
    }
    return tail
  }
}
