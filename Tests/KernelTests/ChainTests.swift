import CMTL
import Testing

/// Chains that a backend may take as one step give what their operators give one by one.
struct ChainTests {
  @Test(arguments: Backend.fast, Cases.chains.indices)
  func agreesWithScalar(_ backend: Backend, _ number: Int) throws {
    for batch in [1, 3] {
      for kind in [InputClass.integers, .random] {
        let trial = Trial(Cases.chains[number], batch: batch, kind, seed: UInt64(number))
        let graph = trial.graph
        let reference = try TestHost(backend: .scalar).run(
          graph, batch: batch, inputs: trial.inputs)
        for inPlace in [false, true] {
          let host = TestHost(backend: backend, inPlace: inPlace)
          let outcome = try host.run(graph, batch: batch, inputs: trial.inputs)
          for (tensor, values) in outcome.values where !inPlace || isLast(tensor, graph) {
            let wanted = try #require(reference.values[tensor])
            let most = wanted.reduce(1) { max($0, abs($1)) }
            let worst = zip(values, wanted).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            let isTiled = backend.tilesConvolutions && graph.title.contains("conv")
            let isExact = kind == .integers && !isTiled && !graph.title.contains("sigmoid")
            // Tiled sums may be off by many units in the last place of what their tiles read;
            // `mtl-check` holds them to the exact bound.
            let bound = isExact ? 0 : (isTiled ? 1e-4 : 4e-6) * most
            #expect(worst <= bound, "\(backend) tensor \(tensor): \(worst): \(graph.title)")
          }
          for tensor in graph.observed { #expect(outcome.values[tensor] != nil) }
          #expect(outcome.values[graph.nodes.last!.output] != nil)
        }
      }
    }
  }

  private func isLast(_ tensor: Int, _ graph: TestGraph) -> Bool {
    tensor == graph.nodes.last!.output
  }
}

extension Cases {
  private static let same3: [Int64] = [1, 1, 1, 1, 1, 1, 1, 1, 1]

  /// A convolution, or a dense layer of a row or of several, that others follow. `build` gets the
  /// layer's result.
  private static func after(
    _ layer: String, groups: Int = 1, _ build: (inout TestGraph, Int) -> Void
  ) -> TestGraph {
    graph { g in
      if layer == "dense" || layer == "rows" {
        let weights = [g.constant([19, 37]), g.constant([19])]
        let x = g.value(layer == "rows" ? [1, 13, 37] : [1, 37])
        build(&g, g.add("dense", [x] + weights))
      } else {
        let weights = [g.constant([20, 3, 3, 20 / groups]), g.constant([20])]
        let attributes = same3.dropLast() + [Int64(groups)]
        build(&g, g.add("conv", [g.value([1, 7, 5, 20])] + weights, Array(attributes)))
      }
    }
  }

  private static func scaleShift(_ g: inout TestGraph, _ x: Int) -> Int {
    let channels = g.tensors[x].shape.last!
    return g.add("scale_shift", [x, g.constant([channels]), g.constant([channels])])
  }

  static let chains: [TestGraph] = [
    ("conv", 1), ("conv", 4), ("conv", 20), ("first", 1), ("dense", 1), ("rows", 1),
  ].flatMap { layer, groups in
      [
        after(layer, groups: groups) { g, x in _ = g.add("relu", [x]) },
        after(layer, groups: groups) { g, x in _ = g.add("sigmoid", [x]) },
        after(layer, groups: groups) { g, x in
          _ = scaleShift(&g, g.add("clip", [x], reals(-0.25, 0.5)))
        },
        after(layer, groups: groups) { g, x in _ = scaleShift(&g, x) },
        after(layer, groups: groups) { g, x in _ = scaleShift(&g, g.add("relu", [x])) },
        after(layer, groups: groups) { g, x in _ = scaleShift(&g, g.add("sigmoid", [x])) },
        after(layer, groups: groups) { g, x in _ = g.add("relu", [scaleShift(&g, x)]) },
        after(layer, groups: groups) { g, x in
          _ = scaleShift(&g, scaleShift(&g, g.add("relu", [x])))
        },
        // The layer's result, then the activation's, is read by somebody else, too.
        after(layer, groups: groups) { g, x in
          g.observed = [x]
          _ = scaleShift(&g, g.add("relu", [x]))
        },
        after(layer, groups: groups) { g, x in
          let active = g.add("relu", [x])
          g.observed = [active]
          _ = scaleShift(&g, active)
        },
        after(layer, groups: groups) { g, x in
          let active = g.add("relu", [x])
          _ = g.add("add", [scaleShift(&g, active), active])
        },
        after(layer, groups: groups) { g, x in _ = g.add("add", [g.add("relu", [x]), x]) },
        // The next operator reads something else.
        after(layer, groups: groups) { g, x in
          let other = g.value(g.tensors[x].shape)
          _ = g.add("add", [g.add("relu", [other]), x])
        },
        after(layer, groups: groups) { g, x in _ = g.add("mul", [x, x]) },
        // A residual sum, with and without an activation, on either side.
        after(layer, groups: groups) { g, x in
          let other = g.value(g.tensors[x].shape)
          _ = g.add("relu", [g.add("add", [x, other])])
        },
        after(layer, groups: groups) { g, x in
          let other = g.value(g.tensors[x].shape)
          _ = g.add("add", [other, scaleShift(&g, g.add("relu", [x]))])
        },
      ]
    }
}
