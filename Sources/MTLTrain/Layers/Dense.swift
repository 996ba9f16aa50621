import CMTL
import MTLFormat

/// `output = input * weights^T + bias`: weights `(units, features)`, which start as Glorot's, bias
/// `(units)`, which starts as zero.
///
/// In a step of an optimiser the weights' gradient is never stored: where many units see many
/// features, moving it to memory and back takes longer than making it.
public final class Dense: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public let weights: Parameter
  public let bias: Parameter
  public var parameters: [Parameter] { [weights, bias] }

  private var packed: FloatBuffer!

  public init(name: String, features: Int, units: Int, random: inout Random) throws(Status) {
    self.name = name
    inputShape = Shape(features: features)
    outputShape = Shape(features: units)
    weights = try Parameter(name: name + ".weights", dimensions: [units, features])
    bias = try Parameter(name: name + ".bias", dimensions: [units])
    weights.fillGlorotUniform(fanIn: features, fanOut: units, &random)
  }

  private var units: Int { outputShape.count }
  private var features: Int { inputShape.count }

  func scale(unit: Int, by factor: Float) {
    for i in unit * features..<(unit + 1) * features { weights.value.base[i] *= factor }
    bias.value.base[unit] *= factor
  }

  private func shape(_ batch: Int) -> mtl_dense_shape {
    mtl_dense_shape(batch: batch, features: features, units: units)
  }

  private func plan(_ batch: Int, _ workers: Workers) -> mtl_dense_plan {
    var plan = mtl_dense_plan()
    withUnsafePointer(to: shape(batch)) { workers.kernels.dense_plan($0, &plan) }
    return plan
  }

  public func prepare(capacity: Int, workers: Workers) throws {
    let plan = plan(capacity, workers)
    packed = try FloatBuffer(count: plan.packed)
    try workers.reserve(plan.local)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    let workers = pass.workers
    let plan = plan(pass.batch, workers)
    func call(_ thread: Int) -> mtl_dense_call {
      mtl_dense_call(
        shape: shape(pass.batch), input: input, weights: weights.value.base, bias: bias.value.base,
        packed: packed.base, output: output, local: workers.scratch(thread))
    }
    workers.forEach(plan.pack_parts) { part, thread in
      var call = call(thread)
      workers.kernels.dense_pack(&call, part)
    }
    workers.forEach(plan.parts) { part, thread in
      var call = call(thread)
      workers.kernels.dense_run(&call, part)
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    let workers = pass.workers
    let step = pass.optimiser?.take(weights)
    workers.forEach(plan(pass.batch, workers).gradient_parts) { part, thread in
      var call = mtl_dense_gradient(
        shape: shape(pass.batch), packed: packed.base, gradient: outputGradient,
        inputs: inputGradient, weights: weights.value.base,
        weight_gradient: step == nil ? weights.gradient.base : nil, step: step ?? mtl_adam_call(),
        bias_gradient: bias.gradient.base, local: workers.scratch(thread))
      workers.kernels.dense_gradient(&call, part)
    }
  }
}
