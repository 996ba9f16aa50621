import CMTL
import Testing

/// Dense layers that are long and wide enough to be cut into chunks, tiles and parts, in batches of
/// many sizes.
struct DenseTests {
  /// Inputs and outputs: below, at and beyond the edges of vectors, tiles, chunks and blocks.
  private static let shapes = [(40, 32), (512, 33), (531, 37), (1040, 71), (1100, 6)]
  private static let batches = [3, 4, 5, 8, 13, 32, 100]

  /// A dense layer of either order of weights.
  private static func graph(
    _ name: String, _ inputs: Int, _ outputs: Int, _ type: Int
  ) -> TestGraph {
    Cases.graph { g in
      let shape = name == "dense" ? [outputs, inputs] : [inputs, outputs]
      _ = g.add(name, [g.value([1, inputs]), g.constant(shape, type), g.constant([outputs])])
    }
  }

  private static let names = ["dense", "dense_by_input"]

  @Test(arguments: Backend.all, [MTLRT_F32, MTLRT_F16, MTLRT_I8, MTLRT_I16])
  func agreesWithTheOracle(_ backend: Backend, _ type: Int) throws {
    for name in Self.names {
      var worst = 0.0
      for (number, (inputs, outputs)) in Self.shapes.enumerated() {
        for batch in Self.batches {
          let kind = InputClass.allCases[(number + batch) % InputClass.allCases.count]
          var trial = Trial(
            Self.graph(name, inputs, outputs, type), batch: batch, kind, seed: UInt64(batch),
            rectified: batch % 2 == 1)
          try worst = max(worst, trial.check(backend))
        }
      }
      print("\(backend) \(name), type \(type): worst error \(worst) of the bound")
    }
  }

  /// An image's answer does not depend on the company that it is in.
  @Test(arguments: Backend.all.filter { $0.description != "openblas" }, names)
  func givesTheSameBitsInAnyBatch(_ backend: Backend, _ name: String) throws {
    for type in [MTLRT_F32, MTLRT_I16] {
      for (inputs, outputs) in Self.shapes {
        let graph = Self.graph(name, inputs, outputs, type)
        let trial = Trial(graph, batch: 32, .random, seed: 7, rectified: true)
        let host = TestHost(backend: backend)
        let last = trial.graph.nodes.last!.output
        let (input, all) = trial.inputs.first!
        let whole = try host.run(trial.graph, batch: 32, inputs: trial.inputs).values[last]!
        for (first, count) in [(0, 1), (31, 1), (5, 2), (20, 3), (9, 7), (1, 31)] {
          let some = Array(all[first * inputs..<(first + count) * inputs])
          let part = try host.run(trial.graph, batch: count, inputs: [input: some]).values[last]!
          let same = whole[first * outputs..<(first + count) * outputs]
          #expect(
            part.map(\.bitPattern) == same.map(\.bitPattern),
            "\(backend) images \(first) to \(first + count - 1): \(trial.graph.title)")
        }
      }
    }
  }
}
