import Foundation
import MTLTrain
import Testing

/// Compares a forward pass and a training step with what Keras made of the same weights and
/// images. `Tests/python/test_keras_parity.py` writes the numbers and runs this; by itself it is
/// skipped.
struct ParityTests {
  static let folder = ProcessInfo.processInfo.environment["MTL_PARITY_FIXTURE"]

  static func floats(_ name: String) throws -> [Float] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder! + "/" + name))
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }

  /// The reference network without dropout, with the weights of the fixture.
  static func network(batch: Int, workers: Workers) throws -> Network {
    let whole = try NetworkKind.reference.make(6, 1)
    let network = Network(
      name: whole.name, inputShape: whole.inputShape,
      layers: whole.layers.filter { !($0 is Dropout) })
    try network.prepare(capacity: batch, workers: workers)
    var rest = try floats("before.f32")[...]
    for parameter in network.parameters {
      parameter.value.base.update(from: Array(rest.prefix(parameter.count)), count: parameter.count)
      rest = rest.dropFirst(parameter.count)
    }
    #expect(rest.isEmpty)
    let input = try floats("input.f32")
    #expect(input.count == batch * network.inputShape.count)
    network.input.update(from: input, count: input.count)
    return network
  }

  @Test(.enabled(if: folder != nil, "no fixture: run Tests/python/test_keras_parity.py"))
  func probabilitiesAreThoseOfKeras() throws {
    let expected = try Self.floats("probabilities.f32")
    let batch = expected.count / 6
    let workers = Workers(threads: 2)
    let network = try Self.network(batch: batch, workers: workers)
    network.forward(Pass(batch: batch, isTraining: false, workers: workers))
    let worst = expected.indices.map { i in
      abs(BinaryCrossEntropy.sigmoid(network.logits[i]) - expected[i])
    }.max()!
    print("largest difference of a probability: \(worst)")
    #expect(worst <= 1e-5)
  }

  @Test(.enabled(if: folder != nil, "no fixture: run Tests/python/test_keras_parity.py"))
  func trainingStepIsThatOfKeras() throws {
    let targets = try Self.floats("targets.f32")
    let batch = targets.count / 6
    let workers = Workers(threads: 2)
    let network = try Self.network(batch: batch, workers: workers)
    let pass = Pass(batch: batch, isTraining: true, workers: workers)
    network.forward(pass)
    let loss =
      BinaryCrossEntropy.sum(logits: network.logits, targets: targets, count: targets.count)
      / Double(targets.count)
    let expectedLoss = Double(try Self.floats("loss.f32")[0])
    print("loss \(loss), of Keras \(expectedLoss)")
    #expect(abs(loss - expectedLoss) <= 1e-5)
    network.backward(pass) { gradient in
      BinaryCrossEntropy.gradient(
        logits: network.logits, targets: targets, count: targets.count, into: gradient)
    }
    var statistics = try Self.floats("statistics.f32")[...]
    var gradients = try Self.floats("gradients.f32")[...]
    var worst = (statistic: 0.0, gradient: 0.0)
    for parameter in network.parameters {
      if parameter.isTrained {
        let error = distance(parameter.gradient, gradients.prefix(parameter.count))
        worst.gradient = max(worst.gradient, error)
        // Rounding turns a ReLU or a maximum now and then, which moves a gradient as a whole.
        #expect(error <= 2e-2, "gradient of \(parameter.name): \(error)")
        gradients = gradients.dropFirst(parameter.count)
      } else {
        for i in 0..<parameter.count {
          let expected = Double(statistics.removeFirst())
          let error = abs(Double(parameter.value.base[i]) - expected) / max(abs(expected), 1e-3)
          worst.statistic = max(worst.statistic, error)
          #expect(error <= 1e-4, "\(parameter.name)[\(i)]")
        }
      }
    }
    #expect(statistics.isEmpty && gradients.isEmpty)
    print("largest relative difference: statistics \(worst.statistic), gradients \(worst.gradient)")
  }

  /// Length of the difference, relative to the length of `expected`.
  func distance(_ buffer: FloatBuffer, _ expected: ArraySlice<Float>) -> Double {
    var difference = 0.0
    var length = 0.0
    for (value, wanted) in zip(buffer.elements, expected) {
      difference += Double(value - wanted) * Double(value - wanted)
      length += Double(wanted) * Double(wanted)
    }
    return (difference / max(length, 1e-24)).squareRoot()
  }
}
