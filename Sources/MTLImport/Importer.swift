import MTLExport
import MTLFormat

/// A source graph as a graph of a model file.
public struct Importer {
  public let source: SourceGraph
  public var owned: OwnedModel
  /// Where the axes of the source's inputs and outputs lie.
  public let inputs: [SourceSlot]
  public let outputs: [SourceSlot]
  /// Whether the model takes any number of images.
  public let isBatched: Bool
  public let isChannelsFirst: Bool

  /// Errors: an `ImportError` that names everything that cannot be expressed.
  public init(_ source: SourceGraph, weights: WeightType) throws {
    self.source = source
    guard (1...Limits.inputs).contains(source.inputs.count),
      (1...Limits.outputs).contains(source.outputs.count)
    else {
      throw ImportError(
        "it has \(source.inputs.count) inputs and \(source.outputs.count) outputs")
    }
    let lowered = try Self.lower(source)
    owned = try OwnedModel(lowered.lowering.builder, weights: weights)
    (inputs, outputs) = (lowered.inputs, lowered.outputs)
    isBatched = lowered.lowering.isBatched
    isChannelsFirst = lowered.isChannelsFirst
  }

  /// The outputs as the source shapes them.
  ///
  /// Errors: as above.
  static func outputs(of source: SourceGraph) throws -> [SourceOutput] {
    let lowered = try lower(source)
    let model = lowered.lowering.builder.model
    return zip(lowered.outputs, model.outputs).map { slot, tensor in
      SourceOutput(
        name: slot.name, shape: slot.axes.map { $0 == 0 ? nil : model.tensors[tensor].shape[$0] })
    }
  }

  /// For any number of images, if its inputs count some and it does not mix them; otherwise for the
  /// number that it is written for, as one piece.
  private static func lower(_ source: SourceGraph) throws -> GraphLowering {
    let firsts = source.inputs.map { $0.shape.first }
    let isFree = firsts.contains { $0 == .some(.none) }
    let counts = Set(firsts.map { $0 ?? nil })
    var problems = ImportProblems()
    if !firsts.contains(where: { $0 == nil }), isFree || counts.count == 1 {
      let batched = GraphLowering(source, isBatched: true)
      batched.run()
      if batched.problems.isEmpty { return batched }
      problems = batched.problems
    }
    if !isFree {
      let whole = GraphLowering(source, isBatched: false)
      whole.run()
      if whole.problems.isEmpty { return whole }
      if problems.isEmpty || whole.problems.places <= problems.places { problems = whole.problems }
    }
    let list = problems.lines.prefix(100).map { "  " + $0 }.joined(separator: "\n")
    throw ImportError("what cannot be imported (\(problems.count)):\n\(list)")
  }
}
