/// TensorFlow's StridedSlice in a graph's node: constants for where it begins and ends, and masks
/// whose bits say what of these counts.
struct KerasStridedSlice {
  private let call: KerasCall
  private let key: [JSONValue]

  init(_ call: KerasCall, _ node: JSONValue) throws {
    self.call = call
    let constants = call.settings.value("constants")
    let lists = try (1...3).map { index -> [Int] in
      let value = constants?["\(index)"]
      guard let list = value?.list?.map({ $0.integer }), list.allSatisfy({ $0 != nil }) else {
        throw ImportError("where a slice begins and ends is not known")
      }
      return list.map { $0! }
    }
    guard Set(lists.map { $0.count }).count == 1 else { throw ImportError("a slice of no form") }
    func mask(_ name: String) throws -> Int {
      guard let value = node["attr"]?["\(name)_mask"]?["i"] else { return 0 }
      // JSON of protocol buffers has numbers of 64 bits as texts.
      guard let number = value.integer ?? value.text.flatMap({ Int($0) }) else {
        throw ImportError("\(name)_mask is \(value.shortText)")
      }
      return number
    }
    let masks = try ["begin", "end", "ellipsis", "new_axis", "shrink_axis"].map { try mask($0) }
    key = lists[0].indices.map { index in
      func isSet(_ mask: Int) -> Bool { masks[mask] >> index & 1 == 1 }
      if isSet(2) { return .object(["class_name": .text("__ellipsis__")]) }
      if isSet(3) { return .null }
      let begin = JSONValue.number(Double(lists[0][index]))
      if isSet(4) { return begin }
      return .object([
        "start": isSet(0) ? .null : begin,
        "stop": isSet(1) ? .null : .number(Double(lists[1][index])),
        "step": .number(Double(lists[2][index])),
      ])
    }
  }

  func result() throws -> KerasTensor {
    guard let rule = KerasSlicing.rules["GetItem"] else { preconditionFailure("no slices") }
    let arguments = KerasArguments([.tensor(call.x), .value(.list(key))])
    return try rule.make(
      KerasCall(
        graph: call.graph, name: call.name, settings: KerasSettings(.null), arguments: arguments,
        tensors: [call.x], weights: [], version: call.version, builtShape: nil))
  }
}
