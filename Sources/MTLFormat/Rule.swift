/// A rule of the model file format: a number that never changes, and a name for people.
/// `spec/format.md`, section "Rules", says for each what it demands and which byte is at fault.
///
/// 1xx container, 2xx tensors, 3xx graph, 4xx operators, 5xx tasks, preprocessing, metadata and
/// self-test, 6xx packed constants. The reader checks all but 4xx, which are `MTLGraph`'s and come
/// last.
public struct Rule: Sendable {
  public let code: Int
  public let name: StaticString

  init(_ code: Int, _ name: StaticString) {
    self.code = code
    self.name = name
  }

  /// The rule with this code.
  public static func find(_ code: Int32) -> Rule? { all.first { $0.code == Int(code) } }
}

extension Status {
  public init(_ rule: Rule, _ message: Message, at offset: UInt64? = nil) {
    self.init(rule.code, message, at: offset)
  }
}

// MARK: Container

extension Rule {
  public static let magic = Rule(101, "magic")
  public static let headerTruncated = Rule(102, "header-truncated")
  public static let majorVersion = Rule(103, "major-version")
  public static let headerChecksum = Rule(104, "header-checksum")
  public static let headerReserved = Rule(105, "header-reserved")
  public static let headerSize = Rule(106, "header-size")
  public static let fileSize = Rule(107, "file-size")
  public static let requiredFeature = Rule(108, "required-feature")
  public static let sectionCount = Rule(109, "section-count")
  public static let tableOffset = Rule(110, "table-offset")
  public static let tableTruncated = Rule(111, "table-truncated")
  public static let tableChecksum = Rule(112, "table-checksum")
  public static let sectionOrder = Rule(113, "section-order")
  public static let sectionFlags = Rule(114, "section-flags")
  public static let requiredSection = Rule(115, "required-section")
  public static let sectionReserved = Rule(116, "section-reserved")
  public static let sectionOffset = Rule(117, "section-offset")
  public static let sectionLength = Rule(118, "section-length")
  public static let trailingBytes = Rule(119, "trailing-bytes")
  public static let padding = Rule(120, "padding")
  public static let sectionMissing = Rule(121, "section-missing")
  public static let smallSectionsLimit = Rule(122, "small-sections-limit")
  public static let sectionChecksum = Rule(123, "section-checksum")
  public static let sectionShort = Rule(124, "section-short")
  public static let sectionLong = Rule(125, "section-long")
  public static let stringLength = Rule(126, "string-length")
  public static let stringEmpty = Rule(127, "string-empty")
  public static let stringEncoding = Rule(128, "string-encoding")
  public static let stringControl = Rule(129, "string-control")
  public static let sectionHash = Rule(130, "section-hash")
}

// MARK: Tensors

extension Rule {
  public static let tensorCount = Rule(201, "tensor-count")
  public static let tensorName = Rule(202, "tensor-name")
  public static let elementType = Rule(203, "element-type")
  public static let tensorKind = Rule(204, "tensor-kind")
  public static let tensorRank = Rule(205, "tensor-rank")
  public static let dimension = Rule(206, "dimension")
  public static let elementCount = Rule(207, "element-count")
  public static let valueType = Rule(208, "value-type")
  public static let dataLength = Rule(209, "data-length")
  public static let dataOffset = Rule(210, "data-offset")
  public static let dataBounds = Rule(211, "data-bounds")
  public static let scaleOffset = Rule(212, "scale-offset")
  public static let scaleBounds = Rule(213, "scale-bounds")
  public static let weightsLength = Rule(214, "weights-length")
  public static let weightsPadding = Rule(215, "weights-padding")
  public static let scaleValue = Rule(216, "scale-value")
  public static let valueBatch = Rule(217, "value-batch")
}

// MARK: Graph

extension Rule {
  public static let inputCount = Rule(301, "input-count")
  public static let outputCount = Rule(302, "output-count")
  public static let nodeCount = Rule(303, "node-count")
  public static let tensorIndex = Rule(304, "tensor-index")
  public static let inputConstant = Rule(305, "input-constant")
  public static let inputRepeated = Rule(306, "input-repeated")
  public static let outputRepeated = Rule(307, "output-repeated")
  public static let nodeInputCount = Rule(308, "node-input-count")
  public static let readBeforeWritten = Rule(309, "read-before-written")
  public static let constantWritten = Rule(310, "constant-written")
  public static let writtenTwice = Rule(311, "written-twice")
  public static let nodeAttributeCount = Rule(312, "node-attribute-count")
  public static let nodeName = Rule(313, "node-name")
  public static let outputNotComputed = Rule(314, "output-not-computed")
  public static let valueNotComputed = Rule(315, "value-not-computed")
}

