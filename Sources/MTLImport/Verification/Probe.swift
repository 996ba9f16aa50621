import MTLExport
import MTLFormat

/// Inputs that tell something of a model, and what the source graph answers to them when it is run
/// plainly. Keeps neither the source nor the model.
struct Probe {
  /// How an output answered.
  struct Output: Sendable {
    let name: String
    let range: ClosedRange<Float>
    /// Whether a model that was misread would have shown.
    let tells: Bool
  }

  let batch: Int
  let outputs: [Output]
  /// In the source's order and shapes.
  let given: [HostTensor]
  let expected: Answers
  /// For each input, each image behind the other, in the file's order.
  private let inputs: [[Float]]
  /// One that a self-test can be of, which may be another.
  private let testTrial: Trial

  /// One kind of inputs, and the answers.
  private struct Trial {
    let inputs: [[Float]]
    let bytes: [[UInt8]]
    let given: [HostTensor]
    let expected: Answers
  }

  /// Errors: the source cannot be evaluated; an output has another shape than the file's; an output
  /// is no number, whatever the input.
  init(_ importer: Importer) throws {
    let declared = importer.source.inputs[0].shape.first ?? nil
    let batch = importer.isBatched ? declared ?? 2 : 1
    let names = importer.outputs.map { $0.name }
    var best: (trial: Trial, score: (telling: Int, finite: Int))?
    var test: Trial?
    for kind in ProbeInputs.allCases {
      let trial = try Self.trial(kind, importer, batch)
      let answers = trial.expected
      let score = (
        telling: names.indices.filter { answers.tells($0, batch: batch) }.count,
        finite: names.indices.filter { answers.range(of: $0) != nil }.count
      )
      if score > best?.score ?? (-1, 0) {
        best = (trial, score)
        if kind.areBytes { test = trial }
      }
      if score.telling == names.count { break }
    }
    let trial = best!.trial
    (self.batch, inputs, given, expected) = (batch, trial.inputs, trial.given, trial.expected)
    testTrial = test!
    outputs = try names.enumerated().map { index, name in
      guard let range = trial.expected.range(of: index) else {
        throw try Self.noNumbers(name, importer.source, trial.given)
      }
      return Output(
        name: name, range: range, tells: trial.expected.tells(index, batch: batch))
    }
  }

  private static func trial(
    _ kind: ProbeInputs, _ importer: Importer, _ batch: Int
  ) throws -> Trial {
    let model = importer.owned.model
    var (inputs, bytes, given) = ([[Float]](), [[UInt8]](), [HostTensor]())
    for (index, input) in importer.source.inputs.enumerated() {
      let shape = model.tensors[model.inputs[index]].shape
      let count = try checkedCount(shape + [batch])
      let random = ProbeInputs.random(count, seed: UInt64(index + 1))
      // Whole numbers and truths are 0 or 1, and whole numbers that may divide others 1.
      let mayDivide = index > 0 && input.type != .bool
      let whole = random.map { mayDivide ? 255 : ($0 & 1) * 255 }
      bytes.append(input.type.isFloating ? random.map { kind.byte($0) } : whole)
      inputs.append(
        input.type.isFloating
          ? random.map { kind.number($0) } : whole.map { Float($0) / 255 })
      let floats = importer.inputs[index].toSource(inputs[index], shape: shape, batch: batch)
      given.append(
        input.type.isFloating
          ? HostTensor(floats.shape, floats: floats.elements).typed(input.type)
          : HostTensor(
            input.type, floats.shape, integers: floats.elements.map { Int64($0) }))
    }
    let outputs = try PlainRun(source: importer.source).outputs(for: given)
    return Trial(
      inputs: inputs, bytes: bytes, given: given,
      expected: try importer.outputForm.answers(outputs, batch: batch))
  }

  /// The first node that makes no number is the one to look at.
  private static func noNumbers(
    _ output: String, _ source: SourceGraph, _ given: [HostTensor]
  ) throws -> ImportError {
    let first = try PlainRun(source: source).firstWithoutNumbers(for: given)
    let place = first.map { "; the first node without a number is \($0)" } ?? ""
    return ImportError("output '\(output)' is NaN or infinite whatever the input is\(place)")
  }

  /// The first image; nil where an answer is not finite or there is too much of it.
  func selfTest(tolerance: Float) -> SelfTest? {
    let inputs = testTrial.bytes.map { Array($0.prefix($0.count / batch)) }
    let outputs = testTrial.expected.outputs.map { Array($0.prefix($0.count / batch)) }
    let size = inputs.reduce(0) { $0 + $1.count } + outputs.reduce(0) { $0 + 4 * $1.count }
    guard outputs.joined().allSatisfy({ $0.isFinite }), size < 16 << 20 else { return nil }
    return SelfTest(tolerance: tolerance, inputs: inputs, outputs: outputs)
  }

  /// Those of a model file in memory.
  func answers(of file: UnsafeRawBufferPointer, threads: Int) throws -> Answers {
    let run = try ModelRun(file, backends: "auto", threads: threads)
    return Answers(outputs: try run.outputs(inputs, batch: batch))
  }
}
