/// `.h5`: a group for each layer of the whole model, which lists its weights in Keras's order:
/// those that training changes first, of all layers that are nested in it.
final class KerasH5Weights: KerasWeights {
  private let file: HDF5File
  private let root: String
  /// The weights of each layer of the whole model, in order.
  private var groups: [(layer: String, weights: [Entry])] = []
  /// By the layer's key.
  private var found: [String: [Entry]] = [:]
  private var faults: [String: String] = [:]
  private var used: Set<String> = []
  private static let piecesMost = 64

  /// A weight in the file.
  private struct Entry {
    let path: String
    /// What its name says before the last slash: the layer, and what that stands in.
    let owner: String
    /// `kernel`
    let role: String

    init(_ name: String, in group: String) {
      path = "\(group)/\(name)"
      let parts = name.split(separator: "/").map { String($0) }
      owner = parts.dropLast().joined(separator: "/")
      let last = parts.last ?? name
      role = last.split(separator: ":").first.map { String($0) } ?? last
    }

    /// How many of the last parts of `path` stand in the owner's name one behind the other.
    func agreement(with path: [String]) -> Int {
      let owner = "/\(self.owner)/"
      return (1...path.count).reversed().first { count in
        owner.contains("/\(path.suffix(count).joined(separator: "/"))/")
      } ?? 0
    }
  }

  /// `root` is the group that holds the layers.
  init(_ file: HDF5File, root: String) {
    self.file = file
    self.root = root
  }

  package func prepare(for model: KerasLayer) throws {
    guard let listed = try file.pieces(root, "layer_names") else {
      throw ImportError("it has no list of layers")
    }
    for layer in listed {
      let group = root == "/" ? "/\(layer)" : "\(root)/\(layer)"
      let names = try file.pieces(group, "weight_names") ?? []
      groups.append(
        (layer, names.map { Entry($0, in: group) }.filter { !Self.isState($0.path) }))
    }
    let group = "\(root == "/" ? "" : root)/top_level_model_weights"
    if let names = try file.pieces(group, "weight_names"), !names.isEmpty {
      groups.append(("top_level_model_weights", names.map { Entry($0, in: group) }))
    }
    let weighted = groups.filter { !$0.weights.isEmpty }
    let layers = (model.children ?? []).filter { layer in
      layer.leaves.contains { !$0.weights.isEmpty }
    }
    let isNamed = Set(layers.map { $0.name }).isSubset(of: groups.map { $0.layer })
    if isNamed {
      let own = Dictionary(groups.map { ($0.layer, $0.weights) }) { first, _ in first }
      for layer in model.children ?? [] { assign(own[layer.name] ?? [], to: layer) }
    } else if weighted.count == layers.count {
      // Names of layers are counted from one model to the next; Keras goes by their order.
      for (layer, group) in zip(layers, weighted) { assign(group.weights, to: layer) }
    }
  }

  /// Weights of one layer of the whole model to it, or to those that are nested in it.
  private func assign(_ entries: [Entry], to layer: KerasLayer) {
    let leaves = layer.leaves
    if leaves.count == 1, layer.children == nil {
      found[layer.key] = entries
      return
    }
    if let parts = byName(entries, leaves) {
      found.merge(parts) { first, _ in first }
    } else if let parts = byOrder(entries, leaves) {
      found.merge(parts) { first, _ in first }
    } else {
      for leaf in leaves {
        faults[leaf.key] =
          "which of the \(entries.count) weights of '\(layer.name)' are its own is not clear"
      }
    }
  }

