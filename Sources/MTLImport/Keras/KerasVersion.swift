/// The Keras that wrote a file. Some names mean other functions from one version to the next.
struct KerasVersion {
  /// nil: the file does not say.
  let text: String?

  var major: Int? { number(0) }
  private var minor: Int? { number(1) }

  private func number(_ index: Int) -> Int? {
    let parts = (text ?? "").split(separator: ".")
    return parts.indices.contains(index) ? Int(parts[index].prefix { $0.isNumber }) : nil
  }

  /// Of what the file says, or else of the form of the configuration.
  init(stated: String?, _ model: JSONValue) {
    if let text = stated ?? model["keras_version"]?.text {
      self.text = text
      return
    }
    let first = model["config"]?["layers"]?.list ?? model["config"]?.list ?? []
    let inputs = first.compactMap { $0["config"] }
    if inputs.contains(where: { $0["batch_shape"] != nil }) {
      text = "3"
    } else if inputs.contains(where: { $0["batch_input_shape"] != nil }) {
      text = "2"
    } else {
      text = nil
    }
  }

  /// Whether it is Keras 3, where that makes a difference.
  ///
  /// Errors: not known.
  func isThree(for what: String) throws(ImportError) -> Bool {
    guard let major else {
      throw ImportError(
        "\(what) differs between versions of Keras, and the file does not say which wrote it")
    }
    return major >= 3
  }

  /// Before 2.3, resizing by weights had corners of its own; 2.2.4-tf is part of TensorFlow 2.
  var hasOldResizing: Bool {
    guard let major, let minor else { return false }
    return major < 2 || major == 2 && minor < 3 && text != "2.2.4-tf"
  }

  /// How a model comes into a form that can be imported, if not as it is.
  var wayOut: String {
    (major ?? 3) >= 3
      ? "Keras itself writes ONNX: model.export('model.onnx', format='onnx')"
      : "tf2onnx writes ONNX: python -m tf2onnx.convert --keras model.h5 --output model.onnx"
  }
}
