import CMTL
import MTLFormat

/// Turns each batch normalisation into the scale and shift that it is once its statistics are
/// fixed: `scale = gamma / sqrt(variance + epsilon)`, `shift = beta - mean * scale`, in Double.
/// Nodes that share their constants are turned one by one.
public func replaceBatchNorms(
  in model: inout Model, constants: inout ConstantPool
) throws(Status) {
  for index in model.nodes.indices where model.nodes[index].op == UInt32(MTLRT_OP_BATCH_NORM) {
    let node = model.nodes[index]
    let parameters = node.inputs.dropFirst().map { model.tensors[$0!].floats }
    let epsilon = Double(bitPattern: UInt64(bitPattern: node.attributes[0]))
    func scale(_ c: Int) -> Double {
      Double(parameters[0][c]) / (Double(parameters[3][c]) + epsilon).squareRoot()
    }
    let shape = [parameters[0].count]
    let scales = try constants.make(name: node.name, shape: shape) { into in
      for c in into.indices { into[c] = Float(scale(c)) }
    }
    let shifts = try constants.make(name: node.name, shape: shape) { into in
      for c in into.indices {
        into[c] = Float(Double(parameters[1][c]) - Double(parameters[2][c]) * scale(c))
      }
    }
    model.nodes[index].op = UInt32(MTLRT_OP_SCALE_SHIFT)
    model.nodes[index].attributes = []
    model.nodes[index].inputs = [node.inputs[0], model.append(scales), model.append(shifts)]
  }
}
