/// `.keras`: a group for each layer, named by its class and a number, which may say the layer's
/// name; weights by number.
final class KerasArchiveWeights: KerasWeights {
  private let file: HDF5File
  /// The group of each layer, by the layer's key.
  private var places: [String: String] = [:]
  private var used: Set<String> = []
  /// What holds the layers of a model. TensorFlow 2.12 and 2.13 had them in a table where those
  /// with weights stood twice.
  private static let folders = ["layers", doubling]
  private static let doubling = "_layer_checkpoint_dependencies"
  private static let groupsMost = 1 << 17
  /// What is between the names of groups: Keras 2 on Windows wrote `layers\conv2d` as one name.
  private var separator = "/"
  /// All groups of such a file.
  private var flat: [String] = []

  init(file: HDF5File) { self.file = file }

  package func prepare(for model: KerasLayer) throws {
    flat = try file.names("/") ?? []
    if flat.contains(where: { name in Self.folders.contains { name.hasPrefix("\($0)\\") } }) {
      separator = "\\"
      guard flat.count < 1 << 13 else { throw ImportError("it has \(flat.count) groups") }
    }
    try place(model, in: "")
  }

  /// The groups in a group; nil if there is no such group.
  private func groups(in group: String) throws -> [String]? {
    if separator == "/" { return try file.names(group) }
    let inner = flat.filter { $0.hasPrefix(group + separator) }.map { name in
      String(name.dropFirst(group.count + 1).prefix { $0 != "\\" })
    }
    return inner.isEmpty ? nil : Array(Set(inner)).sorted()
  }

  private func place(_ model: KerasLayer, in group: String) throws {
    for folder in Self.folders {
      let path = group.isEmpty ? folder : group + separator + folder
      guard let names = try groups(in: path) else { continue }
      let children = (model.children ?? []).filter { !$0.isOperation }
      let found =
        try byName(path, names)
        ?? byClass(children, Set(names), isDoubling: folder == Self.doubling)
      for child in children {
        guard let name = found[child.name] else { continue }
        places[child.key] = path + separator + name
        if child.children != nil { try place(child, in: path + separator + name) }
      }
      return
    }
  }

  /// The groups' names by those of the layers; nil where the groups do not say.
  private func byName(_ folder: String, _ groups: [String]) throws -> [String: String]? {
    var found: [String: String] = [:]
    for group in groups {
      guard let name = try file.text("\(folder)\(separator)\(group)/vars", "name") else {
        continue
      }
      if found[name] == nil { found[name] = group }
    }
    return found.isEmpty ? nil : found
  }

  /// Layers of one class are numbered in their order, twice where they stand twice.
  private func byClass(
    _ layers: [KerasLayer], _ groups: Set<String>, isDoubling: Bool
  ) -> [String: String] {
    var counts: [String: Int] = [:]
    var found: [String: String] = [:]
    for layer in layers {
      let base = Self.snakeCase(layer.kind)
      let count = counts[base, default: 0]
      let isTwice = isDoubling && layer.leaves.contains { !$0.weights.isEmpty }
      counts[base] = count + (isTwice ? 2 : 1)
      let name = count == 0 ? base : "\(base)_\(count)"
      if groups.contains(name) { found[layer.name] = name }
    }
    return found
  }

  /// `Conv2DTranspose` as `conv2d_transpose`: a word begins at a capital letter that small ones
  /// follow, and at one behind a small letter.
  static func snakeCase(_ name: String) -> String {
    let letters = Array(name.split(separator: ">").last ?? "").filter {
      $0.isLetter || $0.isNumber || $0 == "_"
    }
    var result = ""
    for (index, letter) in letters.enumerated() {
      let next = index + 1 < letters.count ? letters[index + 1] : " "
      if index > 0, letter.isUppercase, next.isLowercase || letters[index - 1].isLowercase {
        result += "_"
      }
      result += letter.lowercased()
    }
    return result
  }

  package func weights(of layer: KerasLayer, _ wanted: [KerasWeight]) throws -> [HostTensor] {
    guard let group = places[layer.key] else { throw ImportError("it has no weights in the file") }
    var counts: [String: Int] = [:]
    var tensors: [HostTensor] = []
    for weight in wanted {
      var place = group
      if !weight.part.isEmpty {
        let names = try groups(in: group) ?? []
        guard let part = weight.part.first(where: { names.contains($0) }) else {
          throw ImportError("it has no weights '\(weight.part[0])' in the file")
        }
        place += separator + part
      }
      let number = counts[place, default: 0]
      counts[place] = number + 1
      let path = "\(place)/vars/\(number)"
      do {
        tensors.append(try file.floats(path))
      } catch {
        if weight.isOptional { break }
        throw ImportError("it has no weight '\(weight.names[0])' in the file: \(error.text)")
      }
      used.insert(path)
    }
    return tensors
  }

  package func checkFile() throws(ImportError) { try file.checkLife() }

  package func unused() throws -> [String] {
    var open = Self.folders + ["vars"]
    open += flat.filter { name in Self.folders.contains { name.hasPrefix("\($0)\\") } }
    let roots = Set(open)
    var paths: [String] = []
    var count = 0
    // A damaged file may have groups that hold themselves.
    while let path = open.popLast() {
      count += 1
      guard count < Self.groupsMost, path.utf8.count < 4096 else {
        throw ImportError("its groups come to no end at '\(path.prefix(100))'")
      }
      if let names = try file.names(path) {
        open += names.map { "\(path)/\($0)" }
      } else if !roots.contains(path) {
        paths.append(path)
      }
    }
    return paths.filter { !used.contains($0) && !Self.isState($0) }.sorted()
  }
}
