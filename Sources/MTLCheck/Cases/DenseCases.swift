import MTLFormat

extension OperatorFamily {
  /// A value of rows times a matrix (O, K).
  static let dense = dense(inputAxis: 1)

  /// The same with a matrix (K, O), whose scales belong to the inputs.
  static let denseByInput = dense(inputAxis: 0)

  private static func dense(inputAxis: Int) -> OperatorFamily {
    OperatorFamily(
      cases: { row, random in
        let lengths = channelCounts + [100, 255, 256, 257, 1025, 2304]
        var cases: [CaseGraph] = []
        for type in weightTypes {
          for (index, length) in lengths.enumerated() {
            let outputs = channelCounts[(index * 7 + Int(type.rawValue)) % channelCounts.count]
            cases.append(
              one(row, [1, length], outputs, type, inputAxis, hasBias: index % 3 != 0))
          }
          for (rows, length, outputs) in [
            ([3], 19, 9), ([2, 3], 8, 3), ([5, 1, 7], 33, 17), ([8], 1, 1), ([300], 40, 50),
          ] {
            cases.append(one(row, [1] + rows + [length], outputs, type, inputAxis))
          }
          for _ in 0..<8 {
            let (length, outputs) = (random.integer(1...700), random.integer(1...130))
            let hasBias = random.integer(0...1) == 1
            cases.append(one(row, [1, length], outputs, type, inputAxis, hasBias: hasBias))
          }
        }
        return cases
      },
      timed: { row in
        weightTypes.map { one(row, [1, 8192], 1048, $0, inputAxis) }
          + [one(row, [1, 256, 1024], 256, .f32, inputAxis)]
      },
      terms: { graph, node in graph.tensors[node.inputs[1]!].shape[inputAxis] },
      scalesInputs: inputAxis == 0)
  }

  /// The element types that weights are stored in.
  static let weightTypes: [ElementType] = [.f32, .f16, .i16, .i8]

  private static func one(
    _ row: OperatorRow, _ x: [Int], _ outputs: Int, _ type: ElementType, _ inputAxis: Int,
    hasBias: Bool = true
  ) -> CaseGraph {
    CaseGraph { g in
      let shape = inputAxis == 1 ? [outputs, x.last!] : [x.last!, outputs]
      let weights = g.constant(shape, type)
      let inputs = [g.value(x), weights]
      // An absent input is in the list, or the list ends before it.
      let absent: [Int?] = outputs.isMultiple(of: 2) ? [nil] : []
      _ = g.add(row, inputs + (hasBias ? [g.constant([outputs])] : absent))
    }
  }
}
