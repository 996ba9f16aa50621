import CBackendScalar
import CCheck
import CMTL
import MTLFormat
import MTLRuntime

/// An instance of a module that passed the host's checks and was opened.
public final class ModuleUnderTest {
  let module: mtlrt_module
  let instance: UnsafeMutableRawPointer?
  private var isOpen = true
  /// Whether it says that an image's results have the same bits in any batch.
  let isBatchInvariant: Bool
  /// Whether it says that its packed constants may come from a file.
  let isPackedLasting: Bool

  /// The scalar backend, which is linked in.
  nonisolated(unsafe) static let scalar = ModuleUnderTest(linked: mtl_scalar_module().pointee)

  /// Opens the module at `constant`. Throws what its `open` says.
  init(_ constant: UnsafePointer<mtlrt_module>) throws(Status) {
    var module = mtlrt_module()
    withUnsafeMutableBytes(of: &module) { copy in
      copy.copyMemory(
        from: UnsafeRawBufferPointer(
          start: constant, count: min(copy.count, Int(constant.pointee.size))))
    }
    self.module = module
    let flags = mtl_module_flags(constant)
    isBatchInvariant = flags & UInt64(MTLRT_MODULE_BATCH_INVARIANT) != 0
    isPackedLasting = flags & UInt64(MTLRT_MODULE_PACKED_LASTS) != 0
    do throws(Defect) {
      instance = try Self.open(module)
    } catch {
      throw Status(MTLRT_E_BACKEND, "it does not open: \(Message(error.text))")
    }
  }

  /// Another instance of the same module.
  init(another: ModuleUnderTest) throws(Defect) {
    module = another.module
    isBatchInvariant = another.isBatchInvariant
    isPackedLasting = another.isPackedLasting
    instance = try Self.open(module)
  }

  private static func open(_ module: mtlrt_module) throws(Defect) -> UnsafeMutableRawPointer? {
    guard let open = module.open else { return nil }
    var (instance, error) = (UnsafeMutableRawPointer?.none, mtlrt_error())
    let verdict = try keepingFloatState("open") { open(&instance, &error) }
    guard verdict == Int32(MTLRT_MODULE_OK) else {
      throw Defect("open answers \(verdict): \(try error.reason("open"))")
    }
    return instance
  }

  private init(linked module: mtlrt_module) {
    self.module = module
    isBatchInvariant = false
    isPackedLasting = false
    instance = nil
  }

  deinit { close() }

  /// Whether there is anything to open or to close.
  var hasInstances: Bool { module.open != nil || module.close != nil }

  /// Nothing of it is called any more.
  func close() {
    if isOpen { module.close?(instance) }
    isOpen = false
  }

  public var name: String { String(decoding: module.nameBytes, as: UTF8.self) }
  /// The CPU features that it needs.
  public var cpuNeeds: [String] {
    var names: [String] = []
    for (word, bits) in [module.cpu_need.0, module.cpu_need.1].enumerated() {
      for bit in 0..<UInt32(64) where bits >> UInt64(bit) & 1 == 1 {
        let name = mtl_cpu_feature_name(UInt32(word), bit)
        names.append(name.map { String(cString: $0) } ?? "feature \(word):\(bit)")
      }
    }
    return names
  }

  public var build: String { String(decoding: module.buildBytes, as: UTF8.self) }

  enum Answer {
    case takes(mtlrt_plan)
    case refuses(String)
  }

  /// What the module says to a chain. The plan it gives is one that the host accepts.
  func plan(_ chain: CaseChain) throws(Defect) -> Answer {
    var plan = mtlrt_plan()
    plan.size = UInt32(MemoryLayout<mtlrt_plan>.size)
    var error = mtlrt_error()
    let verdict = try keepingFloatState("plan") {
      Int(module.plan!(instance, chain.pointer, &plan, &error))
    }
    let reason = try error.reason("plan")
    if verdict == MTLRT_MODULE_NO { return .refuses(reason) }
    guard verdict == MTLRT_MODULE_OK else {
      throw Defect("plan answers \(verdict): \(reason)")
    }
    guard plan.take >= 1, Int(plan.take) <= chain.positions.count else {
      throw Defect("plan takes \(plan.take) operators of \(chain.positions.count)")
    }
    guard plan.stages >= 1, Int(plan.stages) <= MTLRT_STAGES_MAX else {
      throw Defect("plan has \(plan.stages) stages, from 1 to \(MTLRT_STAGES_MAX) are allowed")
    }
    guard plan.packed_bytes == 0 || module.pack != nil else {
      throw Defect("plan asks for \(plan.packed_bytes) packed bytes, but there is no pack")
    }
    return .takes(plan)
  }

  /// The plan for operators that the module has taken before; `what` says what is new about them.
  func planAgain(_ chain: CaseChain, like before: mtlrt_plan, _ what: String) throws(Defect)
    -> mtlrt_plan
  {
    guard case .takes(let plan) = try plan(chain) else {
      throw Defect("plan refuses \(what) what it took before")
    }
    guard plan.take == before.take else {
      throw Defect("plan takes \(plan.take) operators \(what), and \(before.take) before")
    }
    guard plan.packed_bytes == before.packed_bytes else {
      throw Defect(
        "plan has \(plan.packed_bytes) packed bytes \(what), and \(before.packed_bytes) before")
    }
    return plan
  }
}

/// Calls a function of a module, which has to leave the floating-point environment as it is.
func keepingFloatState<Result>(_ name: String, _ call: () -> Result) throws(Defect) -> Result {
  let state = mtl_check_float_state()
  let result = call()
  guard mtl_check_float_state() == state else {
    mtl_check_set_float_state(state)
    throw Defect(
      "\(name) leaves another floating-point environment behind: another rounding or subnormal "
        + "mode, exceptions that trap, or x87 registers in use")
  }
  return result
}

extension mtlrt_error {
  /// The text that `function` left; "no reason given" if it is empty.
  func reason(_ function: String) throws(Defect) -> String {
    let all = withUnsafeBytes(of: text) { Array($0) }
    guard all.contains(0) else {
      throw Defect("\(function) leaves an error text that does not end with a zero")
    }
    let bytes = all.prefix { $0 != 0 }
    guard let reason = String(validating: bytes, as: UTF8.self) else {
      throw Defect("\(function) leaves an error text that is not UTF-8")
    }
    return reason.isEmpty ? "no reason given" : reason
  }
}

extension mtlrt_plan {
  var partCounts: [Int] {
    withUnsafeBytes(of: parts) { raw in
      raw.bindMemory(to: UInt32.self).prefix(Int(stages)).map { Int($0) }
    }
  }

  /// Whether both say the same, the module's own fields included.
  func isSame(as other: mtlrt_plan) -> Bool {
    func bytes(_ plan: mtlrt_plan) -> [UInt8] { withUnsafeBytes(of: plan) { Array($0) } }
    return bytes(self) == bytes(other)
  }
}
