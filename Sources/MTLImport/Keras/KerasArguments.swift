/// What a layer is called with.
indirect enum KerasArgument {
  case tensor(KerasTensor)
  case value(JSONValue)
  case list([KerasArgument])

  var tensors: [KerasTensor] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .value: []
    case .list(let items): items.flatMap { $0.tensors }
    }
  }

  /// Without tensors; nil where there are some.
  var value: JSONValue? {
    switch self {
    case .tensor: return nil
    case .value(let value): return value.plain
    case .list(let items):
      let values = items.map { $0.value }
      return values.contains { $0 == nil } ? nil : .list(values.map { $0! })
    }
  }

  /// Whether it says nothing: null, or a flag that is off.
  var isIdle: Bool {
    guard case .value(let value) = self else { return false }
    return value.isNull || value.bool == false
  }
}

/// The arguments of one call, by place and by name; those that nobody reads are reported.
final class KerasArguments {
  let positional: [KerasArgument]
  let named: [String: KerasArgument]
  private var askedPlaces: Set<Int> = []
  private var askedNames: Set<String> = []

  init(_ positional: [KerasArgument], named: [String: KerasArgument] = [:]) {
    self.positional = positional
    self.named = named
  }

  /// Takes all as read.
  func ignoreAll() {
    askedPlaces.formUnion(positional.indices)
    askedNames.formUnion(named.keys)
  }

  /// The tensors by place, in order.
  var tensors: [KerasTensor] { positional.flatMap { $0.tensors } }

  func takeTensors() -> [KerasTensor] {
    for (place, argument) in positional.enumerated() where !argument.tensors.isEmpty {
      askedPlaces.insert(place)
    }
    return tensors
  }

  func argument(_ place: Int, _ names: [String]) -> KerasArgument? {
    askedNames.formUnion(names)
    if positional.indices.contains(place) {
      askedPlaces.insert(place)
      return positional[place]
    }
    return names.compactMap { named[$0] }.first
  }

  func ignore(_ names: String...) { askedNames.formUnion(names) }

  /// What nobody has read and says something.
  var unasked: [String] {
    let places = positional.indices.filter {
      !askedPlaces.contains($0) && !positional[$0].isIdle
    }
    let names = named.filter { !askedNames.contains($0.key) && !$0.value.isIdle }.keys.sorted()
    return places.map { "argument \($0 + 1)" } + names.map { "argument \($0)" }
  }
}
