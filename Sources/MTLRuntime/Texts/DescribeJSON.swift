import CMTL
import MTLFormat
import MTLGraph

/// All that a file says but its weights, as JSON.
func describeAsJSON(_ engine: Engine) -> [UInt8] {
  let (file, model) = (engine.file, engine.file.model)
  var json = JSONText()
  json.beginObject()
  json.add("format", "\(file.version.major).\(file.version.minor)")
  json.add("bytes", file.bytes.view.count)
  json.add("parameters", model.parameterCount)
  json.add("self_test", model.selfTest != nil)
  addSlots("inputs", model.inputs, of: model, to: &json)
  addSlots("outputs", model.outputs, of: model, to: &json)
  addLayers(of: model, to: &json)
  addTasks(of: model, to: &json)
  if let preprocessing = model.preprocessing { add(preprocessing, to: &json) }
  json.beginObject("metadata")
  for entry in model.metadata { json.add(key: entry.key, entry.value) }
  json.endObject()
  json.beginArray("sections")
  for section in file.sections {
    json.beginObject()
    json.add("name", "\(section.name)")
    json.add("type", Int(section.type))
    json.add("offset", section.offset)
    json.add("bytes", section.length)
    json.endObject()
  }
  json.endArray()
  if let (found, all) = engine.packedSteps {
    json.beginObject("packed")
    json.add("steps", all)
    json.add("found", found)
    json.endObject()
  }
  json.endObject()
  return json.bytes
}

private func addSlots(
  _ key: StaticString, _ tensors: [Int], of model: Model, to json: inout JSONText
) {
  json.beginArray(key)
  for tensor in tensors {
    json.beginObject()
    json.add("name", model.tensors[tensor].name.utf8)
    json.add("shape", model.tensors[tensor].shape)
    json.endObject()
  }
  json.endArray()
}

private func addLayers(of model: Model, to json: inout JSONText) {
  json.beginArray("layers")
  for node in model.nodes {
    json.beginObject()
    json.add("name", node.name.utf8)
    json.add("op", Operator(code: node.op)?.name ?? "?")
    json.beginArray("inputs")
    for input in node.inputs { json.add(nil, input.map { model.tensors[$0].name.utf8 } ?? []) }
    json.endArray()
    json.add("output", model.tensors[node.output].name.utf8)
    json.add("shape", model.tensors[node.output].shape)
    json.add("parameters", model.parameterCount(of: node))
    json.endObject()
  }
  json.endArray()
}

private func addTasks(of model: Model, to json: inout JSONText) {
  json.beginArray("tasks")
  for task in model.tasks {
    json.beginObject()
    json.add("name", task.name.utf8)
    json.add("exclusive", task.isExclusive)
    json.add("threshold", task.threshold)
    json.add("output", task.output)
    json.add("first", task.first)
    json.beginArray("labels")
    for label in task.labels { json.add(nil, label.utf8) }
    json.endArray()
    json.endObject()
  }
  json.endArray()
}

private func add(_ preprocessing: Preprocessing, to json: inout JSONText) {
  json.beginObject("preprocessing")
  json.add("width", preprocessing.width)
  json.add("height", preprocessing.height)
  json.add("resize", "\(preprocessing.resize.text)")
  if let side = preprocessing.cropSide { json.add("crop_side", side) }
  json.add("channels", "\(preprocessing.channels.text)")
  json.add("exif_orientation", preprocessing.appliesOrientation)
  json.add("scale", preprocessing.scale)
  json.beginArray("mean")
  for value in preprocessing.mean { json.add(nil, value) }
  json.endArray()
  json.beginArray("deviation")
  for value in preprocessing.deviation { json.add(nil, value) }
  json.endArray()
  json.endObject()
}
