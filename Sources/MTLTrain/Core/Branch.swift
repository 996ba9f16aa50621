import MTLFormat

/// Layers one after the other, from an image to the logits of some labels, with the memory that
/// lies between them.
public final class Branch {
  /// What a branch sees of the images that it is trained on. At prediction all see the same.
  public enum View: Sendable {
    case plain
    /// Colors mixed at random, for tasks whose answer does not depend on them.
    case mixedColors
    /// Half of the images with another of the same labels mixed in, for tasks whose answer does not
    /// depend on shapes.
    case mixedImages
  }

  public let inputShape: Shape
  public let layers: [any Layer]
  /// Which of the network's labels its outputs are.
  public let labels: [Int]
  public let view: View
  /// The layers as they are run: some stand for several.
  private let stages: [any Layer]
  /// So many stages, from the first, stay as they are, and work as at prediction time.
  private var frozen: Int

  private var input: FloatBuffer?
  /// Results of stages that do not work in place.
  private var values: [FloatBuffer] = []
  private var gradients: [FloatBuffer] = []
  /// Index into `values` of each stage's output; nil: in the input itself.
  private var slots: [Int?] = []

  public init(inputShape: Shape, layers: [any Layer], labels: [Int], view: View = .plain) {
    self.inputShape = inputShape
    self.layers = layers
    self.labels = labels
    self.view = view
    stages = ConvBlock.fused(layers)
    // Nothing before it is to be learned.
    frozen = stages.firstIndex { !$0.parameters.isEmpty } ?? 0
  }

  /// Freezes everything up to the last parameters before those of the last layer.
  func freezeTrunk() {
    let withParameters = stages.indices.filter { !stages[$0].parameters.isEmpty }
    guard let end = withParameters.dropLast().last else { return }
    frozen = end + 1
    for stage in stages[..<frozen] { for parameter in stage.parameters { parameter.freeze() } }
  }

  func prepare(capacity: Int, workers: Workers) throws {
    input = view == .plain ? nil : try FloatBuffer(count: capacity * inputShape.count)
    (values, slots) = ([], [])
    var largest = inputShape.count
    for layer in stages {
      try layer.prepare(capacity: capacity, workers: workers)
      if !layer.isInPlace {
        values.append(try FloatBuffer(count: capacity * layer.outputShape.count))
      }
      slots.append(values.isEmpty ? nil : values.count - 1)
      largest = max(largest, layer.outputShape.count)
    }
    gradients = [
      try FloatBuffer(count: capacity * largest), try FloatBuffer(count: capacity * largest),
    ]
  }

  /// Where its own view of a training batch goes; nil for the plain one.
  public var ownInput: MutableFloats? { input?.base }

  private func value(_ slot: Int?, _ source: MutableFloats) -> MutableFloats {
    slot.map { values[$0].base } ?? source
  }

  /// From `shared`, or in training its own view, to `(batch, labels.count)` logits.
  func forward(_ shared: MutableFloats, _ pass: Pass) -> Floats {
    let source = pass.isTraining ? ownInput ?? shared : shared
    var current = source
    for (index, layer) in stages.enumerated() {
      let next = value(slots[index], source)
      layer.forward(current, next, index < frozen ? pass.predicting : pass)
      current = next
    }
    return Floats(current)
  }

  /// The first layer whose results of the last `batch` images are not all finite.
  func notFinite(batch: Int) -> String? {
    for (layer, slot) in zip(stages, slots) {
      guard let slot else { continue }
      let values = UnsafeBufferPointer(
        start: self.values[slot].base, count: batch * layer.outputShape.count)
      if !values.allSatisfy({ $0.isFinite }) { return layer.name }
    }
    return nil
  }

  /// Fills the gradients of its parameters that are trained. `logitGradient` fills
  /// `(batch, labels.count)`.
  func backward(_ shared: MutableFloats, _ pass: Pass, logitGradient: (MutableFloats) -> Void) {
    let source = ownInput ?? shared
    var current = 0
    logitGradient(gradients[current].base)
    for index in stages.indices.reversed() where index >= frozen {
      let layer = stages[index]
      let next = layer.isInPlace ? current : 1 - current
      layer.backward(
        input: index == 0 ? source : value(slots[index - 1], source),
        output: value(slots[index], source), outputGradient: gradients[current].base,
        inputGradient: index == frozen ? nil : gradients[next].base, pass)
      current = next
    }
  }
}
