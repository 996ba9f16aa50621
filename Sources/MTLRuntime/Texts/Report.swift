import CMTL
import MTLFormat
import MTLGraph

@c @implementation public func mtlrt_report(
  _ model: OpaquePointer!, _ json: UInt32, _ utf8: UnsafeMutablePointer<CChar>!, _ capacity: Int
) -> Int {
  let engine = model.map { $0.object(Engine.self) }
  return text(about: engine, to: utf8, capacity: capacity) {
    json == 0 ? reportText(engine) : report(engine)
  }
}

/// Which modules were looked at and, for an open model, which one runs which node.
private func report(_ engine: Engine?) -> [UInt8] {
  var json = JSONText()
  json.beginObject()
  json.add("version", "1.0.0")
  do throws(Status) {
    let (folder, choice) = try reported(engine)
    json.add("module_dir", folder.path)
    add(choice, to: &json)
  } catch {
    json.add("error", error.message)
  }
  if let engine {
    json.add("threads", engine.threads)
    addSteps(engine, to: &json)
  }
  json.endObject()
  return json.bytes
}

/// What is reported of an open model, or of the default folder.
func reported(
  _ engine: Engine?
) throws(Status) -> (folder: PluginFolder, choice: BackendChoice) {
  if let engine { return (engine.folder, engine.choice) }
  let folder = try PluginFolder.find(nil)
  return (folder, try BackendChoice(listing: folder))
}

private func add(_ choice: BackendChoice, to json: inout JSONText) {
  json.beginArray("backends")
  for candidate in choice.candidates {
    json.beginObject()
    json.add("name", candidate.name)
    json.add("path", candidate.path ?? Array("(linked in)".utf8))
    if let module = candidate.module {
      json.add("build", module.buildBytes)
      json.add("rank", Int(module.rank))
      addNeeds(of: module, to: &json)
    }
    json.add("usable", candidate.refusal == nil)
    if let refusal = candidate.refusal { json.add("reason", refusal.message) }
    json.endObject()
  }
  json.endArray()
}

private func addNeeds(of module: mtlrt_module, to json: inout JSONText) {
  json.beginArray("cpu_need")
  for name in module.needNames { json.add(nil, name) }
  json.endArray()
}

extension mtlrt_module {
  /// The CPU features that it needs, by name.
  var needNames: [[UInt8]] {
    var names: [[UInt8]] = []
    for (word, bits) in [cpu_need.0, cpu_need.1].enumerated() {
      for bit in 0..<UInt32(64) where bits >> UInt64(bit) & 1 == 1 {
        guard let name = mtl_cpu_feature_name(UInt32(word), bit) else { continue }
        names.append(bytes(of: name))
      }
    }
    return names
  }
}

private func addSteps(_ engine: Engine, to json: inout JSONText) {
  json.beginArray("steps")
  for step in engine.steps {
    json.beginObject()
    json.add("backend", step.backend.name)
    json.add("packed_bytes", Int(step.plan.packed_bytes))
    json.add("packed_in_file", step.isPackedInFile)
    json.beginArray("nodes")
    for position in step.positions {
      let node = engine.graph.node(at: position)
      json.beginObject()
      json.add("name", node.name.utf8)
      json.add("op", Operator(code: node.op)?.name ?? "?")
      json.endObject()
    }
    json.endArray()
    let refusals = engine.list.refusals.filter { $0.position == step.positions.lowerBound }
    json.beginArray("refused_by")
    for refusal in refusals {
      json.beginObject()
      json.add("backend", refusal.backend.name)
      json.add("reason", refusal.reason)
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }
  json.endArray()
}
