/// A number with so many digits behind the point, rounded: `fixed(2.675, 1)` is "2.7".
/// What is no number, or too large for its digits, is written as Swift does.
public func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (value.magnitude * scale).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let whole = Int(scaled)
  let unit = Int(scale)
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(whole)" }
  var fraction = "\(whole % unit)"
  while fraction.utf8.count < digits { fraction = "0" + fraction }
  return "\(sign)\(whole / unit).\(fraction)"
}

/// A share as a percentage with one digit behind the point: "97.3%".
public func percent(_ share: Float) -> String { fixed(Double(share) * 100, 1) + "%" }

/// The number that all of `text` says in decimal digits, or nil.
public func wholeNumber(_ text: UnsafePointer<CChar>) -> Int? {
  var value = 0
  var digit = text
  guard digit.pointee != 0 else { return nil }
  while digit.pointee != 0 {
    guard (0x30...0x39).contains(digit.pointee) else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
    guard !overflow, product <= Int.max - 9 else { return nil }
    value = product + Int(digit.pointee - 0x30)
    digit += 1
  }
  return value
}

/// The whole number that option `name` got, which is to be in `range`.
public func optionNumber(
  _ value: UnsafePointer<CChar>?, _ name: StaticString, _ range: ClosedRange<Int>
) throws(Failure) -> Int {
  guard let number = wholeNumber(value!), range.contains(number) else {
    throw Failure(
      .wrongUsage,
      "\(name) \(String(cString: value!)): not a whole number from \(range.lowerBound) to "
        + "\(range.upperBound)")
  }
  return number
}

/// `text` with spaces to fill `width` characters: behind it, or before it where `right` is true.
public func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
  let space = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
  return right ? space + text : text + space
}
