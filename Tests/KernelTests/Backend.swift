import BackendOpenBLAS
import BackendSIMD
import BackendScalar
import CBackendOpenBLAS
import CBackendSIMD
import CBackendScalar
import CMTL

/// A module that is linked into the tests.
struct Backend: @unchecked Sendable, CustomStringConvertible {
  let module: mtlrt_module

  /// The reference.
  static let scalar = Backend(module: mtlrt_module_v1_scalar)

  /// The other modules, as far as this CPU can run them.
  static let fast = [
    Backend(module: mtlrt_module_v1_simd_avx2), Backend(module: mtlrt_module_v1_openblas),
  ].filter(\.canRun)

  static let all = [scalar] + fast

  private var canRun: Bool {
    var features: [UInt64] = [0, 0]
    mtl_cpu_features(&features)
    return module.cpu_need.0 & ~features[0] == 0 && module.cpu_need.1 & ~features[1] == 0
  }

  var description: String {
    withUnsafeBytes(of: module.name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
