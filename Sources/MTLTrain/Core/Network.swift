import MTLFormat

/// What becomes of a network's logits.
public enum Head: Sendable {
  /// A probability of its own for each label.
  case sigmoid
  /// Probabilities that sum up to 1 over the labels of a task.
  case softmax
}

/// From images to one logit per label; the loss and the exported model add the head.
public final class Network {
  public let name: String
  public let inputShape: Shape
  public let branches: [Branch]
  public let head: Head

  private var shared: FloatBuffer!
  private var results: FloatBuffer!
  private var gradient: FloatBuffer!
  private var capacity = 0

  public init(name: String, inputShape: Shape, branches: [Branch], head: Head) {
    self.name = name
    self.inputShape = inputShape
    self.branches = branches
    self.head = head
  }

  /// One branch for all labels, with a sigmoid.
  public convenience init(name: String, inputShape: Shape, layers: [any Layer]) {
    let outputs = layers.last?.outputShape.count ?? inputShape.count
    let branch = Branch(inputShape: inputShape, layers: layers, labels: Array(0..<outputs))
    self.init(name: name, inputShape: inputShape, branches: [branch], head: .sigmoid)
  }

  public var outputShape: Shape { Shape(features: branches.reduce(0) { $0 + $1.labels.count }) }
  public var layers: [any Layer] { branches.flatMap { $0.layers } }
  /// Those of the layers, and what is learned beside them.
  public var parameters: [Parameter] {
    layers.flatMap { $0.parameters } + (taskUncertainty.map { [$0] } ?? [])
  }

  /// For each task the logarithm of the variance of its loss, if the recipe learns what tasks count
  /// (Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses").
  public private(set) var taskUncertainty: Parameter?

  func learnTaskWeights(_ tasks: Int) throws(Status) {
    taskUncertainty = try Parameter(name: "tasks.uncertainty", dimensions: [tasks])
  }

  /// Leaves all but the last layer of each branch as it is, as at prediction time, from now on.
  func freezeTrunk() { for branch in branches { branch.freezeTrunk() } }

  /// Divides the logits of some labels, by what their last layers hold.
  func divideLogits(of labels: [Int], by temperature: Double) {
    for branch in branches {
      guard let dense = branch.layers.last as? Dense else { continue }
      for (unit, label) in branch.labels.enumerated() where labels.contains(label) {
        dense.scale(unit: unit, by: Float(1 / temperature))
      }
    }
  }

  /// Allocates memory for batches of up to `capacity`.
  public func prepare(capacity: Int, workers: Workers) throws {
    shared = try FloatBuffer(count: capacity * inputShape.count)
    results = try FloatBuffer(count: capacity * outputShape.count)
    gradient = try FloatBuffer(count: capacity * outputShape.count)
    for branch in branches { try branch.prepare(capacity: capacity, workers: workers) }
    self.capacity = capacity
  }

  /// Where the caller puts the batch: `(capacity, ...inputShape)`.
  public var input: MutableFloats { shared.base }

  /// What the last forward pass left: `(batch, labels)`.
  public var logits: Floats { Floats(results.base) }

  /// From `input`, and in training from the branches' own views, to `logits`.
  public func forward(_ pass: Pass) {
    precondition(pass.batch <= capacity, "the network was prepared for a smaller batch")
    let labels = outputShape.count
    for branch in branches {
      let logits = branch.forward(input, pass)
      let count = branch.labels.count
      for image in 0..<pass.batch {
        for (i, label) in branch.labels.enumerated() {
          results.base[image * labels + label] = logits[image * count + i]
        }
      }
    }
  }

  /// Where the first number is that is infinite or none: in a parameter, or else in what a layer
  /// made of the last `batch` images; nil if nowhere.
  func notFinite(batch: Int) -> String? {
    for parameter in parameters {
      if !parameter.value.elements.allSatisfy({ $0.isFinite }) {
        return "\(parameter.name) holds a number that is not finite"
      }
    }
    for branch in branches {
      if let layer = branch.notFinite(batch: batch) {
        return "the first layer with a result that is not finite is \(layer)"
      }
    }
    return nil
  }

  /// Fills every parameter's gradient. `logitGradient` fills `(batch, labels)`.
  public func backward(_ pass: Pass, logitGradient: (MutableFloats) -> Void) {
    let labels = outputShape.count
    logitGradient(gradient.base)
    for branch in branches {
      branch.backward(input, pass) { target in
        let count = branch.labels.count
        for image in 0..<pass.batch {
          for (i, label) in branch.labels.enumerated() {
            target[image * count + i] = gradient.base[image * labels + label]
          }
        }
      }
    }
  }
}
