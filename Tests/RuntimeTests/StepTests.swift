import CMTL
import MTLFormat
import MTLGraph
import MTLRuntime
import Testing

/// What the C API tells of the steps of a run, and how long they took.
@Suite struct StepTests {
  private func steps(_ context: OpaquePointer) -> [mtlrt_step] {
    var steps: [mtlrt_step] = []
    var step = mtlrt_step()
    step.size = UInt32(MemoryLayout<mtlrt_step>.size)
    while mtlrt_step_at(context, UInt32(steps.count), &step) == 0 { steps.append(step) }
    return steps
  }

  private func run(_ context: OpaquePointer, batch: Int) {
    let input = [Float](repeating: 0.5, count: 432 * batch)
    var output = [Float](repeating: 0, count: 6 * batch)
    input.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { target in
        var inputs: UnsafeRawPointer? = source.baseAddress
        var outputs: UnsafeMutableRawPointer? = target.baseAddress
        #expect(mtlrt_run(context, &inputs, &outputs, nil) == 0)
      }
    }
  }

  @Test func stepsSayWhatTheyDo() throws {
    let model = try OpenModel(try TestModel.small().encoded())
    let context = try #require(mtlrt_ctx_new(model.handle, 3, nil))
    defer { mtlrt_ctx_free(context) }
    let steps = steps(context)
    #expect(steps.map { String(cString: $0.nodes) } == [
      "conv", "relu", "norm", "pool", "dense", "answers",
    ])
    #expect(steps.allSatisfy { String(cString: $0.backend) == "scalar" })
    // conv: 12x12x8 results of 27 products; pool: 2x2 windows; dense: 6 results of 288 products.
    let operations = [12 * 12 * 8 * 2 * 27, 1152, 2 * 1152, 288 * 4, 6 * 2 * 288, 6]
    #expect(steps.map { Int($0.operations) } == operations.map { 3 * $0 })
    let values = [432 + 1152, 2 * 1152, 2 * 1152, 1152 + 288, 288 + 6, 12]
    #expect(steps.map { Int($0.value_bytes) } == values.map { 3 * 4 * $0 })
    let constants = [8 * 27 + 8, 0, 16, 0, 6 * 288 + 6, 0]
    #expect(steps.map { Int($0.constant_bytes) } == constants.map { 4 * $0 })
    #expect(steps[3].rank == 4)
    #expect([steps[3].dim.0, steps[3].dim.1, steps[3].dim.2, steps[3].dim.3] == [3, 6, 6, 8])
  }

  @Test func runsAreTimedOnRequestAlone() throws {
    let model = try OpenModel(try TestModel.small().encoded(), threads: 2)
    let context = try #require(mtlrt_ctx_new(model.handle, 3, nil))
    defer { mtlrt_ctx_free(context) }
    run(context, batch: 3)
    #expect(steps(context).allSatisfy { $0.seconds == 0 })
    mtlrt_time_steps(context, 1)
    run(context, batch: 3)
    #expect(steps(context).allSatisfy { $0.seconds > 0 })
    mtlrt_time_steps(context, 0)
    run(context, batch: 3)
    #expect(steps(context).allSatisfy { $0.seconds == 0 })
  }

  @Test func wrongArgumentsAreErrors() throws {
    let model = try OpenModel(try TestModel.small().encoded())
    let context = try #require(mtlrt_ctx_new(model.handle, 1, nil))
    defer { mtlrt_ctx_free(context) }
    var step = mtlrt_step()
    #expect(mtlrt_step_at(context, 0, &step) == MTLRT_E_ARGUMENT)
    step.size = UInt32(MemoryLayout<mtlrt_step>.size)
    #expect(mtlrt_step_at(nil, 0, &step) == MTLRT_E_ARGUMENT)
    #expect(mtlrt_step_at(context, 0, nil) == MTLRT_E_ARGUMENT)
    #expect(mtlrt_step_at(context, 6, &step) == MTLRT_E_ARGUMENT)
    mtlrt_time_steps(nil, 1)
  }
}
