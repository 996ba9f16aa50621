/// What operations on tensors are called with, and set to: in some versions of Keras the same
/// stands in the configuration that stands among the arguments in others.
extension KerasCall {
  /// The name of an input that is a tensor, or numbers.
  ///
  /// Errors: absent, or something else.
  func operand(_ place: Int, _ names: String...) throws -> KerasTensor {
    guard let argument = arguments.argument(place, names) else {
      throw ImportError("argument \(names[0]) is absent")
    }
    if case .tensor(let tensor) = argument { return tensor }
    guard argument.tensors.isEmpty, let numbers = argument.value?.tensor else {
      throw ImportError("argument \(names[0]) is neither a tensor nor numbers")
    }
    return KerasTensor(name: constant(numbers), rank: numbers.shape.count)
  }

  /// A setting, or the argument of one of its names; nil: absent or null.
  func option(_ place: Int, _ names: String...) -> JSONValue? {
    let argument = arguments.argument(place, names)?.value
    let value = names.compactMap { settings.value($0) }.first ?? argument
    return value.flatMap { $0.isNull ? nil : $0 }
  }

  /// Errors: it is not a number.
  func numberOption(_ place: Int, _ standard: Double, _ name: String) throws -> Double {
    guard let value = option(place, name) else { return standard }
    guard let number = value.number else {
      throw ImportError("\(name) is not a number: \(value.shortText)")
    }
    return number
  }

  /// Errors: it is not true or false.
  func flagOption(_ place: Int, _ standard: Bool, _ names: String...) throws -> Bool {
    let values = names.compactMap { option(place, $0) }
    guard let value = values.first else { return standard }
    guard let flag = value.bool else {
      throw ImportError("\(names[0]) is not true or false: \(value.shortText)")
    }
    return flag
  }

  /// Whole numbers, one or several; nil: absent. Errors: something else.
  func listOption(_ place: Int, _ names: String...) throws -> [Int]? {
    guard let value = names.compactMap({ option(place, $0) }).first else { return nil }
    if let number = value.integer { return [number] }
    guard let list = value.list, list.allSatisfy({ $0.integer != nil }) else {
      throw ImportError("\(names[0]) is not whole numbers: \(value.shortText)")
    }
    return list.map { $0.integer! }
  }

  /// One axis of a tensor of `rank` axes.
  func axisOption(_ place: Int, _ standard: Int, rank: Int) throws -> Int {
    let axes = try listOption(place, "axis", "dim") ?? [standard]
    guard axes.count == 1 else { throw ImportError("axis is \(axes)") }
    return try checkedAxis(axes[0], rank: rank)
  }
}
