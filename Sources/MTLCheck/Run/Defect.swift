/// Something that a module does wrong, in words for its author.
struct Defect: Error {
  let text: String

  init(_ text: String) { self.text = text }
}
