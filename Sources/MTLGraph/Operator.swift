import CMTL
import MTLFormat

/// A row of the table of operators, `mtlrt_ops.h`.
public struct Operator {
  let row: UnsafePointer<mtl_operator_row>

  /// The operator with this wire code, if there is one.
  public init?(code: UInt32) {
    guard let row = mtl_operator_find(code) else { return nil }
    self.row = row
  }

  /// Every operator, in order of code.
  public static var all: [Operator] {
    (0..<mtl_operator_count()).compactMap { Operator(code: mtl_operator_at($0).pointee.code) }
  }

  public var code: UInt32 { row.pointee.code }
  public var name: Message { Message(cString: row.pointee.name) }
  public var inputCounts: ClosedRange<Int> {
    Int(row.pointee.inputs_least)...Int(row.pointee.inputs_most)
  }
  /// Whether it takes a list of inputs of one kind, rather than some optional ones.
  var isVariadic: Bool { row.pointee.shape == UInt32(MTL_SHAPE_CONCAT) }
  /// Whether the result is the first input's elements in the same order.
  public var isView: Bool { row.pointee.result == UInt32(MTL_RESULT_VIEW) }
  /// Whether inputs and result have one and the same shape.
  public var keepsShape: Bool { row.pointee.shape == UInt32(MTL_SHAPE_SAME) }

  public var attributes: UnsafeBufferPointer<mtl_attribute_row> {
    UnsafeBufferPointer(start: row.pointee.attributes, count: Int(row.pointee.attribute_count))
  }

  /// Shape of the result for inputs and attributes of the right kinds; nil where they do not fit.
  public func resultShape(_ inputs: [Tensor?], _ attributes: [Int64]) -> [Int]? {
    let question = ShapeQuestion(inputs: inputs, attributes: attributes)
    return try? shapeRule.result(question)
  }

  var shapeRule: ShapeRule { shapeRules[Int(row.pointee.shape)] }
}

/// Most slots of a list attribute: a shape without its dimension 0.
private let listMax = 7

extension Operator {
  /// Whether a node with `count` slots has the attributes of this operator.
  func accepts(attributeCount count: Int) -> Bool {
    if let last = attributes.last, last.type == UInt32(MTL_ATTRIBUTE_LIST) {
      return count >= attributes.count && count < attributes.count + listMax
    }
    return count == attributes.count
  }

  /// The row that describes slot `index`; a list at the end describes all that remain.
  func attribute(at index: Int) -> mtl_attribute_row {
    attributes[min(index, attributes.count - 1)]
  }

  /// Whether `slot` is a legal value for attribute `index`.
  func accepts(slot: Int64, at index: Int) -> Bool {
    let attribute = attribute(at: index)
    if attribute.type == UInt32(MTL_ATTRIBUTE_FLOAT) {
      let value = Double(bitPattern: UInt64(bitPattern: slot))
      return value >= attribute.least && value <= attribute.most
    }
    return slot >= Int64(attribute.least) && slot <= Int64(attribute.most)
  }
}
