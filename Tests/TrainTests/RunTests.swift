import MTLFormat
import MTLTrain
import Testing

/// Whole runs of the lean network on a few tiny images.
struct RunTests {
  static let configuration = RunConfiguration(
    network: "lean", recipe: "quick", seed: 3, batch: 5)

  /// Branches, an average of the weights, a schedule that knows its length, mixed colors.
  static let steady = RunConfiguration(
    network: "branches", recipe: "steady", seed: 3, batch: 5, epochs: 3, colorTasks: ["color"])

  static func trainer(
    _ folder: TestFolder, threads: Int, continuing checkpoint: Checkpoint? = nil,
    _ configuration: RunConfiguration = configuration
  ) throws -> Trainer {
    let workers = Workers(threads: threads)
    let index = try DataSetIndex(root: folder.path + "/data", tasks: ["color", "product"])
    let side = NetworkKind.named(configuration.network)!.side
    let data = try DataSet(index, side: side, workers: workers)
    return try Trainer(
      configuration, data: data, split: Split(data, seed: 3), workers: workers,
      continuing: checkpoint)
  }

  static func run(_ folder: TestFolder, _ name: String, epochs: Int, threads: Int) throws {
    let run = RunFolder(folder.path + "/" + name)
    try run.create()
    #expect(try trainer(folder, threads: threads).fit(epochs: epochs, folder: run) == .finished)
  }

  static let files = ["last.ckpt", "best.ckpt", "history.csv", "report.json"]

