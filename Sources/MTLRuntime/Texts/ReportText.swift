import CMTL
import MTLFormat
import MTLGraph

/// The report for people: a table of modules and, for an open model, one of its nodes.
func reportText(_ engine: Engine?) -> [UInt8] {
  var text = TextTable()
  do throws(Status) {
    let (folder, choice) = try reported(engine)
    text.line("Modules in " + folder.text)
    addTable(of: choice, to: &text)
  } catch {
    text.line(error.message)
  }
  if let engine { addNodes(of: engine, to: &text) }
  return text.bytes
}

private func addTable(of choice: BackendChoice, to text: inout TextTable) {
  text.row(["Backend", "Rank", "Needs", "State"])
  for candidate in choice.candidates {
    var needs = Message()
    for name in candidate.module?.needNames ?? [] {
      needs += (needs.isEmpty ? "" : ", ") + Message(utf8: name)
    }
    let rank: Message = candidate.module.map { "\($0.rank)" } ?? ""
    var state: Message = candidate.refusal.map { "refused: \($0.message)" } ?? "usable"
    if candidate.path == nil { state += ", linked in" }
    text.row([Message(utf8: candidate.name), rank, needs.isEmpty ? "-" : needs, state])
  }
  text.endTable(rightAligned: [1])
}

private func addNodes(of engine: Engine, to text: inout TextTable) {
  text.line()
  text.row(["Node", "Operator", "Backend"])
  for step in engine.steps {
    for position in step.positions {
      let node = engine.graph.node(at: position)
      text.row([
        node.name.message, Operator(code: node.op)?.name ?? "?",
        Message(utf8: step.backend.name),
      ])
    }
  }
  text.endTable()
  text.line("Threads: \(engine.threads)")
}
