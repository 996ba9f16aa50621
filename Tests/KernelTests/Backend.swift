import BackendOpenBLAS
import BackendSIMD
import BackendScalar
import CBackendOpenBLAS
import CBackendSIMD
import CBackendScalar
import CMTL
import Foundation

/// A module under test: linked into the tests, or loaded as the shared object that is shipped.
struct Backend: @unchecked Sendable, CustomStringConvertible {
  let module: mtlrt_module
  let description: String

  /// The reference.
  static let scalar = Backend(linked: mtlrt_module_v1_scalar)

  /// The other modules, as far as this CPU can run them: the SIMD backend with vectors of every
  /// width.
  static let fast = [
    Backend(linked: mtlrt_module_v1_simd_avx2), Backend(linked: mtlrt_module_v1_openblas),
    Backend(product: "mtlrt-simd-avx512"), Backend(product: "mtlrt-simd-avx2"),
    Backend(product: "mtlrt-simd-sse2"), Backend(product: "test-simd-wide"),
  ].filter(\.canRun)

  static let all = [scalar] + fast

  /// Whether it computes convolutions by tiles, for which the specification has wider bounds.
  var tilesConvolutions: Bool { description.contains("simd") }

  private init(linked module: mtlrt_module) {
    self.module = module
    description = withUnsafeBytes(of: module.name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The module of a product of Package.swift, which lies beside the tests' own executable. None of
  /// its code runs before somebody calls a kernel.
  private init(product: String) {
    let folder = Bundle.main.executableURL!.deletingLastPathComponent()
    let path = folder.appending(path: "lib\(product).so").path
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL),
      let symbol = dlsym(library, "mtlrt_module_v1")
    else { fatalError(String(cString: dlerror())) }
    module = symbol.load(as: mtlrt_module.self)
    description = "lib\(product).so"
  }

  private var canRun: Bool {
    var features: [UInt64] = [0, 0]
    mtl_cpu_features(&features)
    return module.cpu_need.0 & ~features[0] == 0 && module.cpu_need.1 & ~features[1] == 0
  }
}
