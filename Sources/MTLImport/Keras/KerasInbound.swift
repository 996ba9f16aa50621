/// Reads what the layers of a functional model are called with.
struct KerasInbound {
  /// Results by `Reference.key`; an empty list where a call has failed.
  let results: [String: [KerasTensor]]
  /// The names of the model's layers.
  let layers: Set<String>

  struct Reference {
    let layer: String
    let node: Int
    let index: Int
    var key: String { Self.key(layer, node) }

    static func key(_ layer: String, _ node: Int) -> String { "\(node)\u{0}\(layer)" }
  }

  enum Found {
    case ready(KerasArguments)
    /// An input that is not computed yet.
    case waiting(String)
    /// An input failed, which is a problem of its own.
    case failed
  }

  private enum Stop: Error {
    case waiting(String)
    case failed
    case wrong(ImportError)
  }

  /// `["a", 0, 0]`, with settings behind it or without.
  static func reference(_ value: JSONValue?) -> Reference? {
    guard let list = value?.list, list.count == 3 || list.count == 4, let layer = list[0].text,
      let node = list[1].integer, let index = list[2].integer, node >= 0, index >= 0
    else { return nil }
    return Reference(layer: layer, node: node, index: index)
  }

  /// `[["a", 0, 0], …]`, or one without the outer list, or by name.
  static func references(_ value: JSONValue?) -> [Reference]? {
    if case .object(let entries)? = value {
      return entries.sorted { $0.key < $1.key }.flatMap { references($0.value) ?? [] }
    }
    guard let list = value?.list else { return nil }
    if list.first?.text != nil { return reference(value).map { [$0] } }
    return list.flatMap { references($0) ?? [] }
  }

  /// All references in a call.
  static func allReferences(_ value: JSONValue, _ depth: Int = 0) -> [Reference] {
    if depth > 12 { return [] }
    if value["class_name"]?.text == "__keras_tensor__" {
      return references(value["config"]?["keras_history"]) ?? []
    }
    if let found = reference(value) {
      return [found] + (value[3].map { allReferences($0, depth + 1) } ?? [])
    }
    if let list = value.list { return list.flatMap { allReferences($0, depth + 1) } }
    guard case .object(let entries) = value else { return [] }
    return entries.values.flatMap { allReferences($0, depth + 1) }
  }

  func arguments(_ inbound: JSONValue) throws(ImportError) -> Found {
    do {
      return .ready(try inbound["args"] != nil ? new(inbound) : old(inbound))
    } catch let stop as Stop {
      switch stop {
      case .waiting(let layer): return .waiting(layer)
      case .failed: return .failed
      case .wrong(let error): throw error
      }
    } catch {
      throw ImportError("\(error)")
    }
  }

  private func tensor(_ reference: Reference?) throws -> KerasArgument {
    guard let reference else { throw Stop.wrong(ImportError("an input has no name")) }
    guard let found = results[reference.key] else { throw Stop.waiting(reference.layer) }
    guard !found.isEmpty else { throw Stop.failed }
    guard found.indices.contains(reference.index) else {
      throw Stop.wrong(
        ImportError("'\(reference.layer)' has no output \(reference.index)"))
    }
    return .tensor(found[reference.index])
  }

  // MARK: Keras 3

  private func new(_ inbound: JSONValue) throws -> KerasArguments {
    var named: [String: KerasArgument] = [:]
    if case .object(let entries)? = inbound["kwargs"] {
      for (name, value) in entries { named[name] = try new(value, 0) }
    }
    return KerasArguments(
      try (inbound["args"]?.list ?? []).map { try new($0, 0) }, named: named)
  }

  private func new(_ value: JSONValue, _ depth: Int) throws -> KerasArgument {
    if value["class_name"]?.text == "__keras_tensor__" {
      return try tensor(Self.reference(value["config"]?["keras_history"]))
    }
    if let items = value.list, depth < 8 { return .list(try items.map { try new($0, depth + 1) }) }
    if case .object(let entries) = value, value["class_name"] == nil, depth < 8 {
      // By name, as models take their inputs.
      return .list(
        try entries.sorted { $0.key < $1.key }.map { try new($0.value, depth + 1) })
    }
    return .value(value)
  }

  // MARK: Keras 2

  /// `[["a", 0, 0, {…}], …]`: the settings of the call stand behind each input. One input may stand
  /// alone.
  private func old(_ inbound: JSONValue) throws -> KerasArguments {
    var named: [String: KerasArgument] = [:]
    let isOne = inbound[0]?.text != nil
    if case .object = inbound {
      throw Stop.wrong(ImportError("it is called with a dictionary"))
    }
    let inputs = try (isOne ? [inbound] : inbound.list ?? []).map { input -> KerasArgument in
      if case .object(let entries)? = input[3] {
        for (name, value) in entries { named[name] = try old(value, 0) }
      }
      if input[0]?.text == "_CONSTANT_VALUE", let value = input[2] { return .value(value) }
      return try tensor(Self.reference(input))
    }
    return KerasArguments(isOne || inputs.count == 1 ? inputs : [.list(inputs)], named: named)
  }

  private func old(_ value: JSONValue, _ depth: Int) throws -> KerasArgument {
    if let reference = Self.reference(value), layers.contains(reference.layer) {
      return try tensor(reference)
    }
    if let items = value.list, depth < 8 { return .list(try items.map { try old($0, depth + 1) }) }
    return .value(value)
  }
}
