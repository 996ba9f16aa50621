import MTLFormat

/// Reads Keras models: `.h5` of Keras 2 and 3, whole or weights alone, and `.keras` archives.
public enum KerasReader {
  /// Most bytes of a model's configuration.
  private static let configurationMost = 64 << 20

  /// The model in `bytes`, whatever its name ends in: an HDF5 file or an archive. `architecture` is
  /// the JSON text of a model (`to_json()`, or the config.json of a `.keras` file), which files of
  /// weights alone need.
  ///
  /// Errors: not such a file, a damaged one, or a layer that is not known; all of them at once.
  public static func read(_ bytes: Bytes, architecture: Bytes? = nil) throws -> SourceGraph {
    let isArchive = bytes.view.starts(with: Array("PK".utf8))
    if isArchive {
      guard architecture == nil else {
        throw ImportError("it is a .keras archive, which holds its model: --net is for weights")
      }
      return try readArchive(bytes)
    }
    return try readH5(bytes, architecture: architecture)
  }

  private static func readH5(_ bytes: Bytes, architecture: Bytes?) throws -> SourceGraph {
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
    let root = own != nil ? "/model_weights" : "/"
    let stated = try file.text("/", "keras_version") ?? file.text(root, "keras_version")
    return try graph(config, weights(file, isWhole: own != nil), version: stated)
  }

  private static func readArchive(_ bytes: Bytes) throws -> SourceGraph {
    let archive = try ZipArchive(bytes)
    let config = try archive.entry("config.json", most: configurationMost)
    var version: String?
    if archive.names.contains("metadata.json") {
      let entry = try archive.entry("metadata.json", most: configurationMost)
      version = try JSONValue(entry.view)["keras_version"]?.text
    }
    let weights = try archive.entry("model.weights.h5")
    let file = try HDF5File(weights.view, owner: weights.owner)
    return try graph(
      try JSONValue(config.view), KerasArchiveWeights(file: file), version: version)
  }

  /// Where the weights of a `.h5` file lie: a whole model keeps them in a group, Keras 2 wrote the
  /// same without it, and Keras 3 writes weights alone as `.keras` files hold them.
  private static func weights(
    _ file: HDF5File, isWhole: Bool
  ) throws(ImportError) -> any KerasWeights {
    if isWhole { return KerasH5Weights(file, root: "/model_weights") }
    let isListed = try file.pieces("/", "layer_names") != nil
    return isListed ? KerasH5Weights(file, root: "/") : KerasArchiveWeights(file: file)
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

  /// The model that a configuration describes; `version` is that of the Keras that wrote it.
  package static func graph(
    _ config: JSONValue, _ weights: any KerasWeights, version: String? = nil
  ) throws -> SourceGraph {
    guard config["class_name"]?.text != nil, config["config"] != nil else {
      throw ImportError("the configuration names no model")
    }
    let model = try KerasLayer(config, in: [], isWhole: true)
    let version = KerasVersion(stated: version, config)
    try weights.prepare(for: model)
    let builder = KerasGraph(weights, version)
    try builder.build(model)
    guard builder.problems.isEmpty else {
      throw builder.problems.error(wayOut: version.wayOut)
    }
    return builder.graph
  }
}
