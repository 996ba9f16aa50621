/// The numbers of a case: one class of input for one batch.
struct CaseData {
  let graph: CaseGraph
  private(set) var batch: Int
  let kind: InputClass
  /// By index of tensor.
  var constants: [Int: ConstantElements] = [:]
  var inputs: [Int: [Float]] = [:]

  init(_ graph: CaseGraph, batch: Int, _ kind: InputClass, _ random: inout RandomNumbers) {
    self.graph = graph
    self.batch = batch
    self.kind = kind
    for (index, tensor) in graph.tensors.enumerated() where tensor.isConstant {
      constants[index] = ConstantElements(tensor, kind, &random)
    }
    for index in graph.inputs {
      inputs[index] = (0..<graph.tensors[index].count(batch: batch)).map { _ in
        kind.value(&random)
      }
    }
  }

  /// One image of the batch.
  func image(_ index: Int) -> CaseData {
    var one = self
    one.batch = 1
    one.inputs = inputs.mapValues { elements in
      let count = elements.count / batch
      return Array(elements[(index * count)..<((index + 1) * count)])
    }
    return one
  }
}