  @Test func threadsDoNotChangeABit() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(6)
    try Self.run(folder, "one", epochs: 2, threads: 1)
    for threads in [2, 3] {
      try Self.run(folder, "more\(threads)", epochs: 2, threads: threads)
      for file in Self.files {
        #expect(try folder.bytes("one/" + file) == folder.bytes("more\(threads)/" + file))
      }
    }
  }

  @Test func resumedRunIsTheSameBitForBit() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(6)
    try Self.run(folder, "whole", epochs: 4, threads: 2)
    try Self.run(folder, "parts", epochs: 1, threads: 2)
    let run = RunFolder(folder.path + "/parts")
    // Interrupted within the third epoch, then continued from the second.
    let second = try Self.trainer(folder, threads: 1, continuing: Checkpoint(reading: run.last))
    var events = Trainer.Events()
    var steps = 0
    events.step = { _, _, _, _ in steps += 1 }
    events.isStopWanted = { steps == 6 }
    #expect(try second.fit(epochs: 4, folder: run, events: events) == .interrupted)
    #expect(try Checkpoint(reading: run.last).epoch == 2)
    let third = try Self.trainer(folder, threads: 2, continuing: Checkpoint(reading: run.last))
    #expect(try third.fit(epochs: 4, folder: run) == .finished)
    for file in Self.files {
      #expect(try folder.bytes("whole/" + file) == folder.bytes("parts/" + file), "\(file)")
    }
  }

  /// The average of the weights and the optimiser go on where they were; with other threads too.
  @Test func resumedBranchesAreTheSameBitForBit() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    for (name, epochs) in [("whole", [3]), ("parts", [1, 2, 3])] {
      let run = RunFolder(folder.path + "/" + name)
      try run.create()
      for (index, last) in epochs.enumerated() {
        let before = index == 0 ? nil : try Checkpoint(reading: run.last)
        let trainer = try Self.trainer(
          folder, threads: 1 + index % 2, continuing: before, Self.steady)
        #expect(try trainer.fit(epochs: last, folder: run) == .finished)
      }
    }
    for file in Self.files {
      #expect(try folder.bytes("whole/" + file) == folder.bytes("parts/" + file), "\(file)")
    }
    // What predicts is the average, not what is trained.
    let run = RunFolder(folder.path + "/whole")
    let last = try Checkpoint(reading: run.last)
    let average = try last.network().parameters[0].value
    let trainer = try Self.trainer(folder, threads: 1, continuing: last, Self.steady)
    let trained = trainer.network.parameters[0]
    #expect(trained.value.elements.elementsEqual(average.elements) == false)
    #expect(trained.average!.elements.elementsEqual(average.elements))
  }

  /// While a file cannot be written the run goes on, and in the end nothing is missing.
  @Test func epochsThatCannotBeSavedAreSavedLater() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    try Self.run(folder, "whole", epochs: 4, threads: 2)
    for blocked in ["best.ckpt", "last.ckpt", "report.json"] {
      let run = RunFolder(folder.path + "/without-" + blocked)
      try run.create()
      // No file gets the name of a folder that is not empty.
      let obstacle = "without-\(blocked)/\(blocked)"
      try folder.write("x", to: obstacle + "/file")
      var unsaved: [Int] = []
      var events = Trainer.Events()
      events.notSaved = { epoch, reason in
        unsaved.append(epoch)
        #expect(reason.text.contains(blocked), "\(reason.text)")
        if epoch == 2 { folder.remove(obstacle) }
      }
      let trainer = try Self.trainer(folder, threads: 2)
      #expect(try trainer.fit(epochs: 4, folder: run, events: events) == .finished)
      #expect(unsaved == [1, 2])
      for file in Self.files {
        let saved = try folder.bytes("without-\(blocked)/" + file)
        #expect(try saved == folder.bytes("whole/" + file), "\(file)")
      }
    }
  }

  /// What cannot be saved at the end either is an error.
  @Test func runsThatCannotBeSavedFail() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    let run = RunFolder(folder.path + "/run")
    try run.create()
    try folder.write("x", to: "run/last.ckpt/file")
    let trainer = try Self.trainer(folder, threads: 1)
    #expect(throws: Status.self) { try trainer.fit(epochs: 1, folder: run) }
    // Nothing that builds upon the missing file is there.
    #expect(throws: (any Error).self) { try folder.bytes("run/report.json") }
  }

  /// A number that is none ends the run at its step, and the text says where it is.
  @Test func notANumberIsNamed() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    let run = RunFolder(folder.path + "/run")
    try run.create()
    let trainer = try Self.trainer(folder, threads: 1)
    let name = trainer.network.parameters[0].name
    trainer.network.parameters[0].value.base[0] = .nan
    do {
      _ = try trainer.fit(epochs: 1, folder: run)
      Issue.record("it went on")
    } catch let error as Status {
      #expect(error.text.contains("step 0") && error.text.contains(name), "\(error.text)")
    }
    #expect(!run.holdsRun)
  }

  @Test func interruptedFirstEpochLeavesNothing() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    let run = RunFolder(folder.path + "/run")
    try run.create()
    var events = Trainer.Events()
    events.isStopWanted = { true }
    let trainer = try Self.trainer(folder, threads: 1)
    #expect(try trainer.fit(epochs: 2, folder: run, events: events) == .interrupted)
    #expect(!run.holdsRun)
  }

  /// What a killed process has left under temporary names goes; nothing else does.
  @Test func leftoversAreRemoved() throws {
    let folder = try TestFolder()
    let run = RunFolder(folder.path + "/run")
    for name in ["last.ckpt.7.tmp", "report.html.123.tmp", "notes.tmp", "last.ckpt"] {
      try folder.write("x", to: "run/" + name)
    }
    try run.create()
    for name in ["notes.tmp", "last.ckpt"] { #expect(try folder.bytes("run/" + name).count == 1) }
    for name in ["last.ckpt.7.tmp", "report.html.123.tmp"] {
      #expect(throws: (any Error).self) { try folder.bytes("run/" + name) }
    }
  }

  @Test func otherImagesAreNotResumed() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(4)
    try Self.run(folder, "run", epochs: 1, threads: 1)
    try folder.writeImage(1, 2, 3, to: "data/red_dress/0.png")
    let checkpoint = try Checkpoint(reading: folder.path + "/run/last.ckpt")
    #expect(throws: Status.self) {
      try Self.trainer(folder, threads: 1, continuing: checkpoint)
    }
  }

  /// Weights that fit by their shapes alone would predict something else.
  @Test func branchesOfAnOlderVersionAreRefused() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    let trainer = try Self.trainer(folder, threads: 1, Self.steady)
    let path = folder.path + "/now.ckpt"
    try trainer.checkpoint.write(path, network: trainer.network, optimiser: nil)
    #expect(try Checkpoint(reading: path).network().name == "branches")
    var old = Array(try folder.bytes("now.ckpt").dropLast(4))
    old[8] = 3
    let sum = old.withUnsafeBytes { CRC32C.checksum($0) }
    old += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    try folder.write(old, to: "old.ckpt")
    do {
      _ = try Checkpoint(reading: folder.path + "/old.ckpt")
      Issue.record("it was read")
    } catch {
      #expect(error.text.contains("train it anew"), "\(error.text)")
    }
  }

  /// Any byte changed, and any length cut, is an error and never a crash.
  @Test func damagedCheckpointsAreRefused() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(3)
    try Self.run(folder, "run", epochs: 1, threads: 1)
    let good = try folder.bytes("run/best.ckpt")
    #expect(try Checkpoint(reading: folder.path + "/run/best.ckpt").network().name == "lean")
    var random = Random(.check, 5)
    for position in Array(0..<60) + (0..<40).map({ _ in random.below(good.count) }) {
      var bad = good
      bad[position] ^= 0x41
      try folder.write(bad, to: "bad.ckpt")
      #expect(throws: Status.self) { try Checkpoint(reading: folder.path + "/bad.ckpt") }
    }
    for length in Array(0..<40) + [good.count / 2, good.count - 1] {
      try folder.write(Array(good[..<length]), to: "bad.ckpt")
      #expect(throws: Status.self) { try Checkpoint(reading: folder.path + "/bad.ckpt") }
    }
    #expect(throws: Status.self) { try Checkpoint(reading: folder.path + "/none.ckpt") }
  }
}
