import CMTL
import MTLFormat

/// What a shape rule sees of a node: its inputs as tensors, its attributes in the row's order.
struct ShapeQuestion {
  let inputs: [Tensor?]
  let attributes: [Int64]

  /// Integer attribute `index`; ranges were checked against the row before.
  func attribute(_ index: Int) -> Int { Int(attributes[index]) }

  /// Input `index`, which must be there and a value.
  func value(_ index: Int) throws(ShapeFault) -> Tensor {
    guard let tensor = inputs[index] else { throw .absent(index) }
    guard !tensor.isConstant else { throw .mustBeValue(index) }
    return tensor
  }

  /// Input `index`, which must be there; a value, or a constant of f32.
  func operand(_ index: Int) throws(ShapeFault) -> Tensor {
    guard let tensor = inputs[index] else { throw .absent(index) }
    guard tensor.type == .f32 else { throw .type(index) }
    return tensor
  }

  /// Input `index`, which must be a constant of one of `types` and of this rank.
  func constant(_ index: Int, types: [ElementType], rank: Int) throws(ShapeFault) -> Tensor {
    guard let tensor = inputs[index] else { throw .absent(index) }
    guard tensor.isConstant else { throw .mustBeConstant(index) }
    guard types.contains(tensor.type) else { throw .type(index) }
    guard tensor.shape.count == rank else { throw .rank(index) }
    return tensor
  }

  /// The f32 constant of shape (`count`) at `index`.
  func channelParameter(_ index: Int, count: Int) throws(ShapeFault) {
    let tensor = try constant(index, types: [.f32], rank: 1)
    guard tensor.shape[0] == count else { throw .mismatch }
  }
}

/// Why a node has no result shape. The number is the index of the input at fault.
enum ShapeFault: Error {
  case absent(Int)
  case mustBeConstant(Int)
  case mustBeValue(Int)
  case type(Int)
  case rank(Int)
  /// The shapes do not fit one another or the attributes.
  case mismatch
  /// A dimension or their product is beyond the limits.
  case tooLarge
}

/// Element types that weights of `conv` and `dense` may have.
let weightTypes: [ElementType] = [.f32, .f16, .i8, .i16]

typealias ShapeRule = @Sendable (ShapeQuestion) throws(ShapeFault) -> [Int]

/// The closed set of `mtl_operators.h`, in its order.
let shapeRules: [ShapeRule] = [
  sameShape, alongAxisShape, convShape, denseShape, channelwiseShape, poolShape, globalPoolShape,
  broadcastShape, concatShape, flattenShape, reshapeShape,
]

/// Most elements of a value for a batch of 1.
let valueElementsMax = Int(Int32.max)

/// The product of `dimensions`, within the limits of a value.
func checkedProduct(_ dimensions: some Sequence<Int>) throws(ShapeFault) -> Int {
  var product = 1
  for dimension in dimensions {
    let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
    guard !overflow, next <= valueElementsMax else { throw .tooLarge }
    product = next
  }
  return product
}
