import MTLExport
import MTLFormat
import MTLImport
import MTLTrain
import MTLWriter

/// What may be said about a model that others have trained.
enum ImportOptions {
  static let options: [Command.Option] = [
    .init("--shape", "NAME=N,3,224,224", "the shape of an input; N is the number of images"),
    .init("--net", "FILE.json", "the model, of a .h5 file of weights alone: model.to_json()"),
    .init(
      "--task", "NAME=A,B,…",
      "a task and its labels, of which one holds; once for each; NAME@OUTPUT names its output"),
    .init("--tags", "NAME=A,B,…", "a task of whose labels any number may hold"),
    .init(
      "--labels", "FILE", "what the elements of the output are: lines, JSON, or a pickle (.pkl)"),
    .init(
      "--activation", "NAME",
      "what the outputs lack: sigmoid or softmax, of each task; or TASK=NAME, of one"),
    .init(
      "--verify-with", "NAME",
      "onnxruntime or keras: compares with it as well, where Python has it"),
    .init("--drop-outputs", nil, "leave out the outputs that have no task"),
    .init("--preprocess", "NAME", "how an image becomes the input; the names are below"),
    .init("--channels", "ORDER", "rgb, bgr or gray"),
    .init("--scale", "X", "pixels of 0 to 255 are multiplied by it first"),
    .init("--mean", "X[,X,X]", "then this is subtracted, by channel"),
    .init("--std", "X[,X,X]", "then they are divided by this, by channel"),
    .init(
      "--resize", "METHOD", "bilinear or nearest (OpenCV's), antialiased or bicubic (Pillow's)"),
    .init(
      "--crop", "SIDE", "its shorter side becomes SIDE pixels, and the center is taken; or none"),
  ]

  static var notes: String {
    let presets = SourcePreprocessing.presets.map { "  \($0.name): \($0.help)" }
    return "Names for --preprocess:\n" + presets.joined(separator: "\n")
  }

  static func weights(_ arguments: Arguments) throws(CommandLineError) -> WeightType {
    let name = try arguments.choice("--weights", of: WeightType.allCases.map { $0.rawValue })
    return WeightType(rawValue: name ?? "f32")!
  }

  /// By the name of the input; nil stands for the number of images.
  static func shapes(_ arguments: Arguments) throws(CommandLineError) -> [String: [Int?]] {
    var shapes: [String: [Int?]] = [:]
    for text in arguments.texts("--shape") {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      let words = parts.last!.split(separator: ",", omittingEmptySubsequences: false)
      let sizes = words.map { Int($0) }
      let isShape = zip(words, sizes).enumerated().allSatisfy { index, pair in
        pair.1.map { $0 > 0 && $0 < 1 << 31 } ?? (index == 0 && pair.0 == "N")
      }
      guard parts.count >= 2, isShape else {
        throw arguments.error("--shape takes NAME=N,3,224,224, not \"\(text)\"")
      }
      shapes[parts.dropLast().joined(separator: "=")] = sizes
    }
    return shapes
  }

  static func tasks(_ arguments: Arguments) throws -> SourceTasks {
    var tasks = SourceTasks()
    for (option, isExclusive) in [("--task", true), ("--tags", false)] {
      for text in arguments.texts(option) {
        tasks.questions.append(try question(text, option, isExclusive, arguments))
      }
    }
    let names = tasks.questions.map { $0.name }
    guard Set(names).count == names.count else {
      throw arguments.error("two tasks have the same name")
    }
    if let path = arguments.text("--labels") { tasks.labels = try LabelFile.read(path) }
    for text in arguments.texts("--activation") {
      let split = text.utf8.lastIndex(of: UInt8(ascii: "="))
      let name = split.map { String(text[text.utf8.index(after: $0)...]) } ?? text
      guard let activation = SourceTasks.Activation(rawValue: name) else {
        let all = SourceTasks.Activation.allCases.map { $0.rawValue }.joined(separator: ", ")
        throw arguments.error(
          "--activation takes one of \(all), or TASK= and one of them, not \"\(text)\"")
      }
      if let split {
        tasks.activations[String(text[..<split])] = activation
      } else {
        tasks.activation = activation
      }
    }
    tasks.dropsOtherOutputs = arguments.has("--drop-outputs")
    if tasks.dropsOtherOutputs, tasks.questions.isEmpty, tasks.labels == nil {
      throw arguments.error("--drop-outputs needs --task or --labels, which say what is kept")
    }
    return tasks
  }

  private static func question(
    _ text: String, _ option: String, _ isExclusive: Bool, _ arguments: Arguments
  ) throws(CommandLineError) -> SourceTasks.Question {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let labels = parts.count == 2 ? parts[1].split(separator: ",").map { String($0) } : []
    guard !parts[0].isEmpty, !labels.isEmpty, Set(labels).count == labels.count else {
      throw arguments.error("\(option) takes NAME=LABEL,LABEL,…, not \"\(text)\"")
    }
    // The output stands behind the last @.
    let at = parts[0].utf8.lastIndex(of: UInt8(ascii: "@"))
    let name = at.map { parts[0][..<$0] } ?? parts[0]
    let output = at.map { String(parts[0][parts[0].utf8.index(after: $0)...]) }
    guard !name.isEmpty, output?.isEmpty != true else {
      throw arguments.error("\(option) takes NAME@OUTPUT=LABEL,LABEL,…, not \"\(text)\"")
    }
    return SourceTasks.Question(
      name: String(name), output: output, labels: labels, isExclusive: isExclusive)
  }

  /// A preset and what differs from it; nil without any such option.
  static func preprocessing(_ arguments: Arguments) throws -> SourcePreprocessing? {
    let names = SourcePreprocessing.presets.map { $0.name }
    let preset = try arguments.choice("--preprocess", of: names)
    let others = ["--channels", "--scale", "--mean", "--std", "--resize", "--crop"]
    guard preset != nil || others.contains(where: { arguments.has($0) }) else { return nil }
    var result =
      SourcePreprocessing.presets.first { $0.name == preset }?.preprocessing
      ?? SourcePreprocessing()
    let orders: [String: Preprocessing.Channels] = ["rgb": .rgb, "bgr": .bgr, "gray": .gray]
    if let order = try arguments.choice("--channels", of: orders.keys.sorted()) {
      result.channels = orders[order]!
    }
    if let scale = try floats(arguments, "--scale")?.first { result.scale = scale }
    result.mean = try floats(arguments, "--mean") ?? result.mean
    result.deviation = try floats(arguments, "--std") ?? result.deviation
    let methods: [String: Preprocessing.Resize] = [
      "bilinear": .bilinear, "nearest": .nearest, "antialiased": .antialiased, "bicubic": .bicubic,
    ]
    if let method = try arguments.choice("--resize", of: methods.keys.sorted()) {
      result.resize = methods[method]!
    }
    if arguments.text("--crop") == "none" {
      result.crop = .none
    } else if let side = try arguments.integer("--crop", in: 1...Limits.imageSide) {
      result.crop = .side(side)
    }
    return result
  }

  private static func floats(
    _ arguments: Arguments, _ option: String
  ) throws(CommandLineError) -> [Float]? {
    guard let text = arguments.text(option) else { return nil }
    var list: [Float] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Float(word), number.isFinite else {
        throw arguments.error("\(option) takes numbers, not \"\(text)\"")
      }
      list.append(number)
    }
    return list
  }
}
