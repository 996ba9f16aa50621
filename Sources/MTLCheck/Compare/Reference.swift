import CMTL
import MTLFormat

/// Runs a case by the scalar backend, one operator after the other, and works out how far a faster
/// backend may be from it: `spec/operators.md`, section 3.
///
/// A sum's bound is a multiple of the sum of its terms' magnitudes, which the operator itself
/// computes from the magnitudes of its inputs. What its inputs may be off by goes in with them, so
/// that bounds add up along a chain.
struct Reference {
  /// By index of tensor, for all values of the case.
  private(set) var expectations: [Int: ExpectedResult] = [:]

  private let data: CaseData
  private let constants: ConstantMemory
  private let magnitudes: ConstantMemory

  /// Half a unit in the last place of 1.
  private static let unit = 0x1p-24
  /// Functions of numbers beyond this are 0, 1 or an infinity in f32.
  private static let functionReach: Float = 104
  /// What a normalised result may make of its inputs, in units of each one's size.
  private static let normalisedUnits = 128.0
  /// Terms that the transforms of a tile of 8 x 8 inputs sum up.
  private static let tileTerms = 64

  init(_ data: CaseData) throws(Defect) {
    self.data = data
    constants = ConstantMemory(data.constants, .beforeGuard)
    var absolute: [Int: ConstantElements] = [:]
    for (index, elements) in data.constants {
      absolute[index] = ConstantElements(magnitudesOf: elements, data.graph.tensors[index])
    }
    magnitudes = ConstantMemory(absolute, .beforeGuard)
    for (index, elements) in data.inputs { expectations[index] = ExpectedResult(values: elements) }
    for index in data.graph.nodes.indices { try expect(index) }
  }

  private mutating func expect(_ index: Int) throws(Defect) {
    let node = data.graph.nodes[index]
    let scalar = try ScalarOperator(data.graph, index, batch: data.batch, constants)
    var result = ExpectedResult(values: scalar.run { expectations[$0]!.values })
    let inputs = node.inputs.compactMap { $0.flatMap { expectations[$0] } }
    let isExactSoFar = inputs.allSatisfy { $0.bounds.isEmpty }
    let isTiled = OperatorFamily.of(node.row).isTiled(data.graph, node)
    switch node.row.numbers {
    case MTL_NUMBERS_EXACT:
      if !isExactSoFar { boundChoice(&result, scalar) }
    case MTL_NUMBERS_FUNCTION:
      boundFunction(&result, node, inputs)
    case MTL_NUMBERS_ACTIVATION:
      boundActivation(&result, node, inputs)
    case MTL_NUMBERS_NORMALISED:
      boundNormalised(&result, scalar)
    case MTL_NUMBERS_SUM where data.kind == .integers && isExactSoFar && !isTiled:
      break
    default:
      try boundSum(&result, index, isTiled)
    }
    if index > 0 { result.units = 0 }
    expose(&result, scalar, isTiled)
    expectations[node.output] = result
  }

  /// `units * u * (sum of magnitudes)`, and a little for subnormal results.
  private func boundSum(
    _ result: inout ExpectedResult, _ index: Int, _ isTiled: Bool
  ) throws(Defect) {
    let node = data.graph.nodes[index]
    let family = OperatorFamily.of(node.row)
    let terms = family.terms(data.graph, node) + (isTiled ? Self.tileTerms : 0)
    // One unit more, as scalar rounds its own result.
    let units = Double(2 * (terms + 4) + 1)
    let scale = Float(units * Self.unit)
    let sizes = { (tensor: Int) in
      let input = expectations[tensor]!
      return input.values.indices.map { k in
        let size = input.values[k].isFinite ? abs(input.values[k]) : 0
        return input.bounds.isEmpty ? size : size + input.bounds[k] / scale
      }
    }
    let sums =
      isTiled
      ? try TileMagnitudes(data, index, magnitudes).sums(sizes(node.inputs[0]!))
      : try ScalarOperator(data.graph, index, batch: data.batch, magnitudes).run(sizes)
    let isScaled = family.scalesInputs && data.constants.values.contains { !$0.scales.isEmpty }
    let least = Float(terms + 1) * (isScaled ? .leastNormalMagnitude : .leastNonzeroMagnitude)
    result.bounds = sums.map { abs($0) * scale + least }
    result.units = units
  }

  /// Functions change by no more than their inputs do.
  private func boundFunction(
    _ result: inout ExpectedResult, _ node: CaseNode, _ inputs: [ExpectedResult]
  ) {
    let values = inputs.flatMap { $0.values.filter { $0.isFinite } }
    let reach = values.reduce(0) { max($0, min(abs($1), Self.functionReach)) }
    let inherited = inputs.flatMap { $0.bounds }.reduce(0, max)
    let terms = OperatorFamily.of(node.row).terms(data.graph, node)
    let units = Double(32 + terms) + 2 * Double(reach)
    result.bounds = result.values.map { value in
      Float(units * Self.unit) * abs(value) + inherited + .leastNormalMagnitude
    }
    result.units = units
  }

