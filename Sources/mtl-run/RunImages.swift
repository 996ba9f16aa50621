import CLIKit
import CMTL

/// Answers every image of the command line; what fails is one line on standard error.
struct RunImages {
  private let settings: Settings
  private let predictor: Predictor
  private let text: AnswerText
  private var annotated: AnnotatedFolder?
  private var failures = 0

  init(_ settings: Settings) throws(Failure) {
    self.settings = settings
    predictor = try Predictor(OpenModel(settings))
    text = AnswerText(top: settings.top, hasColors: Console.hasColors)
    annotated = try settings.annotated.map { (path) throws(Failure) in
      try AnnotatedFolder(path)
    }
  }

  /// Throws where the output cannot be written.
  mutating func run(_ console: inout Console) throws(Failure) -> ExitStatus {
    for argument in settings.images {
      if argument.kind() == .folder {
        answerFolder(argument, &console)
      } else {
        answerFile(argument, &console)
      }
    }
    try console.finish()
    return failures == 0 ? .good : .someFailed
  }

  private mutating func answerFolder(_ folder: Path, _ console: inout Console) {
    var unreadable: [(Path, Failure)] = []
    let images = ImageFolder.images(in: folder) { unreadable.append(($0, $1)) }
    for (path, failure) in unreadable { fail(path, failure, &console) }
    if images.isEmpty, unreadable.isEmpty {
      fail(folder, Failure(.someFailed, "there are no images in this folder"), &console)
    }
    for image in images { answerFile(image, &console) }
  }

  private mutating func answerFile(_ image: Path, _ console: inout Console) {
    do throws(Failure) {
      let isStandardInput = image.bytes.elementsEqual("-".utf8)
      answer(image, try isStandardInput ? .readStandardInput() : .read(image), &console)
    } catch {
      fail(image, error, &console)
    }
  }

  private mutating func answer(
    _ image: Path, _ content: FileContent, _ console: inout Console
  ) {
    var answered: Predictor.Result?
    do throws(Failure) {
      try predictor.predict(content.bytes) { (pixels, result) throws(Failure) in
        answered = result
        try annotated?.write(image, pixels, result.answers, predictor.model)
      }
    } catch {
      fail(image, error, &console)
    }
    guard let answered else { return }
    for text in annotated?.undrawn(answered.answers) ?? [] { console.complain(text) }
    console.write(
      settings.isJSON
        ? AnswerJSON(top: settings.top).line(image.text, answered)
        : text.block(image.text, answered.answers))
  }

  private mutating func fail(_ image: Path, _ failure: Failure, _ console: inout Console) {
    failures += 1
    console.complain("\(image.text): \(failure.text)")
  }
}
