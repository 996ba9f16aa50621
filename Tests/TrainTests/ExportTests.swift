import CMTL
import MTLExport
import MTLFormat
import MTLTrain
import Testing

struct ExportTests {
  /// A checkpoint of a network whose batch normalisation has seen something.
  static func checkpoint(_ folder: TestFolder, _ name: String) throws -> Checkpoint {
    let labels = try LabelSet(
      names: ["color", "product"], labels: [["red", "blue", "black"], ["shirt", "dress", "jeans"]])
    let configuration = RunConfiguration(
      network: name, recipe: "quick", seed: 9, batch: 4, colorTasks: ["color"])
    let network = try NetworkKind.named(name)!.make(
      NetworkRequest(labels: labels, colorTasks: ["color"], seed: 9))
    var random = Random(.check, 10)
    for parameter in network.parameters where parameter.dimensions.count == 1 {
      for i in 0..<parameter.count { parameter.value.base[i] = Float(random.uniform(0.2, 1.2)) }
    }
    let checkpoint = Checkpoint(
      configuration: configuration, labels: labels, fingerprint: 7, epoch: 3)
    try checkpoint.write(folder.path + "/best.ckpt", network: network, optimiser: nil)
    return try Checkpoint(reading: folder.path + "/best.ckpt")
  }

  @Test(arguments: WeightType.allCases)
  func fileAnswersAsTheNetwork(type: WeightType) throws {
    let folder = try TestFolder()
    let exporter = try Exporter(Self.checkpoint(folder, "lean"), weights: type)
    let workers = Workers(threads: 2)
    let verification = try exporter.export(to: folder.path + "/a.mtl", workers: workers)
    #expect(verification.largestDifference <= type.allowedDifference)
    _ = try exporter.export(to: folder.path + "/b.mtl", workers: Workers(threads: 1))
    #expect(try folder.bytes("a.mtl") == folder.bytes("b.mtl"))
    let model = try Reader.read(Bytes.map(path: folder.path + "/a.mtl")).model
    #expect(model.tasks.map { $0.first } == [0, 3])
    #expect(model.tasks[0].labels == ["black", "blue", "red"])
    #expect(model.tasks[1].labels == ["dress", "jeans", "shirt"])
    #expect(exporter.outputOrder == [0, 1, 4, 2, 3, 5])
    #expect(!model.nodes.contains { Int($0.op) == MTLRT_OP_DROPOUT })
    #expect(model.selfTest != nil)
  }

  /// All branches see the same image, whatever each was trained on, and have a softmax each.
  @Test func branchesBecomeOneGraph() throws {
    let folder = try TestFolder()
    let exporter = try Exporter(Self.checkpoint(folder, "branches"), weights: .f32)
    let verification = try exporter.export(
      to: folder.path + "/a.mtl", workers: Workers(threads: 2))
    #expect(verification.largestDifference <= WeightType.f32.allowedDifference)
    let model = try Reader.read(Bytes.map(path: folder.path + "/a.mtl")).model
    #expect(model.tasks[0].labels == ["black", "blue", "red"])
    #expect(model.tasks[1].labels == ["dress", "jeans", "shirt"])
    #expect(exporter.outputOrder == [0, 1, 4, 2, 3, 5])
    #expect(model.nodes.count { Int($0.op) == MTLRT_OP_SOFTMAX } == 2)
    #expect(model.inputs.count == 1 && model.outputs.count == 1)
  }

