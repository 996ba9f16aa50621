import CMTL
import Foundation
import Testing

@testable import MTLFormat
@testable import MTLGraph

/// The files of spec/vectors/ops, made by an independent implementation: every backend gives their
/// results, and the shape rules their shapes.
struct VectorTests {
  @Test(arguments: OperatorRow.all.filter { !$0.isView }, Backend.all)
  func givesTheResults(_ row: OperatorRow, _ backend: Backend) throws {
    for example in try Example.all(row) {
      let (graph, batch, inputs) = example.graph(row)
      let outcome = try TestHost(backend: backend).run(graph, batch: batch, inputs: inputs)
      let result = try #require(outcome.values[graph.nodes[0].output])
      try #require(result.count == example.output.elements.count)
      for (value, want) in zip(result, example.output.elements) {
        let isRight = want.isNaN
          ? value.isNaN
          : Double(value) == want
            || abs(Double(value) - want) <= example.tolerance * max(1, abs(want))
        #expect(isRight, "\(backend) \(row), \(example.about): \(value), \(want)")
      }
    }
  }

  @Test(arguments: OperatorRow.all.filter(\.isView))
  func viewsKeepTheElements(_ row: OperatorRow) throws {
    for example in try Example.all(row) {
      #expect(example.inputs[0]!.elements == example.output.elements)
    }
  }

  @Test(arguments: OperatorRow.all)
  func hasTheShape(_ row: OperatorRow) throws {
    let rule = try #require(Operator(code: UInt32(row.code))).shapeRule
    for example in try Example.all(row) {
      let (graph, batch, _) = example.graph(row)
      let tensors: [Tensor?] = graph.nodes[0].inputs.map { index in
        index.map { index in
          let tensor = graph.tensors[index]
          let data = tensor.isConstant ? UnsafeRawBufferPointer(start: nil, count: 0) : nil
          return Tensor(name: Name(""), shape: tensor.shape, data: data)
        }
      }
      let question = ShapeQuestion(inputs: tensors, attributes: example.attributes)
      var shape = try rule.result(question)
      shape[0] *= batch
      #expect(shape == example.output.shape, "\(row), \(example.about)")
    }
  }
}

/// One entry of a file of spec/vectors/ops.
struct Example: Decodable {
  struct Operand: Decodable {
    let constant: String?
    let shape: [Int]
    let elements: [Double]
    let scale: [Double]?
  }

  let about: String
  let attributes: [Int64]
  let inputs: [Operand?]
  let output: Operand
  let tolerance: Double

  static func all(_ row: OperatorRow) throws -> [Example] {
    let file = Repository.root.appending(path: "spec/vectors/ops/\(row.name).json")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode([Example].self, from: Data(contentsOf: file))
  }

  /// The example as a graph for a batch of 1, the batch, and the values by tensor.
  func graph(_ row: OperatorRow) -> (TestGraph, Int, [Int: [Float]]) {
    var graph = TestGraph()
    var values: [Int: [Float]] = [:]
    let batch = inputs.compactMap { $0 }.first { $0.constant == nil }!.shape[0]
    let indexes: [Int?] = inputs.map { operand in
      guard let operand else { return nil }
      guard let kind = operand.constant else {
        let index = graph.value([operand.shape[0] / batch] + operand.shape.dropFirst())
        values[index] = operand.elements.map { Float($0) }
        return index
      }
      let index = graph.constant(operand.shape)
      graph.tensors[index].store(operand, kind)
      return index
    }
    _ = graph.add(row.name, indexes, attributes)
    return (graph, batch, values)
  }
}

extension TestTensor {
  /// Takes the elements of an example, in the type that it names.
  mutating func store(_ operand: Example.Operand, _ kind: String) {
    scales = (operand.scale ?? []).map { Float($0) }
    func bytes<Element>(_ make: (Double) -> Element) -> [UInt8] {
      operand.elements.flatMap { withUnsafeBytes(of: make($0)) { Array($0) } }
    }
    switch kind {
    case "f16": (type, stored) = (MTLRT_F16, bytes { Float16($0) })
    case "i8": (type, stored) = (MTLRT_I8, bytes { Int8($0) })
    case "i32": (type, stored) = (MTLRT_I32, bytes { Int32($0) })
    case "i16": (type, stored) = (MTLRT_I16, bytes { Int16($0) })
    default: set(operand.elements)
    }
  }
}

/// The files of the project.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
