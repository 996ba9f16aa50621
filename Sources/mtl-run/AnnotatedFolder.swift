import CLIKit
import CMTL
import MTLDraw

/// The folder that annotated images go to. They get names of their own, and replace nothing.
struct AnnotatedFolder {
  private let folder: Path
  /// How many copies each name was given so far.
  private var names: [[UInt8]: Int] = [:]
  /// Tasks and labels that `undrawn` has named.
  private var named: Set<[UInt8]> = []

  /// Makes the folder where it is missing. Throws if nothing can be written there.
  init(_ folder: Path) throws(Failure) {
    self.folder = folder
    if folder.kind() == .missing, folder.withCString({ mkdir($0, 0o777) }) != 0 {
      throw Self.refusal(folder, String(cString: strerror(mtl_errno())))
    }
    guard folder.kind() == .folder else { throw Self.refusal(folder, "it is no folder") }
    guard folder.withCString({ access($0, W_OK | X_OK) }) == 0 else {
      throw Self.refusal(folder, String(cString: strerror(mtl_errno())))
    }
  }

  private static func refusal(_ folder: Path, _ reason: String) -> Failure {
    Failure(.wrongUsage, "--annotate \(folder.text): \(reason)")
  }

  /// Writes `photo.jpg` as `photo.annotated.png`, or as `photo.annotated-2.png` where there is a
  /// file of that name.
  mutating func write(
    _ image: Path, _ pixels: mtlrt_pixels, _ answers: [Answer], _ model: OpenModel
  ) throws(Failure) {
    guard let canvas = Annotation(answers.map { Self.line($0) }).drawn(on: pixels) else {
      throw Failure(.someFailed, "not enough memory to annotate it")
    }
    var drawn = canvas.pixels
    var bytes: UnsafeMutableRawPointer?
    var count = 0
    var error = mtlrt_error()
    guard mtlrt_encode_png(model.handle, &drawn, &bytes, &count, &error) == 0 else {
      throw Failure(.someFailed, error.message)
    }
    defer { mtlrt_free(bytes) }
    do throws(Failure) {
      let stem = image.bytes.elementsEqual("-".utf8) ? Array("stdin".utf8) : image.stem
      var used = names[stem] ?? 0
      try writeNewFile(in: folder, UnsafeRawBufferPointer(start: bytes, count: count)) { _ in
        used += 1
        return AnnotatedName.make(of: stem, used)
      }
      names[stem] = used
    } catch {
      throw Failure(
        .someFailed, "cannot write its annotated copy into \(folder.text): \(error.text)")
    }
  }

  /// One text for each task and label of these answers that cannot be read on a picture and was
  /// not named before.
  mutating func undrawn(_ answers: [Answer]) -> [String] {
    var texts: [String] = []
    for answer in answers {
      let task = "task \"\(answer.task.name)\""
      if !Annotation.draws(answer.task.name) { texts.append(task) }
      for index in answer.holding where !Annotation.draws(answer.task.labels[index]) {
        texts.append("label \"\(answer.task.labels[index])\" of \(task)")
      }
    }
    return texts.filter { named.insert(Array($0.utf8)).inserted }
      .map { "\($0): characters of it that are not Latin are boxes on annotated pictures" }
  }

  private static func line(_ answer: Answer) -> Annotation.Line {
    let holding = answer.holding
    var label = ""
    for index in holding { label += (label.utf8.isEmpty ? "" : ", ") + answer.task.labels[index] }
    return Annotation.Line(
      task: answer.task.name, label: holding.isEmpty ? "-" : label,
      percentage: answer.percentage(answer.best), share: answer.probabilities[answer.best])
  }
}
