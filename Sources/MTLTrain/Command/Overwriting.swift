import CLIKit
import MTLWriter

extension Arguments {
  /// Errors: the file that `option` names is one of `inputs`, which would be lost.
  public func refuse(_ option: String, _ output: String, onto inputs: [String])
    throws(CommandLineError)
  {
    for input in inputs where Path(fileName: output).isSameFile(as: Path(fileName: input)) {
      throw error(
        "\(option) \(printable(output)): this is the input \(printable(input)), "
          + "which would be lost")
    }
  }

  /// Errors: the file that `option` names is one of a run's.
  public func refuse(_ option: String, _ output: String, onto run: RunFolder)
    throws(CommandLineError)
  {
    try refuse(option, output, onto: run.files)
  }
}

extension Path {
  /// Of a name that is held as by `String(fileName:)`.
  init(fileName: String) { self.init(fileName.fileName.dropLast().map { UInt8(bitPattern: $0) }) }
}