  /// Choices and single operations are monotonous in each input: they change the most where each
  /// input is as far off as it may be, one way or the other.
  private func boundChoice(_ result: inout ExpectedResult, _ scalar: ScalarOperator) {
    let inputs = data.graph.nodes[scalar.node].inputs.compactMap { $0 }
    result.bounds = [Float](repeating: 0, count: result.values.count)
    for corner in 0..<1 << inputs.count {
      let other = scalar.run { tensor in
        let input = expectations[tensor]!
        let sign: Float = corner >> inputs.firstIndex(of: tensor)! & 1 == 0 ? 1 : -1
        return zip(input.values, input.allBounds).map { $0 + sign * $1 }
      }
      for index in other.indices {
        // Upwards, as the difference is rounded and a result may be just there.
        let change = abs(other[index] - result.values[index])
        if change > result.bounds[index] { result.bounds[index] = change.nextUp }
      }
    }
  }

  /// Activations change by little more than their input does; their errors are relative to the
  /// input and the result.
  private func boundActivation(
    _ result: inout ExpectedResult, _ node: CaseNode, _ inputs: [ExpectedResult]
  ) {
    let units: Double = 32
    let inherited = inputs.flatMap { $0.bounds }.reduce(0, max)
    result.bounds = zip(result.values, inputs[0].values).map { value, x in
      Float(units * Self.unit) * (abs(value) + (x.isFinite ? abs(x) : 0)) + 2 * inherited
        + .leastNormalMagnitude
    }
    result.units = units
  }

  /// What the operator makes of inputs that are a little different, each by the same part of its
  /// size up or down. Many ways to choose up and down are possible, and some are tried.
  private func boundNormalised(_ result: inout ExpectedResult, _ scalar: ScalarOperator) {
    let node = data.graph.nodes[scalar.node]
    var random = RandomNumbers(UInt64(scalar.node))
    result.bounds = [Float](repeating: 0, count: result.values.count)
    for trial in 0..<6 {
      let other = scalar.run { tensor in
        let input = expectations[tensor]!
        return zip(input.values, input.allBounds).map { value, bound in
          let step = abs(value) * Float(Self.normalisedUnits * Self.unit) + bound
          let isUp = trial < 2 ? trial == 0 : random.next() & 1 == 0
          return isUp ? value + step : value - step
        }
      }
      for index in other.indices {
        let change = 2 * abs(other[index] - result.values[index])
        if change > result.bounds[index] { result.bounds[index] = change }
      }
    }
    let parameter = node.inputs.compactMap { $0.flatMap { data.constants[$0]?.largest } }
    let most = parameter.reduce(0, max)
    for index in result.values.indices {
      result.bounds[index] += Float(32 * Self.unit) * (abs(result.values[index]) + most)
        + .leastNormalMagnitude
    }
    result.units = Self.normalisedUnits
  }

  /// Marks the results that infinities and NaN may get into, because they lie in one tile with such
  /// a result or are made of one that does.
  private func expose(_ result: inout ExpectedResult, _ scalar: ScalarOperator, _ isTiled: Bool) {
    guard data.kind == .hostile else { return }
    let node = data.graph.nodes[scalar.node]
    let inputs = node.inputs.compactMap { $0.flatMap { expectations[$0] } }
    if inputs.contains(where: { !$0.exposed.isEmpty }) {
      result.exposed = scalar.run { tensor in
        let input = expectations[tensor]!
        return input.values.indices.map { k in
          !input.exposed.isEmpty && input.exposed[k] ? .nan : 0
        }
      }.map { $0.isNaN }
    }
    if OperatorFamily.of(node.row).mayOverflow {
      let bounds = result.allBounds
      result.exposed = bounds.indices.map { k in
        bounds[k] == .infinity || (!result.exposed.isEmpty && result.exposed[k])
      }
    }
    guard isTiled else { return }
    let marks = result.values.indices.map { k -> Float in
      let isMarked = !result.values[k].isFinite || (!result.exposed.isEmpty && result.exposed[k])
      return isMarked ? 1 : 0
    }
    result.exposed = largestNearby(marks, node).map { $0 > 0 }
  }

  /// For each result of a convolution the largest of `numbers` that may be in one tile with it.
  private func largestNearby(_ numbers: [Float], _ node: CaseNode) -> [Float] {
    let shape = data.graph.tensors[node.output].shape(batch: data.batch)
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    let rows = slidingMaximum(
      numbers, lines: shape[0] * height, length: width, step: channels, reach: TileMagnitudes.reach)
    return slidingMaximum(
      rows, lines: shape[0], length: height, step: width * channels, reach: TileMagnitudes.reach)
  }
}

extension ExpectedResult {
  /// A bound for each element.
  var allBounds: [Float] {
    bounds.isEmpty ? [Float](repeating: 0, count: values.count) : bounds
  }
}
