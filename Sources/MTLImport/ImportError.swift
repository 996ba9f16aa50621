/// Why a model cannot be imported, in words for a person: file, byte, node or operator are named.
public struct ImportError: Error {
  public let text: String

  public init(_ text: String) { self.text = text }
}
