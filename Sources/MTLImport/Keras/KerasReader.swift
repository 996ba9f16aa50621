import MTLFormat

/// Reads whole Keras models: `.h5` of Keras 2 and 3, `.keras` of Keras 3.
public enum KerasReader {
  /// Errors: not such a file, a damaged one, or a layer that is not known; all of them at once.
  public static func readH5(_ bytes: Bytes) throws -> SourceGraph {
    let file = try HDF5File(bytes.view, owner: bytes)
    guard let text = file.text("/", "model_config") else {
      throw ImportError("it holds weights and no model; save the whole model")
    }
    let config = try parsed(text)
    return try graph(config, KerasH5Weights(file, root: "/model_weights"))
  }

  public static func readArchive(_ bytes: Bytes) throws -> SourceGraph {
    let archive = try ZipArchive(bytes.view)
    let config = try JSONValue(archive.entry("config.json"))
    let file = try HDF5File(archive.entry("model.weights.h5"), owner: bytes)
    return try graph(config, KerasArchiveWeights(file: file))
  }

  private static func parsed(_ text: String) throws -> JSONValue {
    var text = text
    return try text.withUTF8 { try JSONValue(UnsafeRawBufferPointer($0)) }
  }

  private static func graph(
    _ config: JSONValue, _ weights: any KerasWeights
  ) throws -> SourceGraph {
    let builder = KerasGraph(weights)
    try builder.build(config)
    guard builder.problems.isEmpty else {
      let list = builder.problems.prefix(100).map { "  " + $0 }.joined(separator: "\n")
      throw ImportError("what cannot be imported (\(builder.problems.count)):\n\(list)")
    }
    return builder.graph
  }
}
