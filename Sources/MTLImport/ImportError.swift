/// Why a model cannot be imported, in words for a person: file, byte, node or operator are named.
public struct ImportError: Error {
  public let text: String
  /// Whether the file was read, and holds a model of which something cannot be imported.
  public let isAboutModel: Bool

  public init(_ text: String, isAboutModel: Bool = false) {
    self.text = text
    self.isAboutModel = isAboutModel
  }
}
