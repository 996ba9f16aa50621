import CMTL
import Testing

@testable import MTLCheck

extension CheckTests {
  /// The cases, and the scalar backend under its own check.
  struct CaseTests {
    @Test(arguments: CheckGroup.all.map(\.name))
    func everyOperatorHasCases(_ name: String) throws {
      let group = try #require(CheckGroup.all.first { $0.name == name })
      let cases = group.cases(seed: 1)
      #expect(cases.count > 80)
      #expect(Set(cases.map(\.batch)).isSuperset(of: [1, 2, 5]))
      #expect(cases.map(\.number) == Array(cases.indices))
      if let row = OperatorRow.all.first(where: { $0.name == name }) {
        #expect(!OperatorFamily.of(row).timed(row).isEmpty)
        #expect(cases.allSatisfy { $0.graph.nodes.map(\.row.name) == [name] })
      }
    }

    @Test func weightsOfEveryTypeAreTried() {
      for name in ["conv", "dense"] {
        let group = CheckGroup.all.first { $0.name == name }!
        let types = group.cases(seed: 1).map { $0.graph.tensors[$0.graph.nodes[0].inputs[1]!].type }
        #expect(OperatorFamily.weightTypes.allSatisfy { types.contains($0) })
      }
    }

    @Test func seedsMakeOtherCasesAndTheSameOnesAgain() {
      let group = CheckGroup.all.first { $0.name == "conv" }!
      let titles = { (seed: UInt64) in group.cases(seed: seed).map(\.title) }
      #expect(titles(3) == titles(3))
      #expect(titles(3) != titles(4))
      #expect(titles(3).count == titles(4).count)
    }

    /// The scalar kernels keep the contract, too: some cases of each operator.
    @Test(arguments: CheckGroup.all.map(\.name))
    func scalarPasses(_ name: String) throws {
      let group = try #require(CheckGroup.all.first { $0.name == name })
      let checker = Checker(.scalar, seed: 1, threads: 3)
      for number in stride(from: 0, to: group.caseCount, by: 23) {
        let report = try #require(checker.check(group, only: number))
        #expect(report.taken == 1)
        #expect(report.failures.map(\.text) == [])
        #expect(report.worst.share == 0)
      }
    }
  }
}
