import CMTL
import MTLGraph

/// A row of the table of operators, `mtlrt_ops.h`, as the cases need it.
public struct OperatorRow: Sendable {
  private nonisolated(unsafe) let row: UnsafePointer<mtl_operator_row>

  /// The operators that backends run, in order of code.
  public static let all = (0..<mtl_operator_count()).map { OperatorRow(row: mtl_operator_at($0)!) }
    .filter { !$0.isView }

  /// The row of this name, which the caller knows to be there.
  static func named(_ name: String) -> OperatorRow { all.first { $0.name == name }! }

  public var name: String { String(cString: row.pointee.name) }
  var code: UInt32 { row.pointee.code }
  /// MTL_SHAPE_...
  var shapeRule: Int { Int(row.pointee.shape) }
  /// MTL_NUMBERS_...
  var numbers: Int { Int(row.pointee.numbers) }
  var inputsLeast: Int { Int(row.pointee.inputs_least) }
  var inputsMost: Int { Int(row.pointee.inputs_most) }
  private var isView: Bool { row.pointee.result == UInt32(MTL_RESULT_VIEW) }

  var attributes: UnsafeBufferPointer<mtl_attribute_row> {
    UnsafeBufferPointer(start: row.pointee.attributes, count: Int(row.pointee.attribute_count))
  }

  /// Whether there is an attribute of this name.
  func has(_ name: String) -> Bool { attributes.contains { String(cString: $0.name) == name } }

  /// What a float attribute of this name is in the cases, if it is not a thousandth.
  private static let usualReals = [
    "alpha": 0.2, "beta": 0.75, "least": -0.5, "most": 1.5,
    "value": -1.5, "bias": 1,
  ]

  /// A slot for each attribute: what `values` says of it; else the smallest legal integer, or what
  /// is usual for a float.
  func slots(_ values: [String: Int] = [:]) -> [Int64] {
    attributes.map { attribute in
      if attribute.type == UInt32(MTL_ATTRIBUTE_FLOAT) {
        let real = Self.usualReals[String(cString: attribute.name)] ?? 1e-3
        return Int64(bitPattern: real.bitPattern)
      }
      return Int64(values[String(cString: attribute.name)] ?? Int(attribute.least))
    }
  }

  /// Value of the integer attribute of this name in `slots`.
  func value(of name: String, in slots: [Int64]) -> Int { Int(slots[index(of: name)]) }

  /// Position of the attribute of this name, which is there.
  func index(of name: String) -> Int {
    attributes.firstIndex { String(cString: $0.name) == name }!
  }

  /// The attributes that differ from their smallest value, and lists, for a person.
  func text(_ slots: [Int64]) -> String {
    var text = ""
    for (attribute, slot) in zip(attributes, slots)
    where attribute.type == UInt32(MTL_ATTRIBUTE_INT) && slot != Int64(attribute.least) {
      text += " \(String(cString: attribute.name)) \(slot)"
    }
    if let last = attributes.last, last.type == UInt32(MTL_ATTRIBUTE_LIST) {
      text += " \(String(cString: last.name)) \(slots.map { "\($0)" }.joined(separator: ","))"
    }
    return text
  }
}
