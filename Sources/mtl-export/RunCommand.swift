import MTLExport
import MTLFormat
import MTLTrain

/// Exports a run of mtl-train.
struct RunCommand {
  private let arguments: Arguments

  /// Errors: an option for models alone.
  init(_ arguments: Arguments) throws(CommandLineError) {
    self.arguments = arguments
    for option in ImportOptions.options where arguments.has(option.name) {
      throw arguments.error("\(option.name) is for models that others have trained")
    }
  }

  func run() throws -> Int32 {
    let path = try arguments.required("-o")
    let type = try ImportOptions.weights(arguments)
    let name = try arguments.choice("--checkpoint", of: ["best", "last"]) ?? "best"
    let threads = try arguments.integer("--threads", in: 1...256) ?? Workers.available
    let run = RunFolder(arguments.operands[0])
    try arguments.refuse("-o", path, onto: run)
    let exporter: Exporter
    do {
      let checkpoint = try Checkpoint(reading: name == "best" ? run.best : run.last)
      exporter = try Exporter(checkpoint, weights: type)
    } catch {
      Console.error("mtl-export: \(error.text)\n")
      return 3
    }
    let verification = try exporter.export(to: path, workers: Workers(threads: threads))
    Console.out(
      """
      \(path): \(exporter.network.name), epoch \(exporter.checkpoint.epoch), \
      weights \(type.rawValue)
      largest difference from the trained network \(verification.largestDifference) in \
      \(verification.images) images (\(verification.backends.joined(separator: ", ")))

      """)
    return 0
  }
}
