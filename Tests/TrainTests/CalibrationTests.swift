import Foundation
import MTLTrain
import Testing

struct CalibrationTests {
  /// Logits of which the truth was drawn, then multiplied, as an overconfident network has them.
  static func outputs(_ images: Int, factor: Float, head: Head) throws -> Outputs {
    let labels = try LabelSet(
      names: ["a", "b"], labels: [["l0", "l1", "l2"], ["m0", "m1"]], independent: ["b"])
    var random = Random(.check, 77)
    var outputs = Outputs(labels, head: head)
    for _ in 0..<images {
      let logits = (0..<5).map { _ in Float(random.uniform(-2.5, 2.5)) }
      let exponentials = logits[..<3].map { exp(Double($0)) }
      var rest = random.unit() * exponentials.reduce(0, +)
      var own = 0
      while own < 2, rest >= exponentials[own] {
        rest -= exponentials[own]
        own += 1
      }
      let others = (3..<5).filter { random.unit() < 1 / (1 + exp(-Double(logits[$0]))) }
      outputs.append(logits.map { $0 * factor }, [[own], others])
    }
    return outputs
  }

  @Test(arguments: [0.5, 1, 3] as [Float])
  func temperatureIsFound(factor: Float) throws {
    let outputs = try Self.outputs(4000, factor: factor, head: .softmax)
    let calibration = TaskCalibration.fitted(to: outputs)
    for task in calibration {
      #expect(abs(task.temperature / Double(factor) - 1) < 0.1, "\(task.temperature)")
    }
    let before = outputs.measures()
    let after = outputs.divided(by: calibration.map { $0.temperature }).measures()
    // An answer of an exclusive task stays what it is.
    #expect(before.tasks[0].accuracy == after.tasks[0].accuracy)
    #expect(after.tasks.allSatisfy { $0.calibration.error! < 0.03 })
    if factor != 1 { #expect(before.tasks.allSatisfy { $0.calibration.error! > 0.05 }) }
    // On images that it was not fitted to it is worth as much, give or take little.
    let crossFit = CrossFit(outputs)
    for (error, task) in zip(crossFit.errors, after.tasks) {
      #expect(abs(error! - task.calibration.error!) < 0.01)
    }
    #expect(abs(crossFit.loss - after.score.loss) < 0.01)
  }

  /// What chance alone shows shrinks with more images, and is what calibrated networks show.
  @Test func chance() throws {
    let few = try Self.outputs(200, factor: 1, head: .softmax).measures().tasks[0].calibration
    let many = try Self.outputs(4000, factor: 1, head: .softmax).measures().tasks[0].calibration
    #expect(few.chance! > 3 * many.chance! && many.chance! > 0)
    #expect(few.error! < 2 * few.chance! && many.error! < 2 * many.chance!)
    let wrong = try Self.outputs(4000, factor: 3, head: .softmax).measures().tasks[0].calibration
    #expect(wrong.error! > 4 * wrong.chance!)
    let sure = Outputs(
      try LabelSet(names: ["a"], labels: [["x", "y"]]), head: .softmax,
      logits: Array(repeating: [200, -200], count: 9), truth: Array(repeating: [[0]], count: 9))
    #expect(sure.measures().tasks[0].calibration.chance == 0)
  }

  /// A network without a mistake is not made sure of everything.
  @Test func fewImagesMoveItLittle() throws {
    let labels = try LabelSet(names: ["a"], labels: [["x", "y"]])
    let right = Outputs(
      labels, head: .softmax, logits: Array(repeating: [4, 0], count: 20),
      truth: Array(repeating: [[0]], count: 20))
    let temperature = TaskCalibration.fitted(to: right)[0].temperature
    #expect(temperature > 0.7 && temperature < 1)
    let unknown = Outputs(labels, head: .softmax, logits: [[1, 0]], truth: [[nil]])
    #expect(TaskCalibration.fitted(to: unknown)[0].temperature == 1)
  }

  @Test func thresholds() throws {
    let labels = try LabelSet(names: ["a"], labels: [["x", "y"]])
    func outputs(_ rows: [(Float, Bool)]) -> Outputs {
      Outputs(
        labels, head: .softmax, logits: rows.map { [$0.0, 0] },
        truth: rows.map { [[$0.1 ? 0 : 1]] })
    }
    // All right: every answer can be relied upon.
    #expect(TaskCalibration.fitted(to: outputs([(2, true), (1, true)]))[0].threshold == 0)
    // The least sure is wrong, and 99 of 100 is asked for.
    let calibration = TaskCalibration.fitted(to: outputs([(3, true), (2, true), (1, false)]))[0]
    let expected = 1 / (1 + exp(-2 / calibration.temperature))
    #expect(abs(calibration.threshold - expected) < 1e-6)
    // The surest is wrong: none can.
    #expect(TaskCalibration.fitted(to: outputs([(3, false), (2, true)]))[0].threshold == 1)

    let several = try LabelSet(names: ["a"], labels: [["x", "y"]], independent: ["a"])
    let independent = Outputs(
      several, head: .softmax, logits: [[-1, -3], [-0.5, -4], [-2.5, -3.5]],
      truth: [[[0]], [[0]], [[]]])
    let fitted = TaskCalibration.fitted(to: independent)[0]
    let measures = independent.divided(by: [fitted.temperature])
      .measures(thresholds: [fitted.threshold])
    #expect(measures.score.exact == 1 && fitted.threshold < 0.5)
  }

  /// A calibrated run: the best checkpoint holds it, the last one does not, and a second look at a
  /// finished run gives the same bytes, with any number of threads.
  @Test func runsAreCalibratedAtTheEnd() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(6)
    var configuration = RunTests.configuration
    configuration.isCalibrated = true
    for (name, threads) in [("one", 1), ("two", 2)] {
      let run = RunFolder(folder.path + "/" + name)
      try run.create()
      for _ in 0..<2 {
        let before = run.holdsRun ? try Checkpoint(reading: run.last) : nil
        let trainer = try RunTests.trainer(
          folder, threads: threads, continuing: before, configuration)
        #expect(try trainer.fit(epochs: 2, folder: run) == .finished)
        #expect(trainer.crossFit?.errors.count == 2)
        for file in RunTests.files {
          if name == "one" && before == nil { continue }
          #expect(try folder.bytes(name + "/" + file) == folder.bytes("one/" + file), "\(file)")
        }
      }
      #expect(try Checkpoint(reading: run.best).calibration.count == 2)
      #expect(try Checkpoint(reading: run.last).calibration.isEmpty)
      let report = String(decoding: try folder.bytes(name + "/report.json"), as: UTF8.self)
      #expect(report.contains("\"temperature\""))
    }
  }
}