  /// The temperature is in the last layer, and answers cost what they cost without it.
  @Test(arguments: ["branches", "lean"])
  func calibrationIsInTheFile(name: String) throws {
    let folder = try TestFolder()
    let plain = try Self.checkpoint(folder, name)
    var warm = plain
    warm.calibration = [
      TaskCalibration(temperature: 1, threshold: 0.25),
      TaskCalibration(temperature: 4, threshold: 0.75),
    ]
    try warm.write(folder.path + "/warm.ckpt", network: plain.network(), optimiser: nil)
    let read = try Checkpoint(reading: folder.path + "/warm.ckpt")
    #expect(read.calibration == warm.calibration)
    let exporter = try Exporter(read, weights: .f32)
    let verification = try exporter.export(
      to: folder.path + "/a.mtl", workers: Workers(threads: 1))
    #expect(verification.largestDifference <= WeightType.f32.allowedDifference)
    let model = try Reader.read(Bytes.map(path: folder.path + "/a.mtl")).model
    #expect(model.tasks.map { $0.threshold } == [0.25, 0.75])
    let cold = try Exporter(plain, weights: .f32)
    _ = try cold.export(to: folder.path + "/b.mtl", workers: Workers(threads: 1))
    let other = try Reader.read(Bytes.map(path: folder.path + "/b.mtl")).model
    #expect(other.nodes.count == model.nodes.count)
    let (a, b) = (try read.network(), try plain.network())
    let workers = Workers(threads: 1)
    for network in [a, b] {
      try network.prepare(capacity: 1, workers: workers)
      for i in 0..<network.inputShape.count { network.input[i] = Float(i % 7) / 7 }
      network.forward(Pass(batch: 1, isTraining: false, workers: workers))
    }
    for (task, temperature) in zip(read.labels.tasks, [1, 4] as [Float]) {
      for label in task.labels {
        let (warm, cold) = (a.logits[label] * temperature, b.logits[label])
        #expect(abs(warm - cold) <= 1e-5 * max(1, abs(cold)))
      }
    }
  }

  /// A task of which several labels may hold has a sigmoid for each, and the file says so.
  @Test func independentTasksAreExported() throws {
    let folder = try TestFolder()
    let labels = try LabelSet(
      names: ["color", "wears"], labels: [["red", "blue"], ["hat", "scarf", "tie"]],
      independent: ["wears"])
    let configuration = RunConfiguration(network: "branches", recipe: "steady", seed: 2, batch: 4)
    let checkpoint = Checkpoint(configuration: configuration, labels: labels, fingerprint: 1)
    try checkpoint.write(
      folder.path + "/best.ckpt", network: configuration.makeNetwork(labels), optimiser: nil)
    let read = try Checkpoint(reading: folder.path + "/best.ckpt")
    #expect(read.labels == labels)
    let verification = try Exporter(read, weights: .f32).export(
      to: folder.path + "/a.mtl", workers: Workers(threads: 1))
    #expect(verification.largestDifference <= WeightType.f32.allowedDifference)
    let model = try Reader.read(Bytes.map(path: folder.path + "/a.mtl")).model
    #expect(model.tasks.map { $0.isExclusive } == [true, false])
    #expect(model.nodes.count { Int($0.op) == MTLRT_OP_SIGMOID } == 1)
    #expect(model.nodes.count { Int($0.op) == MTLRT_OP_SOFTMAX } == 1)
  }

  @Test(arguments: WeightType.allCases)
  func onlyLargeDenseLayersTake16Bits(type: WeightType) throws {
    let large = type.elementType(isDense: true, count: 1 << 16)
    #expect(large == type.elementType)
    let others = [
      type.elementType(isDense: true, count: (1 << 16) - 1),
      type.elementType(isDense: false, count: 1 << 20),
    ]
    #expect(others == Array(repeating: type == .int8 ? .i8 : .f32, count: 2))
    let folder = try TestFolder()
    let exporter = try Exporter(Self.checkpoint(folder, "lean"), weights: type)
    _ = try exporter.export(to: folder.path + "/a.mtl", workers: Workers(threads: 2))
    let model = try Reader.read(Bytes.map(path: folder.path + "/a.mtl")).model
    let kernels = model.tensors.filter { $0.data != nil && $0.shape.count == 4 }
    #expect(!kernels.isEmpty && kernels.allSatisfy { $0.type == others[0] })
  }

  @Test func notANumberIsNeverExported() throws {
    let folder = try TestFolder()
    let checkpoint = try Self.checkpoint(folder, "lean")
    let exporter = try Exporter(checkpoint, weights: .f32)
    exporter.network.parameters.last!.value.base[0] = .nan
    #expect(throws: Status.self) {
      try exporter.export(to: folder.path + "/nan.mtl", workers: Workers(threads: 1))
    }
    #expect(throws: (any Error).self) { try folder.bytes("nan.mtl") }
  }
}
