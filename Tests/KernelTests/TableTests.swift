import Foundation
import Testing

/// What every row of the table of operators must have, and what no kernel may be without.
struct TableTests {
  private static let backendWords = ["scalar", "simd", "openblas"]

  /// The functions that Swift files of the backends define, as (backend, operator, function).
  private static func definitions() throws -> [(String, String, String)] {
    let sources = Repository.root.appending(path: "Sources")
    let pattern = /@c\(mtlk_([a-z]+)_([a-z_0-9]+)_([a-z]+)\)/
    var found: [(String, String, String)] = []
    for folder in ["BackendScalar", "BackendSIMD", "BackendOpenBLAS"] {
      let files = try FileManager.default.contentsOfDirectory(
        at: sources.appending(path: folder), includingPropertiesForKeys: nil)
      for file in files where file.pathExtension == "swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        found += text.matches(of: pattern).map { match in
          (String(match.1), String(match.2), String(match.3))
        }
      }
    }
    return found
  }

  @Test func everyKernelBelongsToARow() throws {
    let names = Set(OperatorRow.all.filter { !$0.isView }.map(\.name))
    let definitions = try Self.definitions()
    #expect(!definitions.isEmpty)
    for (backend, name, function) in definitions {
      #expect(
        Self.backendWords.contains(backend) && names.contains(name)
          && ["plan", "pack", "run"].contains(function),
        "mtlk_\(backend)_\(name)_\(function) matches no row")
    }
  }

  @Test func everyPlanAndPackHasARun() throws {
    let definitions = try Self.definitions()
    for (backend, name, _) in definitions {
      #expect(
        definitions.contains { $0 == (backend, name, "run") }, "mtlk_\(backend)_\(name)_run")
    }
  }

  @Test(arguments: OperatorRow.all)
  func everyRowHas(_ row: OperatorRow) throws {
    let spec = try String(
      contentsOf: Repository.root.appending(path: "spec/operators.md"), encoding: .utf8)
    let section = try #require(
      spec.range(of: "\n### \(row.name)\n\nCode \(row.code), "), "no section in the spec")
    #expect(spec.ranges(of: "\n### \(row.name)\n") == [section.lowerBound..<spec.index(
      section.lowerBound, offsetBy: row.name.count + 6)])
    #expect(try !Example.all(row).isEmpty, "no vector")
    guard !row.isView else { return }
    let definitions = try Self.definitions()
    #expect(definitions.contains { $0 == ("scalar", row.name, "run") }, "no scalar kernel")
    #expect(Cases.byOperator[row.name]?.isEmpty == false, "no cases")
  }

  /// A kernel that is linked and yet never taken would be tested by nobody.
  @Test func everyKernelIsTakenBySomeCase() throws {
    for (word, name, function) in try Self.definitions() where function == "run" {
      guard let backend = Backend.all.first(where: { "\($0)".hasPrefix(word) }) else { continue }
      let graphs = try #require(Cases.byOperator[name])
      let isTaken = try graphs.contains { graph in
        let trial = Trial(graph, batch: 1, .random, seed: 1)
        let outcome = try TestHost(backend: backend).run(
          trial.graph, batch: 1, inputs: trial.inputs)
        return outcome.taken.contains { $0 > 0 }
      }
      #expect(isTaken, "\(backend) refuses every case of \(name)")
    }
  }
}
