import CMTL
import MTLExport
import MTLFormat
import MTLTrain

/// Exit status: 0 exported and verified, 1 something failed, 2 wrong usage, 3 the run could not be
/// read.
@main struct Main {
  static let command = Command(
    name: "mtl-export", operands: ["RUN"],
    summary: "Writes the network of a run as one model file, and verifies it.",
    options: [
      .init("-o", "model.mtl", "the file to write"),
      .init("--weights", "TYPE", "f32, i16, f16 or int8: how weights are stored (default: f32)"),
      .init("--checkpoint", "NAME", "best or last (default: best)"),
      .init("--threads", "N", "threads (default: the CPUs this process may use)"),
    ],
    notes: """
      i16 (an integer and a scale for each output, within 2^-16 of the output's largest
      weight) and f16 halve large dense layers, whose weights are read anew for each
      image. Other weights stay f32. int8 stores all convolutions and dense layers in
      8 bits, with a scale for each output.

      The file is run on generated images and compared with the trained network; the largest
      difference is printed, and no file is left where it is too large.

      Exit status: 0 exported and verified, 1 failed, 2 wrong usage, 3 the run
      could not be read.

      Examples:
        mtl-export run -o model.mtl
        mtl-export run -o small.mtl --weights i16
      """)

  static func main() { exit(run(Array(CommandLine.arguments.dropFirst()))) }

  static func run(_ words: [String]) -> Int32 {
    do {
      let arguments = try Arguments(command, words)
      if arguments.isHelpWanted {
        Console.out(command.help)
        return 0
      }
      return try export(arguments)
    } catch let error as CommandLineError {
      Console.error("mtl-export: \(error.text)\n")
      return 2
    } catch let error as Status {
      Console.error("mtl-export: \(error.text)\n")
      return 1
    } catch {
      Console.error("mtl-export: \(error)\n")
      return 1
    }
  }

  private static func export(_ arguments: Arguments) throws -> Int32 {
    let path = try arguments.required("-o")
    let type =
      try arguments.choice("--weights", of: WeightType.allCases.map { $0.rawValue }) ?? "f32"
    let name = try arguments.choice("--checkpoint", of: ["best", "last"]) ?? "best"
    let threads = try arguments.integer("--threads", in: 1...256) ?? Workers.available
    let run = RunFolder(arguments.operands[0])
    let exporter: Exporter
    do {
      let checkpoint = try Checkpoint(reading: name == "best" ? run.best : run.last)
      exporter = try Exporter(checkpoint, weights: WeightType(rawValue: type)!)
    } catch {
      Console.error("mtl-export: \(error.text)\n")
      return 3
    }
    let verification = try exporter.export(to: path, workers: Workers(threads: threads))
    Console.out(
      """
      \(path): \(exporter.network.name), epoch \(exporter.checkpoint.epoch), weights \(type)
      largest difference from the trained network \(verification.largestDifference) in \
      \(verification.images) images (\(verification.backends.joined(separator: ", ")))

      """)
    return 0
  }
}
