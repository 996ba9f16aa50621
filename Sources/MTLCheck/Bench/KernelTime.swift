/// How fast a module runs one operator on one shape.
public struct KernelTime {
  public let title: String
  public let seconds: Double
  /// Floating-point operations as `spec/operators.md`, section 5, counts them.
  public let operations: Double
  /// Bytes of inputs, result and constants.
  public let bytes: Double
  /// Seconds that scalar takes, on one thread.
  public let scalarSeconds: Double

  public var gigaflops: Double { operations / seconds / 1e9 }
  public var gigabytes: Double { bytes / seconds / 1e9 }

  /// The times of the representative shapes of an operator that the module takes.
  public static func measure(
    _ module: ModuleUnderTest, _ group: CheckGroup, threads: Int
  ) -> [KernelTime] {
    guard let row = OperatorRow.all.first(where: { $0.name == group.name }) else { return [] }
    let family = OperatorFamily.of(row)
    return family.timed(row).compactMap { graph in
      var random = RandomNumbers(1)
      let data = CaseData(graph, batch: 1, .random, &random)
      guard let step = try? TimedStep(module, data, threads: threads),
        let scalar = try? TimedStep(.scalar, data, threads: 1)
      else { return nil }
      return KernelTime(
        title: graph.title, seconds: step.seconds(sample: 0.01, samples: 15),
        operations: graph.work(graph.nodes[0]),
        bytes: Double(step.byteCount), scalarSeconds: scalar.seconds(sample: 0.005, samples: 3))
    }
  }
}