  /// Where each weight names one layer, and each layer has as many as it needs.
  private func byName(_ entries: [Entry], _ leaves: [KerasLayer]) -> [String: [Entry]]? {
    var parts: [String: [Entry]] = [:]
    let names = Dictionary(grouping: leaves) { $0.path.last ?? "" }
    for entry in entries {
      // Only layers whose own name stands in that of the weight can be meant.
      let pieces = entry.owner.split(separator: "/").map { String($0) }
      guard pieces.count <= Self.piecesMost else { return nil }
      var near: [KerasLayer] = []
      for start in pieces.indices {
        for end in start..<pieces.count {
          near += names[pieces[start...end].joined(separator: "/")] ?? []
        }
      }
      let ranked = near.map { ($0, $0.path.last!.utf8.count, entry.agreement(with: $0.path)) }
      guard let best = ranked.max(by: { ($0.2, $0.1) < ($1.2, $1.1) }) else { return nil }
      let same = Set(ranked.filter { ($0.2, $0.1) == (best.2, best.1) }.map { $0.0.key })
      guard same.count == 1 else { return nil }
      parts[best.0.key, default: []].append(entry)
    }
    for leaf in leaves {
      let count = parts[leaf.key]?.count ?? 0
      let wanted = leaf.weights
      guard count == wanted.count || count == wanted.filter({ !$0.isOptional }).count else {
        return nil
      }
    }
    return parts
  }

  /// As Keras lists them: weights that training changes first, or all of a layer where the model
  /// that it stands in is frozen. Names of weights must be such as the layers may have.
  private func byOrder(_ entries: [Entry], _ leaves: [KerasLayer]) -> [String: [Entry]]? {
    let each = leaves.flatMap { leaf in leaf.weights.map { (leaf, $0) } }
    let isChanged = { (pair: (KerasLayer, KerasWeight)) in
      pair.1.isTrained && !pair.0.isFrozen
    }
    let orders = [each.filter(isChanged) + each.filter { !isChanged($0) }, each]
    let fitting = orders.compactMap { order -> [String: [Int]]? in
      guard order.count == entries.count,
        zip(order, entries).allSatisfy({ $0.0.1.fits($0.1.role) })
      else { return nil }
      return Dictionary(grouping: order.indices) { order[$0].0.key }
    }
    guard let first = fitting.first, fitting.allSatisfy({ $0 == first }) else { return nil }
    return first.mapValues { places in places.map { entries[$0] } }
  }

  package func weights(of layer: KerasLayer, _ wanted: [KerasWeight]) throws -> [HostTensor] {
    if let fault = faults[layer.key] { throw ImportError(fault) }
    guard let entries = found[layer.key], !entries.isEmpty else {
      throw ImportError("it has no weights in the file")
    }
    let needed = wanted.filter { !$0.isOptional }.count
    guard entries.count == wanted.count || entries.count == needed else {
      let names = entries.prefix(8).map { $0.role }.joined(separator: ", ")
      throw ImportError("it has \(wanted.count) weights, the file \(entries.count): \(names)")
    }
    used.formUnion(entries.map { $0.path })
    let named = wanted.prefix(entries.count).map { weight in
      entries.filter { weight.names.contains($0.role) }
    }
    let isByName = named.allSatisfy { $0.count == 1 }
    // Layers outside of Keras number theirs.
    if !isByName, let wrong = zip(wanted, entries).first(where: { !$0.0.fits($0.1.role) }) {
      throw ImportError(
        "its weight '\(wrong.0.names[0])' is called '\(wrong.1.role)' in the file")
    }
    return try entries.indices.map { index in
      try file.floats((isByName ? named[index][0] : entries[index]).path)
    }
  }

  package func checkFile() throws(ImportError) { try file.checkLife() }

  package func unused() -> [String] {
    groups.flatMap { $0.weights.map { $0.path } }.filter { !used.contains($0) }
  }
}

extension KerasWeight {
  /// The names of weights that Keras's own layers have.
  private static let known: Set<String> = [
    "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel",
    "pointwise_kernel", "alpha", "mean", "variance", "count", "recurrent_kernel", "embeddings",
  ]

  /// Whether the weight may be called so in a file: by one of its names, or by none of Keras's.
  fileprivate func fits(_ role: String) -> Bool {
    names.contains(role) || !Self.known.contains(role)
  }
}
