/// Where the weights of a Keras model lie.
package protocol KerasWeights {
  /// Looks at what layers there are; comes before all else.
  func prepare(for model: KerasLayer) throws

  /// The weights of a layer, in the order in which they are wanted; those that are optional and
  /// absent are left out at the end.
  ///
  /// Errors: one is missing, or it is not clear which it is.
  func weights(of layer: KerasLayer, _ wanted: [KerasWeight]) throws -> [HostTensor]

  /// Errors: the file cannot be read any more.
  func checkFile() throws(ImportError)

  /// The paths of weights that no layer has asked for.
  func unused() throws -> [String]
}

extension KerasWeights {
  /// Random numbers are drawn in training alone.
  static func isState(_ path: String) -> Bool {
    path.contains("seed_generator") || path.contains("random_generator")
  }
}