// MARK: Operators, checked by MTLGraph

extension Rule {
  public static let operatorUnknown = Rule(401, "operator-unknown")
  public static let operatorInputs = Rule(402, "operator-inputs")
  public static let inputAbsent = Rule(403, "input-absent")
  public static let operatorAttributes = Rule(404, "operator-attributes")
  public static let attributeRange = Rule(405, "attribute-range")
  public static let constantRequired = Rule(406, "constant-required")
  public static let valueRequired = Rule(407, "value-required")
  public static let operandType = Rule(408, "operand-type")
  public static let operandRank = Rule(409, "operand-rank")
  public static let shapeMismatch = Rule(410, "shape-mismatch")
  public static let shapeLimit = Rule(411, "shape-limit")
  public static let resultShape = Rule(412, "result-shape")
}

// MARK: Tasks, preprocessing, metadata, self-test

extension Rule {
  public static let taskCount = Rule(501, "task-count")
  public static let taskName = Rule(502, "task-name")
  public static let taskKind = Rule(503, "task-kind")
  public static let taskOutput = Rule(504, "task-output")
  public static let taskThreshold = Rule(505, "task-threshold")
  public static let labelCount = Rule(506, "label-count")
  public static let labelRepeated = Rule(507, "label-repeated")
  public static let labelsBeyondOutput = Rule(508, "labels-beyond-output")
  public static let labelsOverlap = Rule(509, "labels-overlap")
  public static let labelsMissing = Rule(510, "labels-missing")
  public static let imageSize = Rule(521, "image-size")
  public static let resizeMethod = Rule(522, "resize-method")
  public static let channelOrder = Rule(523, "channel-order")
  public static let orientation = Rule(524, "orientation")
  public static let pixelScale = Rule(525, "pixel-scale")
  public static let pixelMean = Rule(526, "pixel-mean")
  public static let pixelDeviation = Rule(527, "pixel-deviation")
  public static let imageInput = Rule(528, "image-input")
  public static let cropSide = Rule(529, "crop-side")
  public static let metadataCount = Rule(541, "metadata-count")
  public static let metadataOrder = Rule(542, "metadata-order")
  public static let testTolerance = Rule(561, "test-tolerance")
  public static let testSlots = Rule(562, "test-slots")
  public static let testElements = Rule(563, "test-elements")
  public static let testValue = Rule(564, "test-value")
}

// MARK: Packed constants

extension Rule {
  public static let packedCount = Rule(601, "packed-count")
  public static let packedOrder = Rule(602, "packed-order")
  public static let packedLength = Rule(603, "packed-length")
  public static let packedOffset = Rule(604, "packed-offset")
  public static let packedBounds = Rule(605, "packed-bounds")
  public static let packedEnd = Rule(606, "packed-end")
  public static let packedPadding = Rule(607, "packed-padding")
}

extension Rule {
  /// Every rule, in order of code.
  public static let all: [Rule] = [
    magic, headerTruncated, majorVersion, headerChecksum, headerReserved, headerSize, fileSize,
    requiredFeature, sectionCount, tableOffset, tableTruncated, tableChecksum, sectionOrder,
    sectionFlags, requiredSection, sectionReserved, sectionOffset, sectionLength, trailingBytes,
    padding, sectionMissing, smallSectionsLimit, sectionChecksum, sectionShort, sectionLong,
    stringLength, stringEmpty, stringEncoding, stringControl, sectionHash,
    tensorCount, tensorName, elementType, tensorKind, tensorRank, dimension, elementCount,
    valueType, dataLength, dataOffset, dataBounds, scaleOffset, scaleBounds, weightsLength,
    weightsPadding, scaleValue, valueBatch,
    inputCount, outputCount, nodeCount, tensorIndex, inputConstant, inputRepeated,
    outputRepeated, nodeInputCount, readBeforeWritten, constantWritten, writtenTwice,
    nodeAttributeCount, nodeName, outputNotComputed, valueNotComputed,
    operatorUnknown, operatorInputs, inputAbsent, operatorAttributes, attributeRange,
    constantRequired, valueRequired, operandType, operandRank, shapeMismatch, shapeLimit,
    resultShape,
    taskCount, taskName, taskKind, taskOutput, taskThreshold, labelCount, labelRepeated,
    labelsBeyondOutput, labelsOverlap, labelsMissing,
    imageSize, resizeMethod, channelOrder, orientation, pixelScale, pixelMean, pixelDeviation,
    imageInput, cropSide, metadataCount, metadataOrder, testTolerance, testSlots, testElements,
    testValue,
    packedCount, packedOrder, packedLength, packedOffset, packedBounds, packedEnd, packedPadding,
  ]
}
