import CMTL
import MTLFormat
import MTLGraph

@c @implementation public func mtlrt_describe(
  _ model: OpaquePointer!, _ json: UInt32, _ utf8: UnsafeMutablePointer<CChar>!, _ capacity: Int
) -> Int {
  let engine = model.map { $0.object(Engine.self) }
  return text(about: engine, to: utf8, capacity: capacity) {
    guard let engine else { return [] }
    return json == 0 ? describe(engine) : describeAsJSON(engine)
  }
}

extension Model {
  /// Elements of the constants that a node reads, its parameters.
  func parameterCount(of node: Node) -> Int {
    var count = 0
    for case let input? in node.inputs where tensors[input].isConstant {
      count += tensors[input].elementCount
    }
    return count
  }

  /// Elements of all constants, each counted once however many nodes share it.
  var parameterCount: Int {
    tensors.reduce(0) { $0 + ($1.isConstant ? $1.elementCount : 0) }
  }
}

extension ElementType {
  var text: StaticString {
    switch self {
    case .f32: "f32"
    case .f16: "f16"
    case .i32: "i32"
    case .u8: "u8"
    case .i8: "i8"
    case .i16: "i16"
    }
  }
}

extension Preprocessing.Resize {
  var text: StaticString {
    switch self {
    case .bilinear: "bilinear"
    case .nearest: "nearest"
    case .antialiased: "antialiased"
    case .bicubic: "bicubic"
    }
  }
}

extension Preprocessing.Channels {
  var text: StaticString {
    switch self {
    case .rgb: "RGB"
    case .bgr: "BGR"
    case .gray: "gray"
    }
  }
}

extension Section {
  /// The name that `spec/format.md` gives this type.
  var name: StaticString { SectionType(rawValue: type)?.name ?? "unknown" }
}

// MARK: For people

private func describe(_ engine: Engine) -> [UInt8] {
  let (file, model) = (engine.file, engine.file.model)
  var text = TextTable()
  text.line("MTL model, format \(file.version.major).\(file.version.minor), "
    + "\(grouped(file.bytes.view.count)) bytes")
  text.line()
  text.row(["Layer", "Operator", "Output", "Weights", "Parameters"])
  for input in model.inputs {
    text.row([model.tensors[input].name.message, "input", batched(model.tensors[input].shape)])
  }
  for node in model.nodes {
    let weights = node.inputs.compactMap { $0 }.first { model.tensors[$0].isConstant }
    text.row([
      node.name.message, Operator(code: node.op)?.name ?? "?",
      batched(model.tensors[node.output].shape),
      weights.map { "\(model.tensors[$0].type.text)" } ?? "",
      grouped(model.parameterCount(of: node)),
    ])
  }
  text.endTable(rightAligned: [4])
  text.line("Parameters: \(grouped(model.parameterCount))")
  describeTasks(model, in: &text)
  if let preprocessing = model.preprocessing { describe(preprocessing, in: &text) }
  if !model.metadata.isEmpty {
    text.line()
    for entry in model.metadata { text.row([entry.key.message, entry.value.message]) }
    text.endTable()
  }
  text.line()
  text.row(["Section", "Offset", "Bytes"])
  for section in file.sections {
    text.row(["\(section.name)", grouped(section.offset), grouped(section.length)])
  }
  text.endTable(rightAligned: [1, 2])
  if let (found, all) = engine.packedSteps {
    text.line("Packed for the backends that run it here: \(found) of \(all) steps")
  }
  return text.bytes
}

private func describeTasks(_ model: Model, in text: inout TextTable) {
  guard !model.tasks.isEmpty else { return }
  text.line()
  text.row(["Task", "Kind", "Labels"])
  for task in model.tasks {
    var labels = Message()
    for label in task.labels { labels += labels.isEmpty ? label.message : ", \(label)" }
    let kind: Message = task.isExclusive ? "exclusive" : "independent, from \(task.threshold)"
    text.row([task.name.message, kind, labels])
  }
  text.endTable()
}

private func describe(_ preprocessing: Preprocessing, in text: inout TextTable) {
  text.line()
  let size: Message = "\(preprocessing.width) x \(preprocessing.height)"
  let target: Message =
    preprocessing.cropSide.map { "a shorter side of \($0), the central \(size)" } ?? size
  text.line(
    "Images: \(preprocessing.channels.text), \(preprocessing.resize.text) to \(target)"
      + (preprocessing.appliesOrientation ? ", upright by EXIF" : ""))
  text.line(
    "Pixels: (p * \(preprocessing.scale) - \(list(preprocessing.mean))) / "
      + "\(list(preprocessing.deviation))")
}

private func list(_ values: [Float]) -> Message {
  if let first = values.first, values.allSatisfy({ $0 == first }) { return "\(first)" }
  var text = Message()
  for value in values { text += text.isEmpty ? "\(value)" : ", \(value)" }
  return "(\(text))"
}

/// A shape with N for the batch.
private func batched(_ shape: [Int]) -> Message {
  var text: Message = "(N"
  for dimension in shape.dropFirst() { text += ", \(dimension)" }
  return text + ")"
}

/// 1234567 as 1,234,567.
private func grouped(_ number: Int) -> Message {
  let digits = Array("\(number)".utf8)
  var bytes: [UInt8] = []
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { bytes.append(UInt8(ascii: ",")) }
    bytes.append(digit)
  }
  return Message(utf8: bytes)
}
