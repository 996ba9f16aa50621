/// What is wrong with a .npy file, for a person.
public struct NumpyError: Error {
  public let text: String

  init(_ text: String) { self.text = text }
}
