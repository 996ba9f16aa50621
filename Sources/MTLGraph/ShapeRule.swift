import CMTL
import MTLFormat

/// One of the closed set of shape rules, `spec/operators.md`, section 2.
struct ShapeRule: Sendable {
  /// What each input must be; the last entry holds for all further inputs.
  let inputs: [InputRule]
  /// Floating-point operations for each element of the result, `spec/operators.md`, section 5.
  let work: @Sendable (ShapeQuestion) -> Double
  /// The shape of the result; called once the inputs are what they must be.
  let result: @Sendable (ShapeQuestion) throws(ShapeFault) -> [Int]

  func input(at index: Int) -> InputRule { inputs[min(index, inputs.count - 1)] }
}

/// What an input of a node must be.
struct InputRule: Sendable {
  enum Kind: Sendable {
    case value, constant
    /// A value or a constant, if not all inputs are constants.
    case either
  }

  let kind: Kind
  let types: [ElementType]
  let ranks: ClosedRange<Int>

  static func value(rank ranks: ClosedRange<Int>) -> InputRule {
    InputRule(kind: .value, types: [.f32], ranks: ranks)
  }

  static func weights(rank: Int) -> InputRule {
    InputRule(kind: .constant, types: [.f32, .f16, .i8, .i16], ranks: rank...rank)
  }

  /// A value or a f32 constant.
  static let operand = InputRule(kind: .either, types: [.f32], ranks: 2...8)

  /// Positions on an axis.
  static func indexes(rank: Int) -> InputRule {
    InputRule(kind: .constant, types: [.i32], ranks: rank...rank)
  }

  /// One f32 per channel.
  static let parameter = InputRule(kind: .constant, types: [.f32], ranks: 1...1)

  func mustBeConstant() -> Bool { kind == .constant }

  /// As input `index` of a node with these inputs.
  func mustBeValue(_ index: Int, of inputs: [Tensor?]) -> Bool {
    kind == .value
      || (kind == .either && index == inputs.count - 1 && inputs.allSatisfy { $0!.isConstant })
  }
}

/// What a shape rule sees of a node: its inputs as tensors, its attributes in the row's order.
struct ShapeQuestion {
  let inputs: [Tensor?]
  let attributes: [Int64]

  /// Integer attribute `index`; ranges were checked against the row before.
  func attribute(_ index: Int) -> Int { Int(attributes[index]) }

  /// Shape of input `index`, which is there.
  func shape(_ index: Int) -> [Int] { inputs[index]!.shape }

  /// All inputs have one rank. Values agree in dimension 0, which grows with the batch; a constant
  /// has 1 there.
  func checkOperands() throws(ShapeFault) {
    for index in inputs.indices where shape(index).count != shape(0).count { throw .rank(index) }
    var batch: Int?
    for case let tensor? in inputs {
      let size = tensor.shape[0]
      guard size == (tensor.isConstant ? 1 : batch ?? size) else { throw .mismatch }
      if !tensor.isConstant { batch = size }
    }
  }

  /// The f32 parameters from input `first` on, where present, have one element per channel.
  func checkParameters(from first: Int, count: Int) throws(ShapeFault) {
    for case let tensor? in inputs.dropFirst(first) where tensor.shape[0] != count {
      throw .mismatch
    }
  }
}

/// Why the shapes of a node's inputs give no result.
enum ShapeFault: Error {
  /// The rank of input number `Int` is not that of input 0.
  case rank(Int)
  /// They do not fit one another or the attributes.
  case mismatch
  /// A dimension or the product of all is beyond the limits.
  case tooLarge
}

/// The rules of `mtl_operators.h`, in its order.
let shapeRules: [ShapeRule] = [
  sameShape, alongAxisShape, convShape, denseShape, channelwiseShape, poolShape, globalPoolShape,
  broadcastShape, concatShape, flattenShape, reshapeShape,
  transposeShape, sliceShape, padShape, gatherShape, resampleShape,
  groupedShape, reduceShape, argShape, topShape, matmulShape,
  convTransposeShape, denseByInputShape,
]

/// Largest dimension of a tensor.
let dimensionMax = Int(Int32.max)
/// Most elements of a value for a batch of 1.
let valueElementsMax = Int(Int32.max)

/// The product of `dimensions`, each from 1 on, within the limit of a value.
func checkedProduct(_ dimensions: some Sequence<Int>) throws(ShapeFault) -> Int {
  var product = 1
  for dimension in dimensions {
    let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
    guard !overflow, next <= valueElementsMax else { throw .tooLarge }
    product = next
  }
  return product
}
