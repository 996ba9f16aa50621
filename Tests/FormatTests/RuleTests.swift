import Foundation
import MTLFormat
import Testing

@Suite("Rules and limits")
struct RuleTests {
  private func specification() throws -> String {
    try String(contentsOfFile: "\(Vector.root)/spec/format.md", encoding: .utf8)
  }

  @Test("the rules are those of spec/format.md, by number and name")
  func rules() throws {
    let rows = try specification().split(separator: "\n").compactMap { line -> String? in
      let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard columns.count > 2, let code = Int(columns[0]), code > 100 else { return nil }
      return "\(code) \(columns[1])"
    }
    #expect(Set(rows) == Set(Rule.all.map { "\($0.code) \($0.name)" }))
    #expect(rows.count == Rule.all.count)
  }

  @Test("codes ascend, and each finds its rule")
  func codes() {
    let codes = Rule.all.map(\.code)
    #expect(codes == Array(Set(codes)).sorted())
    for rule in Rule.all { #expect(Rule.find(Int32(rule.code))?.code == rule.code) }
    #expect(Rule.find(100) == nil)
  }
}
