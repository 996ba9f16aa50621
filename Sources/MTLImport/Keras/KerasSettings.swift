/// What the configuration of a layer says, entry by entry. Whoever reads an entry says so, and what
/// nobody has read is reported: an entry that is not understood must not count as its default.
final class KerasSettings {
  private let entries: [String: JSONValue]
  private var asked: Set<String> = []

  init(_ config: JSONValue) {
    if case .object(let entries) = config { self.entries = entries } else { entries = [:] }
  }

  /// Entries that change nothing in a prediction, whatever the layer is.
  private static let bookkeeping: Set<String> = [
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "build_config", "input_dim",
    "input_length", "input_shape", "input_dtype", "sparse", "ragged", "optional", "seed",
    "autocast", "autotune", "activity_regularizer",
  ]
  private static let bookkeepingEnds = ["_initializer", "_regularizer", "_constraint"]

  /// Names of entries that nobody has asked for, in order. null stands for none.
  var unasked: [String] {
    entries.keys.filter { key in
      !asked.contains(key) && !Self.bookkeeping.contains(key) && !entries[key]!.isNull
        && !Self.bookkeepingEnds.contains { key.hasSuffix($0) }
    }.sorted()
  }

  /// Entries of which the layer's other settings, its weights or its training say enough.
  func ignore(_ keys: String...) { asked.formUnion(keys) }

  func ignoreAll() { asked.formUnion(entries.keys) }

  /// The entry without the wrapping of arrays, scalars and tuples; null stands for none.
  func value(_ key: String) -> JSONValue? {
    asked.insert(key)
    guard let value = entries[key]?.plain, !value.isNull else { return nil }
    return value
  }

  func has(_ key: String) -> Bool { value(key) != nil }

  private func wrong(_ key: String, _ what: String) -> ImportError {
    ImportError("\(key) is not \(what): \(entries[key]!.shortText)")
  }

  /// The entry; nil where it is absent. Errors: it is null.
  private func stated(_ key: String, _ what: String) throws(ImportError) -> JSONValue? {
    guard entries[key] != nil else { return nil }
    guard let value = value(key) else { throw wrong(key, what) }
    return value
  }

  func flag(_ key: String, _ standard: Bool) throws(ImportError) -> Bool {
    guard let value = try stated(key, "true or false") else { return standard }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  func number(_ key: String, _ standard: Double) throws(ImportError) -> Double {
    guard let value = try stated(key, "a number") else { return standard }
    guard let number = value.number else { throw wrong(key, "a number") }
    return number
  }

  /// nil: absent or null.
  func number(_ key: String) throws(ImportError) -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.number else { throw wrong(key, "a number") }
    return number
  }

  func integer(_ key: String, _ standard: Int) throws(ImportError) -> Int {
    guard let value = try stated(key, "a whole number") else { return standard }
    guard let number = value.integer else { throw wrong(key, "a whole number") }
    return number
  }

  /// nil: absent or null.
  func integer(_ key: String) throws(ImportError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.integer else { throw wrong(key, "a whole number") }
    return number
  }

  /// null is what Keras has as its own default.
  func text(_ key: String, _ standard: String) throws(ImportError) -> String {
    guard let value = value(key) else { return standard }
    guard let text = value.text else { throw wrong(key, "a word") }
    return text
  }

  /// One whole number or a list of them; nil: absent or null.
  func integers(_ key: String) throws(ImportError) -> [Int]? {
    guard let value = value(key) else { return nil }
    if let number = value.integer { return [number] }
    guard let list = value.list?.map({ $0.integer }), list.allSatisfy({ $0 != nil }) else {
      throw wrong(key, "whole numbers")
    }
    return list.map { $0! }
  }

  /// One axis, or a list of one.
  func axis(_ key: String, _ standard: Int, rank: Int) throws -> Int {
    let axes = try axes(key, standard, rank: rank)
    guard axes.count == 1 else { throw ImportError("\(key): more axes than one, \(axes)") }
    return axes[0]
  }

  /// One axis or several, in ascending order.
  func axes(_ key: String, _ standard: Int, rank: Int) throws -> [Int] {
    guard let value = try stated(key, "axes") else {
      return [try checkedAxis(standard, rank: rank)]
    }
    let list = try value.integer.map { [$0] } ?? integers(key) ?? []
    guard !list.isEmpty else { throw wrong(key, "axes") }
    return try checkedAxes(list, rank: rank).sorted()
  }

  /// One number for both axes, or one for each; nil: absent or null.
  func pair(_ key: String) throws(ImportError) -> [Int]? {
    guard let list = try integers(key) else { return nil }
    if list.count == 1, value(key)?.integer != nil { return [list[0], list[0]] }
    guard list.count == 2 else { throw wrong(key, "one number or two") }
    return list
  }

  /// `((top, bottom), (left, right))`, or fewer numbers that stand for them.
  func borders(_ key: String) throws(ImportError) -> [[Int]] {
    guard let value = value(key) else { throw ImportError("\(key) is absent") }
    if let number = value.integer, number >= 0 { return [[number, number], [number, number]] }
    let list = (value.list ?? []).map { side -> [Int?] in
      if let number = side.integer { return [number, number] }
      return (side.list ?? []).map { $0.integer }
    }
    guard list.count == 2, list.allSatisfy({ $0.count == 2 && $0.allSatisfy { ($0 ?? -1) >= 0 } })
    else { throw wrong(key, "two pairs of numbers") }
    return list.map { $0.map { $0! } }
  }

  /// A number or a list of them, for the last axis; nil: absent or null.
  func numbers(_ key: String) throws(ImportError) -> HostTensor? {
    guard let value = value(key) else { return nil }
    guard let tensor = value.tensor else { throw wrong(key, "numbers") }
    return tensor
  }
}
