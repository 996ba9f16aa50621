import CMTL
import Testing

@testable import MTLCheck

extension CheckTests {
  /// What mtl-check lets a kernel be off by: rounding, but no term of a sum.
  struct BoundTests {
    /// A case, what is expected of its result, and what scalar gives for it after a change.
    private func trial(
      _ graph: CaseGraph, _ kind: InputClass, change: (inout CaseData) -> Void = { _ in }
    ) throws -> (expected: ExpectedResult, changed: [Float]) {
      var random = RandomNumbers(5)
      var data = CaseData(graph, batch: 2, kind, &random)
      let expected = try Reference(data).expectations[graph.nodes.last!.output]!
      change(&data)
      return (expected, try Reference(data).expectations[graph.nodes.last!.output]!.values)
    }

    private func conv(_ size: [Int], _ outputs: Int, _ attributes: [String: Int]) -> CaseGraph {
      CaseGraph { g in
        let x = g.value([1] + size)
        _ = g.add("conv", [x, g.constant([outputs, 3, 3, size[2]]), nil], attributes)
      }
    }

    private var dense: CaseGraph {
      CaseGraph { g in _ = g.add("dense", [g.value([1, 100]), g.constant([33, 100]), nil]) }
    }

    private static let same = ["pad_top": 1, "pad_left": 1, "pad_bottom": 1, "pad_right": 1]

    /// Sets one weight to 0.
    private func forget(_ data: inout CaseData) {
      data.constants[1]!.stored.replaceSubrange(200..<204, with: [0, 0, 0, 0])
    }

    @Test func roundingIsAllowedAndAMissingTermIsNot() throws {
      let strided = Self.same.merging(["stride_h": 2, "stride_w": 2]) { $1 }
      for graph in [conv([9, 9, 16], 8, Self.same), conv([9, 9, 16], 8, strided), dense] {
        for kind in [InputClass.integers, .random] {
          let (expected, without) = try trial(graph, kind, change: forget)
          #expect(expected.judge(expected.values).wrong == nil)
          #expect(expected.judge(without).wrong != nil, "\(kind) \(graph.title)")
        }
        let (expected, _) = try trial(graph, .random)
        #expect(expected.judge(expected.values.map { $0.nextUp }).wrong == nil)
      }
    }

    @Test func wholeNumbersAreExactWhereNoTilesAre() throws {
      let strided = Self.same.merging(["stride_h": 2, "stride_w": 2]) { $1 }
      for (graph, isExact) in [
        (conv([9, 9, 4], 8, Self.same), false), (conv([9, 9, 4], 8, strided), true), (dense, true),
      ] {
        let (expected, _) = try trial(graph, .integers)
        let verdict = expected.judge(expected.values.map { $0.nextUp })
        #expect((verdict.wrong != nil) == isExact, "\(graph.title)")
        #expect(!verdict.isSame)
      }
    }

    @Test func choicesAreExact() throws {
      for name in ["relu", "global_max_pool"] {
        let graph = CaseGraph { g in _ = g.add(name, [g.value([1, 3, 4, 5])]) }
        let (expected, _) = try trial(graph, .random)
        #expect(expected.judge(expected.values.map { $0.nextUp }).wrong == 0)
      }
    }

    @Test func zerosAndNaNsAreTheSameWhateverTheirBits() {
      let expected = ExpectedResult(values: [0, .nan, .infinity])
      #expect(expected.judge([-0.0, Float(bitPattern: 0x7FC5_0001), .infinity]).wrong == nil)
      #expect(expected.judge([0, 1, .infinity]).wrong == 1)
      #expect(expected.judge([0, .nan, -.infinity]).wrong == 2)
      #expect(expected.judge([.nan, .nan, .infinity]).wrong == 0)
    }

    /// An infinity may make NaN of results in the same tile, and of no others.
    @Test func infinitiesReachTheirTile() throws {
      func expectation(_ graph: CaseGraph) throws -> ExpectedResult {
        var random = RandomNumbers(5)
        var data = CaseData(graph, batch: 1, .hostile, &random)
        data.inputs[0] = data.inputs[0]!.map { $0.isFinite && abs($0) < 10 ? $0 : 1 }
        data.inputs[0]![0] = .infinity
        return try Reference(data).expectations[graph.nodes.last!.output]!
      }
      func changed(_ expected: ExpectedResult, _ position: Int) -> Int? {
        var values = expected.values
        values[position] = .nan
        return expected.judge(values).wrong
      }
      let tiled = try expectation(conv([24, 24, 1], 1, Self.same))
      #expect(changed(tiled, 5 * 24 + 5) == nil)
      #expect(changed(tiled, 12 * 24 + 12) == 12 * 24 + 12)
      let twos = ["stride_h": 2, "stride_w": 2].merging(Self.same) { $1 }
      let strided = try expectation(conv([24, 24, 1], 1, twos))
      #expect(changed(strided, 2 * 12 + 2) == 2 * 12 + 2)
    }

    /// What a layer may be off by goes through the layers behind it.
    @Test func boundsAddUpAlongAChain() throws {
      let graph = CaseGraph { g in
        let x = g.add("conv", [g.value([1, 6, 6, 8]), g.constant([8, 3, 3, 8]), nil], Self.same)
        let y = g.add("scale_shift", [g.add("relu", [x]), g.constant([8]), g.constant([8])])
        _ = g.add("sigmoid", [y])
      }
      var random = RandomNumbers(5)
      let data = CaseData(graph, batch: 1, .random, &random)
      let reference = try Reference(data)
      let largest = graph.nodes.map { reference.expectations[$0.output]!.bounds.max()! }
      // As it is, but for the rounding of the sum of a number and its bound.
      #expect(abs(largest[1] / largest[0] - 1) < 0x1p-10)
      #expect(largest[2] > 0)
      #expect(largest[3] >= largest[2])
    }
  }
}
