import CMTL
import MTLFormat
import MTLGraph

/// The report for people: a table of modules and, for an open model, one of its nodes.
func reportText(_ engine: Engine?) -> [UInt8] {
  var text = TextTable()
  do throws(Status) {
    let directory: ModuleDirectory
    if let engine { directory = engine.directory } else { directory = try .init(named: nil) }
    text.line("Modules in \(directory.text)")
    addTable(of: engine?.choice ?? BackendChoice(listing: directory), to: &text)
  } catch {
    text.line(error.text)
  }
  if let engine { addNodes(of: engine, to: &text) }
  return text.bytes
}

private func addTable(of choice: BackendChoice, to text: inout TextTable) {
  text.row(["Backend", "Rank", "Needs", "State"])
  for candidate in choice.candidates {
    var needs = ""
    for name in candidate.module?.pointee.needNames ?? [] {
      needs += (needs.isEmpty ? "" : ", ") + String(decoding: name, as: UTF8.self)
    }
    let rank = candidate.module.map { "\($0.pointee.rank)" } ?? ""
    let state = candidate.refusal.map { "refused: \($0)" } ?? "usable"
    text.row([
      String(decoding: candidate.name, as: UTF8.self), rank, needs.isEmpty ? "-" : needs,
      candidate.path == nil ? state + ", linked in" : state,
    ])
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
        node.name.string, Operator(code: node.op)?.name ?? "?",
        String(decoding: step.backend.name, as: UTF8.self),
      ])
    }
  }
  text.endTable()
  text.line("Threads: \(engine.threads)")
}
