/// A weight of a layer.
package struct KerasWeight {
  /// The names that it may have.
  package let names: [String]
  /// Whether training changes it, as Keras lists those first.
  let isTrained: Bool
  /// The names that the layer within the layer may have whose weight it is, or none.
  let part: [String]
  /// Whether a file may lack it; predictions do not need it.
  let isOptional: Bool

  init(
    _ names: String..., isTrained: Bool = true, part: [String] = [], isOptional: Bool = false
  ) {
    self.init(names: names, isTrained: isTrained, part: part, isOptional: isOptional)
  }

  init(names: [String], isTrained: Bool, part: [String], isOptional: Bool) {
    self.names = names
    self.isTrained = isTrained
    self.part = part
    self.isOptional = isOptional
  }
}

/// What the importer knows of a class of layers.
struct KerasRule: Sendable {
  typealias Weights = @Sendable (KerasSettings) throws -> [KerasWeight]
  typealias Make = @Sendable (KerasCall) throws -> KerasTensor

  /// Its weights, in Keras's own order.
  let weights: Weights
  /// Adds the nodes of a call to the graph.
  let make: Make
  /// Whether it takes tensors of whole numbers.
  let takesIntegers: Bool

  init(
    takesIntegers: Bool = false, weights: @escaping Weights = { _ in [] }, _ make: @escaping Make
  ) {
    self.weights = weights
    self.make = make
    self.takesIntegers = takesIntegers
  }

  /// By the name of the layer's class; each family of layers is in a file of its own.
  static let layers: [String: KerasRule] = merged([
    kerasConvolutions, kerasPools, kerasActivations, kerasMerges, kerasNorms, kerasShapes,
    kerasIdle, kerasResizing, kerasAttention, kerasPreprocessing, kerasWrappers,
    kerasTensorFlow,
  ])

  private static func merged(_ families: [[String: KerasRule]]) -> [String: KerasRule] {
    families.reduce(into: [:]) { table, family in
      table.merge(family) { _, _ in preconditionFailure("a layer stands in two families") }
    }
  }
}
