import MTLFormat

/// Reads Keras models: `.h5` of Keras 2 and 3, whole or weights alone, `.keras` of Keras 3.
public enum KerasReader {
  /// Most bytes of a model's configuration.
  private static let configurationMost = 64 << 20

  /// The model in `bytes`; `architecture` is the JSON text of a model (`to_json()`, or the
  /// config.json of a `.keras` file), which `.h5` files of weights alone need.
  ///
  /// Errors: not such a file, a damaged one, or a layer that is not known; all of them at once.
  public static func readH5(_ bytes: Bytes, architecture: Bytes? = nil) throws -> SourceGraph {
    let file = try HDF5File(bytes.view, owner: bytes)
    let own = try file.text("/", "model_config")
    let config: JSONValue
    if let architecture {
      config = try self.architecture(architecture)
    } else {
      guard let own else {
        throw ImportError(
          "it holds weights and no model; --net ARCHITECTURE.json says what model.to_json() did")
      }
      config = try parsed(own)
    }
    return try graph(config, weights(file, isWhole: own != nil))
  }

  public static func readArchive(_ bytes: Bytes) throws -> SourceGraph {
    let archive = try ZipArchive(bytes)
    let config = try archive.entry("config.json", most: configurationMost)
    let weights = try archive.entry("model.weights.h5")
    let file = try HDF5File(weights.view, owner: weights.owner)
    return try graph(try JSONValue(config.view), KerasArchiveWeights(file: file))
  }

  /// Where the weights of a `.h5` file lie: a whole model keeps them in a group, Keras 2 wrote the
  /// same without it, and Keras 3 writes weights alone as `.keras` files hold them.
  private static func weights(
    _ file: HDF5File, isWhole: Bool
  ) throws(ImportError) -> any KerasWeights {
    if isWhole { return try KerasH5Weights(file, root: "/model_weights") }
    let isListed = try file.texts("/", "layer_names") != nil
    return isListed ? try KerasH5Weights(file, root: "/") : KerasArchiveWeights(file: file)
  }

  private static func architecture(_ bytes: Bytes) throws -> JSONValue {
    guard bytes.view.count <= configurationMost else {
      throw ImportError("--net: a configuration of \(bytes.view.count) bytes")
    }
    do {
      return try JSONValue(bytes.view)
    } catch {
      throw ImportError("--net: \(error.text)")
    }
  }

  private static func parsed(_ text: String) throws -> JSONValue {
    var text = text
    return try text.withUTF8 { try JSONValue(UnsafeRawBufferPointer($0)) }
  }

  /// The model that a configuration describes.
  package static func graph(
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
