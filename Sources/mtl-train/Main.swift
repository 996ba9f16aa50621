import CMTL
import MTLFormat
import MTLTrain

/// Exit status: 0 all good, 1 something failed, 2 wrong usage, 130 stopped by Ctrl-C.
@main struct Main {
  static var commands: [any Subcommand.Type] {
    [
      FitCommand.self, EvaluateCommand.self, CompareCommand.self, SurveyCommand.self,
      SampleCommand.self,
    ]
  }

  static func main() {
    let words = Console.begin()
    exit(Console.end("mtl-train", run(words)))
  }

  static func run(_ words: [String]) -> Int32 {
    guard let first = words.first else {
      Console.error(help)
      return 2
    }
    if first == "--help" || first == "-h" || first == "help" {
      Console.out(help)
      return 0
    }
    guard let subcommand = commands.first(where: { $0.word == first }) else {
      Console.error("mtl-train: no command \"\(first)\"\nTry 'mtl-train --help'.\n")
      return 2
    }
    do {
      let arguments = try Arguments(subcommand.command, Array(words.dropFirst()))
      if arguments.isHelpWanted {
        Console.out(subcommand.command.help)
        return 0
      }
      return try subcommand.run(arguments)
    } catch let error as CommandLineError {
      Console.error("mtl-train: \(error.text)\n")
      return 2
    } catch let error as Status {
      Console.error("mtl-train: \(error.text)\n")
      return Int(error.code) == MTLRT_E_ARGUMENT ? 2 : 1
    } catch {
      Console.error("mtl-train: \(error)\n")
      return 1
    }
  }

  static var help: String {
    let width = commands.map { $0.word.count }.max() ?? 0
    let lines = commands.map { command in
      "  \(command.word)\(String(repeating: " ", count: width - command.word.count))  "
        + "\(command.command.summary)\n"
    }
    return """
      Usage: mtl-train COMMAND ...

      Trains multi-task image models from folders of photographs.

      Commands:
      \(lines.joined())
      Examples:
        mtl-train sample garments
        mtl-train fit garments -o run --tasks color,product --net lean
        mtl-export run -o model.mtl

      'mtl-train COMMAND --help' says more.

      """
  }
}

/// One of the program's commands.
protocol Subcommand {
  static var word: String { get }
  static var command: Command { get }
  /// Returns the exit status.
  static func run(_ arguments: Arguments) throws -> Int32
}
