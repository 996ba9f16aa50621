import MTLFormat

/// Layers one after the other, with the memory that lies between them.
///
/// The last layer yields logits, one per label; the loss and the exported model add the sigmoid.
public final class Network {
  public let name: String
  public let inputShape: Shape
  public let layers: [any Layer]
  /// The layers as they are run: some stand for several.
  private let stages: [any Layer]

  private var values: [FloatBuffer] = []
  private var gradients: [FloatBuffer] = []
  /// Index into `values` of each stage's output; its input is that of the layer before.
  private var slots: [Int] = []
  private var capacity = 0

  public init(name: String, inputShape: Shape, layers: [any Layer]) {
    self.name = name
    self.inputShape = inputShape
    self.layers = layers
    stages = ConvBlock.fused(layers)
  }

  public var outputShape: Shape { layers.last?.outputShape ?? inputShape }
  public var parameters: [Parameter] { layers.flatMap { $0.parameters } }

  /// Allocates memory for batches of up to `capacity`.
  public func prepare(capacity: Int, workers: Workers) throws {
    values = [try FloatBuffer(count: capacity * inputShape.count)]
    slots = []
    var largest = inputShape.count
    for layer in stages {
      try layer.prepare(capacity: capacity, workers: workers)
      if !layer.isInPlace {
        values.append(try FloatBuffer(count: capacity * layer.outputShape.count))
      }
      slots.append(values.count - 1)
      largest = max(largest, layer.outputShape.count)
    }
    gradients = [
      try FloatBuffer(count: capacity * largest), try FloatBuffer(count: capacity * largest),
    ]
    self.capacity = capacity
  }

  /// Where the caller puts the batch: `(capacity, ...inputShape)`.
  public var input: MutableFloats { values[0].base }

  /// What the last forward pass left: `(batch, labels)`.
  public var logits: Floats { Floats(values[slots.last ?? 0].base) }

  /// From `input` to `logits`.
  public func forward(_ pass: Pass) {
    precondition(pass.batch <= capacity, "the network was prepared for a smaller batch")
    var slot = 0
    for (layer, next) in zip(stages, slots) {
      layer.forward(values[slot].base, values[next].base, pass)
      slot = next
    }
  }

  /// Fills every parameter's gradient. `logitGradient` fills `(batch, labels)`.
  public func backward(_ pass: Pass, logitGradient: (MutableFloats) -> Void) {
    var current = 0
    logitGradient(gradients[current].base)
    for index in stages.indices.reversed() {
      let layer = stages[index]
      let next = layer.isInPlace ? current : 1 - current
      layer.backward(
        input: values[index == 0 ? 0 : slots[index - 1]].base, output: values[slots[index]].base,
        outputGradient: gradients[current].base,
        inputGradient: index == 0 ? nil : gradients[next].base, pass)
      current = next
    }
  }
}
