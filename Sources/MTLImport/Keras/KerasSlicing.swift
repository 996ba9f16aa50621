/// Parts of tensors: `x[..., ::-1]`, `x[:, 0]`.
enum KerasSlicing {
  static let rules: [String: KerasRule] = [
    "GetItem": KerasRule(takesIntegers: true) { call in
      guard let x = call.tensors.first, call.arguments.argument(0, ["tensor", "x"]) != nil,
        let key = call.option(1, "key", "slice_spec")
      else { throw ImportError("what it takes is not known") }
      return try part(call, x, key.list ?? [key])
    }
  ]

  static func reversed(
    _ call: KerasCall, _ x: KerasTensor, _ axes: [Int]
  ) throws -> KerasTensor {
    guard !axes.contains(0) else { throw ImportError("the images in another order") }
    let inputs = [
      axes.map { _ in Int(Int32.max) }, axes.map { _ in -Int(Int32.max) }, axes,
      axes.map { _ in -1 },
    ]
    let name = call.node("Slice", [x.name] + inputs.map { call.constant(list: $0) })
    return KerasTensor(name: name, rank: x.rank, shape: x.shape, isInteger: x.isInteger)
  }

  private static func isEllipsis(_ value: JSONValue) -> Bool {
    let name = value["class_name"]?.text
    return name == "__ellipsis__" || name == "ellipsis"
  }

  /// Start, stop and step; nil: no slice.
  private static func slice(_ value: JSONValue) throws -> [Int?]? {
    let content = ["__slice__", "slice"].contains(value["class_name"]?.text ?? "")
      ? value["config"] : value
    guard case .object(let entries)? = content,
      Set(entries.keys).isSubset(of: ["start", "stop", "step"])
    else { return nil }
    return try ["start", "stop", "step"].map { key in
      guard let bound = entries[key]?.plain, !bound.isNull else { return nil }
      guard let number = bound.integer, abs(number) < 1 << 30 else {
        throw ImportError("\(key) of a slice is \(bound.shortText)")
      }
      return number
    }
  }

  private static func part(
    _ call: KerasCall, _ x: KerasTensor, _ key: [JSONValue]
  ) throws -> KerasTensor {
    let taking = key.filter { !isEllipsis($0) && !$0.isNull }.count
    guard taking <= x.rank, key.filter(isEllipsis).count < 2 else {
      throw ImportError("\(taking) of \(x.rank) axes")
    }
    var lists: [[Int]] = [[], [], [], []]
    var (removed, added): ([Int], [Int]) = ([], [])
    // Axes of the input, and of the result.
    var (axis, place) = (0, 0)
    for item in key {
      if isEllipsis(item) {
        axis += x.rank - taking
        place += x.rank - taking
        continue
      }
      if item.isNull {
        added.append(place)
        place += 1
        continue
      }
      let bounds: [Int?]
      if let index = item.integer {
        guard abs(index) < 1 << 30 else { throw ImportError("element \(index)") }
        bounds = [index, index == -1 ? nil : index + 1, 1]
        removed.append(axis)
      } else {
        guard let found = try slice(item) else {
          throw ImportError("what it takes is \(item.shortText)")
        }
        bounds = found
        place += 1
      }
      let isWhole = bounds[0] ?? 0 == 0 && bounds[1] == nil && bounds[2] ?? 1 == 1
      if axis == 0, !isWhole || removed.contains(0) { throw ImportError("some images of a batch") }
      if !isWhole || removed.last == axis {
        let step = bounds[2] ?? 1
        guard step != 0 else { throw ImportError("a step of 0") }
        let far = Int(Int32.max)
        let values = [
          bounds[0] ?? (step > 0 ? 0 : far), bounds[1] ?? (step > 0 ? far : -far), axis, step,
        ]
        for (index, value) in values.enumerated() { lists[index].append(value) }
      }
      axis += 1
    }
    var name = x.name
    if !lists[0].isEmpty {
      name = call.node("Slice", [name] + lists.map { call.constant(list: $0) })
    }
    if !removed.isEmpty { name = call.node("Squeeze", [name, call.constant(list: removed)]) }
    if !added.isEmpty { name = call.node("Unsqueeze", [name, call.constant(list: added)]) }
    return KerasTensor(
      name: name, rank: x.rank - removed.count + added.count, isInteger: x.isInteger)
  }
}
