import CArguments
import CMTL

/// One option that a command knows.
public struct CommandOption {
  public let name: StaticString
  public let takesValue: Bool
  /// What the command calls it.
  public let tag: Int32

  public init(_ name: StaticString, takesValue: Bool, tag: Int32) {
    self.name = name
    self.takesValue = takesValue
    self.tag = tag
  }
}

/// Reads this process's command line with libc's getopt_long: options may be shortened and may
/// stand anywhere; `--` ends them.
public enum CommandArguments {
  /// Calls `found` for each option with its value, and returns the other arguments. getopt_long
  /// itself tells the user about an option that is not known or lacks its value.
  public static func read(
    _ options: [CommandOption],
    found: (Int32, UnsafePointer<CChar>?) throws(Failure) -> Void
  ) throws(Failure) -> [UnsafePointer<CChar>] {
    let count = mtl_argument_count()
    guard let arguments = mtl_arguments() else { return [] }
    var table = options.map {
      option(
        name: UnsafeRawPointer($0.name.utf8Start).assumingMemoryBound(to: CChar.self),
        has_arg: $0.takesValue ? required_argument : no_argument, flag: nil, val: $0.tag)
    }
    table.append(option())
    while true {
      let tag = getopt_long(count, arguments, "", table, nil)
      if tag == -1 { break }
      guard options.contains(where: { $0.tag == tag }) else {
        throw Failure(.wrongUsage, "--help shows what there is")
      }
      try found(tag, mtl_option_value())
    }
    var rest: [UnsafePointer<CChar>] = []
    for index in Int(mtl_option_index())..<max(Int(mtl_option_index()), Int(count)) {
      if let argument = arguments[index] { rest.append(UnsafePointer(argument)) }
    }
    return rest
  }
}
