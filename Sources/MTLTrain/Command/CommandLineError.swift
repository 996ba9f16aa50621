/// Wrong usage of a program: exit status 2.
public struct CommandLineError: Error {
  public let text: String

  public init(_ text: String) { self.text = text }
}
