import CMTL
import MTLFormat
import MTLGraph

/// What a step has to do for one image, whatever the backend.
struct StepCost {
  /// Floating-point operations, by the operators' formulas.
  let operations: Double
  /// Bytes of the values that it reads and writes.
  let valueBytes: Int
  /// Bytes of its constants, packed where the backend packs them; they serve every image.
  let constantBytes: Int
}

extension StepCost {
  init(_ step: Step, _ graph: ExecutionGraph) {
    operations = step.positions.reduce(0) {
      $0 + graph.model.floatingPointOperations(of: graph.node(at: $1))
    }
    valueBytes = (step.inputs(graph) + step.outputs(graph)).reduce(0) {
      $0 + graph.byteCount(of: $1)
    }
    let stored = step.chain.tensors.reduce(0) {
      $0 + (graph.model.tensors[$1].data?.count ?? 0)
    }
    constantBytes = step.plan.packed_bytes > 0 ? Int(step.plan.packed_bytes) : stored
  }
}
