import MTLExport
import MTLFormat
import MTLTrain

/// Adds packed weights to a model file.
struct PackCommand {
  private let arguments: Arguments

  static func takes(_ source: String) -> Bool { source.lowercased().hasSuffix(".mtl") }

  /// Errors: an option for the export of runs or of other models.
  init(_ arguments: Arguments) throws(CommandLineError) {
    self.arguments = arguments
    let others = ["--weights", "--checkpoint"] + ImportOptions.options.map { $0.name }
    for option in others where arguments.has(option) {
      throw arguments.error("\(option) is not for model files, which --packed alone changes")
    }
  }

  func run() throws -> Int32 {
    let path = try arguments.required("-o")
    let backends = try arguments.required("--packed").split(separator: ",").map { String($0) }
    guard !backends.isEmpty else { throw arguments.error("--packed names no backend") }
    let threads = try arguments.integer("--threads", in: 1...256) ?? Workers.available
    let export: PackedExport
    do {
      export = try PackedExport(reading: arguments.operands[0])
    } catch {
      Console.error("mtl-export: \(error.text)\n")
      return 3
    }
    let report = try export.write(to: path, backends: backends, threads: threads)
    let packers = report.packers.map { "\($0.steps) steps of \($0.name)" }
    Console.out(
      """
      \(path): \(report.fileBytes) bytes, of them \(report.packedBytes) packed weights
      packed and verified: \(packers.joined(separator: ", "))

      """)
    return 0
  }
}
