/// Where the weights of a Keras model lie.
package protocol KerasWeights {
  /// The weights of a layer. `path` names the layer, behind those of the models that it is nested
  /// in; `roles` are its weights in the layer's own order, by the names that they may have.
  ///
  /// Errors: one is missing.
  func weights(_ path: [String], roles: [[String]]) throws(ImportError) -> [HostTensor]
}

/// `.h5`: a group for each layer of the whole model, weights by name, or in the layer's order where
/// its names are none of those known: layers outside of Keras number theirs.
struct KerasH5Weights: KerasWeights {
  let file: HDF5File
  /// Layer and role to the path, for each layer of the whole model.
  private var paths: [String: [String: String]] = [:]
  /// Layer and owner, which is the layer itself or one nested in it, to all paths in order.
  private var ordered: [String: [String: [String]]] = [:]

  /// `root` is the group that holds the layers.
  init(_ file: HDF5File, root: String) throws(ImportError) {
    self.file = file
    guard let layers = try file.texts(root, "layer_names") else {
      throw ImportError("it has no list of layers")
    }
    for layer in layers {
      var own: [String: String] = [:]
      let group = root == "/" ? "/\(layer)" : "\(root)/\(layer)"
      for name in try file.texts(group, "weight_names") ?? [] {
        let parts = name.split(separator: "/").map { String($0) }
        guard let last = parts.last else { continue }
        let role = last.split(separator: ":").first.map { String($0) } ?? last
        let owner = parts.count > 1 ? parts[parts.count - 2] : layer
        own["\(owner)/\(role)"] = "\(group)/\(name)"
        ordered[layer, default: [:]][owner, default: []].append("\(group)/\(name)")
      }
      paths[layer] = own
    }
  }

  func weights(_ path: [String], roles: [[String]]) throws(ImportError) -> [HostTensor] {
    var tensors: [HostTensor] = []
    let all = ordered[path[0]]?[path.last!] ?? []
    for (index, names) in roles.enumerated() {
      let named = names.compactMap { paths[path[0]]?["\(path.last!)/\($0)"] }.first
      let found = named ?? (all.count == roles.count ? all[index] : nil)
      guard let found else {
        throw ImportError("layer '\(path.last!)' has no weights named '\(names[0])' in the file")
      }
      tensors.append(try file.floats(found))
    }
    return tensors
  }
}

/// `.keras`: a group for each layer, named by its class, which says the layer's name; weights by
/// number.
final class KerasArchiveWeights: KerasWeights {
  private let file: HDF5File
  /// For each group of layers that was asked for: the layer's name to its group's.
  private var groups: [String: [String: String]] = [:]

  init(file: HDF5File) { self.file = file }

  func weights(_ path: [String], roles: [[String]]) throws(ImportError) -> [HostTensor] {
    if roles.isEmpty { return [] }
    var group = ""
    for name in path {
      let folder = group.isEmpty ? "layers" : "\(group)/layers"
      guard let child = try children(of: folder)[name] else {
        throw ImportError("layer '\(name)' has no weights in the file")
      }
      group = "\(folder)/\(child)"
    }
    var tensors: [HostTensor] = []
    for index in roles.indices { tensors.append(try file.floats("\(group)/vars/\(index)")) }
    return tensors
  }

  private func children(of folder: String) throws(ImportError) -> [String: String] {
    if let known = groups[folder] { return known }
    var found: [String: String] = [:]
    for child in try file.names(folder) ?? [] {
      guard let name = try file.text("\(folder)/\(child)/vars", "name") else { continue }
      if found[name] == nil { found[name] = child }
    }
    groups[folder] = found
    return found
  }
}
