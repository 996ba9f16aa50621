// swift-tools-version: 6.2
import PackageDescription

// Two builds of the same folders live here. Tests, trainer and exporter use ordinary Swift, one
// module per folder. What is loaded into a user's process is Embedded Swift: each folder of
// Sources/Products names the layers of one product by symbolic links and compiles them as one
// module. `spec/decisions/0001-two-builds.md` says why.

let root = Context.packageDirectory
let layers = [
  "MTLFormat", "MTLGraph", "MTLPixels", "MTLRuntime", "MTLImage", "BackendKit", "BackendScalar",
  "BackendSIMD", "BackendOpenBLAS", "CLIKit", "MTLNumpy", "MTLDraw",
]

/// Allocations of an embedded library that is loaded into somebody's process may fail.
let ownAllocation = [
  "-Xlinker", "--wrap=posix_memalign", "-Xlinker", "--wrap=free",
]
/// All symbols are bound when a file is loaded, and what the loader has written is read-only then.
let hardening = ["-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now"]
/// Commands in ordinary Swift: one file that needs no Swift runtime.
let command: [LinkerSetting] = [.unsafeFlags(["-static-stdlib"] + hardening)]

/// An embedded target: the folders in `parts`, linked below Sources/Products/`folder`.
func product(
  _ name: String, folder: String, parts: [String], dependencies: [Target.Dependency],
  swift: [String] = [], link: [String] = [], exports: String? = nil,
  libraries: [LinkerSetting] = [], executable: Bool = false
) -> Target {
  // Within one module an `import MTLFormat` must find something: an empty module of that name.
  let aliases = layers.flatMap { ["-module-alias", "\($0)=\($0)_in_this_module"] }
  let swiftSettings: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(
      ["-wmo", "-Xfrontend", "-function-sections", "-I\(root)/Sources/Products/modules"]
        + aliases + swift),
  ]
  var flags =
    ["-Xlinker", "--gc-sections", "-Xlinker", "--icf=all", "-Xlinker", "-z", "-Xlinker", "defs"]
    + hardening + link
  if let exports {
    flags += ["-Xlinker", "--version-script=\(root)/Sources/Products/\(exports).map"]
  }
  let linkerSettings: [LinkerSetting] =
    [
      .unsafeFlags(flags), .unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release)),
      .linkedLibrary("m"),
    ] + libraries
  let path = "Sources/Products/\(folder)"
  return executable
    ? .executableTarget(
      name: name, dependencies: dependencies + ["CCompatibility"], path: path, sources: parts,
      swiftSettings: swiftSettings, linkerSettings: linkerSettings)
    : .target(
      name: name, dependencies: dependencies + ["CCompatibility"], path: path, sources: parts,
      swiftSettings: swiftSettings, linkerSettings: linkerSettings)
}

/// Links OpenBLAS as a private, static copy: single-threaded whatever the system's alternative is,
/// and unseen by a process that has an OpenBLAS of its own (numpy). `COpenBLAS/lock.c` says what
/// the wrapped functions are for. For targets that import COpenBLAS.
#if arch(arm64)
  let openBLASFolder = "/usr/lib/aarch64-linux-gnu/openblas-serial"
#else
  let openBLASFolder = "/usr/lib/x86_64-linux-gnu/openblas-serial"
#endif
let openBLAS: [LinkerSetting] = [
  .unsafeFlags([
    "-L\(openBLASFolder)", "-l:libopenblas.a", "-Xlinker", "--exclude-libs=libopenblas.a",
    "-Xlinker", "--wrap=blas_memory_alloc", "-Xlinker", "--wrap=blas_memory_free",
  ]),
  .linkedLibrary("m"),
]

/// Exports a backend's constant under the name that the host looks for. The build ID tells whether
/// packed weights in a model file are those of this very module.
func moduleSymbol(_ constant: String) -> [String] {
  ["-Xlinker", "--defsym=mtlrt_module_v1=\(constant)", "-Xlinker", "--build-id=sha1"]
}

/// The instruction set of a SIMD module, and kernels that trust their planner's bounds.
let avx512 = [
  "-Ounchecked", "-Xcc", "-march=x86-64-v4", "-Xcc", "-mprefer-vector-width=512",
]
let avx2 = ["-Ounchecked", "-Xcc", "-march=x86-64-v3"]
let sse2 = ["-Ounchecked", "-Xcc", "-march=x86-64"]

/// One variant of the SIMD backend; `constant` ends the name of its module in CBackendSIMD.
func simdProduct(_ name: String, folder: String, constant: String, swift: [String]) -> Target {
  product(
    name, folder: folder, parts: ["BackendKit", "BackendSIMD"],
    dependencies: ["CMTL", "CBackendSIMD"], swift: swift,
    link: moduleSymbol("mtlrt_module_v1_simd_\(constant)"), exports: "module")
}

let package = Package(
  name: "mtl",
  products: [
    .library(name: "mtlrt", type: .dynamic, targets: ["ProductRuntime"]),
    .library(name: "mtlrt-image", type: .dynamic, targets: ["ProductImage"]),
    .library(name: "mtlrt-simd-avx512", type: .dynamic, targets: ["ProductSIMDAVX512"]),
    .library(name: "mtlrt-simd-avx2", type: .dynamic, targets: ["ProductSIMDAVX2"]),
    .library(name: "mtlrt-simd-sse2", type: .dynamic, targets: ["ProductSIMDSSE2"]),
    .library(name: "test-simd-wide", type: .dynamic, targets: ["TestSIMDWide"]),
    .library(name: "mtlrt-openblas", type: .dynamic, targets: ["ProductOpenBLAS"]),
  ],
  targets: [
    // MARK: The C headers: public API, module contract, table of operators

    // Small code: none of its loops is one that predictions wait for.
    .target(
      name: "CMTL", cSettings: [.unsafeFlags(["-Os"], .when(configuration: .release))]),

    .target(name: "CEmbeddedMemory", dependencies: ["CMTL"]),

    // What the C library of an older system lacks; for what is installed.
    .target(name: "CCompatibility"),

    // MARK: Layers, as ordinary Swift; dependencies point one way

    // Checksums of whole files would take seconds without optimisation.
    .target(
      name: "MTLFormat", dependencies: ["CMTL"], swiftSettings: [.unsafeFlags(["-O"])]),
    .target(name: "MTLWriter", dependencies: ["CMTL", "MTLFormat"]),
    .target(name: "MTLGraph", dependencies: ["CMTL", "MTLFormat"]),
    .target(name: "MTLPixels", dependencies: ["CMTL", "MTLFormat"]),
    .target(
      name: "MTLRuntime",
      dependencies: [
        "CMTL", "CPlugins", "MTLFormat", "MTLGraph", "MTLPixels", "BackendKit", "BackendScalar",
        "CBackendScalar",
      ]),
    // Apart from CMTL, which plugins are made of too: it has a constructor.
    .target(
      name: "CPlugins", cSettings: [.unsafeFlags(["-Os"], .when(configuration: .release))]),

    // MARK: Images

    .target(
      name: "MTLImage", dependencies: ["CMTL", "MTLFormat", "MTLPixels", "CImageCodecs"]),
    .target(name: "CImageCodecs", dependencies: ["CJPEG", "CPNG", "CWebP"]),
    .target(name: "CImageModule", dependencies: ["CMTL"]),

    // MARK: What the commands for models are made of

    .target(name: "CLIKit", dependencies: ["CMTL", "CArguments"]),
    .target(name: "CArguments"),
    .target(name: "MTLNumpy"),
    .target(name: "MTLDraw", dependencies: ["CMTL"]),

    // MARK: C libraries of the system

    .systemLibrary(
      name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "COpenBLAS", linkerSettings: openBLAS),

    // MARK: Backends, which know the C contract alone

    .target(name: "BackendKit", dependencies: ["CMTL"]),
    .target(
      name: "BackendScalar", dependencies: ["CMTL", "BackendKit"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .target(name: "CBackendScalar", dependencies: ["CMTL"]),
    .target(
      name: "BackendSIMD", dependencies: ["CMTL", "CBackendSIMD", "BackendKit"],
      swiftSettings: [.unsafeFlags(avx2)]),
    .target(name: "CBackendSIMD", dependencies: ["CMTL"]),

    // MARK: Kernels of training, one module for each instruction set

    .target(
      name: "TrainKernels", dependencies: ["CMTL", "CBackendSIMD"],
      swiftSettings: [.unsafeFlags(sse2)]),
    .target(
      name: "TrainKernelsAVX2", dependencies: ["CMTL", "CBackendSIMD"],
      path: "Sources/Products/train-avx2", swiftSettings: [.unsafeFlags(avx2)]),
    .target(
      name: "TrainKernelsAVX512", dependencies: ["CMTL", "CBackendSIMD"],
      path: "Sources/Products/train-avx512", swiftSettings: [.unsafeFlags(avx512)]),
    .target(
      name: "BackendOpenBLAS", dependencies: ["CMTL", "COpenBLAS", "BackendKit"],
      swiftSettings: [.unsafeFlags(["-O"])], linkerSettings: openBLAS),
    .target(name: "CBackendOpenBLAS", dependencies: ["CMTL"]),

    // MARK: Training and export, as ordinary Swift

    .target(
      name: "MTLTrain",
      dependencies: [
        "CArguments", "CLIKit", "CMTL", "COpenBLAS", "MTLFormat", "MTLImage", "MTLPixels",
        "MTLWriter", "TrainKernels", "TrainKernelsAVX2", "TrainKernelsAVX512",
      ],
      swiftSettings: [.unsafeFlags(["-O"])], linkerSettings: openBLAS),
    .executableTarget(
      name: "mtl-train",
      dependencies: ["CCompatibility", "CMTL", "MTLFormat", "MTLTrain", "MTLWriter"],
      linkerSettings: command),
    .target(
      name: "MTLExport",
      dependencies: ["CMTL", "MTLFormat", "MTLGraph", "MTLRuntime", "MTLTrain", "MTLWriter"]),
    .target(name: "CModelFiles", dependencies: ["CHDF5", "CZlib"]),
    .target(
      name: "MTLImport",
      dependencies: [
        "CMTL", "CModelFiles", "COpenBLAS", "MTLExport", "MTLFormat", "MTLGraph", "MTLNumpy",
        "MTLRuntime", "MTLWriter",
      ],
      swiftSettings: [.unsafeFlags(["-O"])], linkerSettings: openBLAS),
    .executableTarget(
      name: "mtl-export",
      dependencies: [
        "CCompatibility", "CMTL", "MTLExport", "MTLFormat", "MTLImport", "MTLTrain", "MTLWriter",
      ],
      linkerSettings: command),

    // MARK: Checking backends, as ordinary Swift

    .target(name: "CCheck", dependencies: ["CMTL"], cSettings: [.unsafeFlags(["-O2"])]),
    .target(
      name: "MTLCheck",
      dependencies: [
        "CBackendScalar", "CCheck", "CLIKit", "CMTL", "MTLFormat", "MTLGraph", "MTLRuntime",
      ],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .executableTarget(
      name: "mtl-check",
      dependencies: ["CCheck", "CCompatibility", "CLIKit", "CMTL", "MTLCheck"],
      linkerSettings: command),

    // MARK: Products, as Embedded Swift

    product(
      "ProductRuntime", folder: "libmtlrt",
      parts: [
        "MTLFormat", "MTLGraph", "MTLPixels", "MTLRuntime", "BackendKit", "BackendScalar",
      ],
      dependencies: ["CMTL", "CPlugins", "CBackendScalar", "CEmbeddedMemory"], swift: ["-Osize"],
      link: ownAllocation
        + ["-Xlinker", "-soname=libmtlrt.so.1", "-Xlinker", "-z", "-Xlinker", "nodelete"],
      exports: "libmtlrt"),
    product(
      "ProductImage", folder: "mtlrt-image", parts: ["MTLFormat", "MTLPixels", "MTLImage"],
      dependencies: ["CMTL", "CEmbeddedMemory", "CImageCodecs", "CImageModule"],
      link: ownAllocation, exports: "mtlrt-image"),
    product(
      "mtl-run", folder: "mtl-run", parts: ["CLIKit", "MTLNumpy", "MTLDraw", "mtl-run"],
      dependencies: ["CMTL", "CArguments", "ProductRuntime"], executable: true),
    product(
      "mtl-inspect", folder: "mtl-inspect", parts: ["CLIKit", "mtl-inspect"],
      dependencies: ["CMTL", "CArguments", "ProductRuntime"], executable: true),
    simdProduct(
      "ProductSIMDAVX512", folder: "mtlrt-simd-avx512", constant: "avx512", swift: avx512),
    simdProduct("ProductSIMDAVX2", folder: "mtlrt-simd-avx2", constant: "avx2", swift: avx2),
    simdProduct("ProductSIMDSSE2", folder: "mtlrt-simd-sse2", constant: "sse2", swift: sse2),
    // The lanes and tiles of AVX-512 for AVX2, so that KernelTests run them on more machines.
    simdProduct(
      "TestSIMDWide", folder: "test-simd-wide", constant: "avx2",
      swift: avx2 + ["-Xcc", "-DMTL_LANES=16"]),
    product(
      "ProductOpenBLAS", folder: "mtlrt-openblas", parts: ["BackendKit", "BackendOpenBLAS"],
      dependencies: ["CMTL", "CBackendOpenBLAS", "COpenBLAS"],
      link: moduleSymbol("mtlrt_module_v1_openblas"), exports: "module", libraries: openBLAS),

    // MARK: Tests

    .testTarget(name: "ParityTests", dependencies: ["MTLTrain"]),
    .testTarget(
      name: "TrainTests",
      dependencies: ["CMTL", "MTLExport", "MTLFormat", "MTLImage", "MTLPixels", "MTLTrain"]),
    .testTarget(
      name: "RuntimeTests",
      dependencies: ["CMTL", "MTLFormat", "MTLGraph", "MTLRuntime", "MTLWriter"]),
    .testTarget(
      name: "FormatTests", dependencies: ["CMTL", "MTLFormat", "MTLGraph", "MTLWriter"]),
    .executableTarget(
      name: "mtl-verdict", dependencies: ["CMTL", "MTLFormat", "MTLGraph"],
      path: "Tests/mtl-verdict"),
    .testTarget(
      name: "ImageTests",
      dependencies: ["CMTL", "MTLFormat", "MTLPixels", "MTLImage", "CImageCodecs"]),
    .testTarget(name: "CheckTests", dependencies: ["CMTL", "MTLCheck"]),
    .testTarget(
      name: "KernelTests",
      dependencies: [
        "CMTL", "BackendScalar", "CBackendScalar", "BackendSIMD", "CBackendSIMD",
        "BackendOpenBLAS", "CBackendOpenBLAS", "MTLFormat", "MTLGraph",
      ],
      swiftSettings: [.unsafeFlags(["-O"])]),
  ]
)

// MARK: Fuzzing, which tools/fuzz builds with its sanitizers; a fuzzer has no main of its own

if Context.environment["MTL_FUZZ"] != nil {
  func fuzzer(
    _ name: String, dependencies: [Target.Dependency], files: [String] = []
  ) -> Target {
    .executableTarget(
      name: name, dependencies: dependencies, path: "Tests/Fuzz/\(name)",
      exclude: ["seeds.txt", "words.dict"] + files,
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  }
  package.targets += [
    fuzzer("FuzzReader", dependencies: ["CMTL", "MTLFormat", "MTLGraph", "MTLWriter"]),
    fuzzer("FuzzDecoder", dependencies: ["CMTL", "MTLFormat", "MTLPixels", "MTLImage"]),
    fuzzer("FuzzNumpy", dependencies: ["MTLNumpy"]),
    fuzzer("FuzzOnnx", dependencies: ["MTLFormat", "MTLImport"]),
    fuzzer("FuzzPickle", dependencies: ["MTLImport"]),
    fuzzer("FuzzKeras", dependencies: ["MTLFormat", "MTLImport"]),
    fuzzer("FuzzHdf5", dependencies: ["MTLFormat", "MTLImport"], files: ["options.txt"]),
    .executableTarget(
      name: "FuzzHdf5reader", dependencies: ["CHDF5", "CModelFiles"],
      path: "Tests/Fuzz/FuzzHdf5reader",
      cSettings: [.headerSearchPath("../../../Sources/CModelFiles")]),
  ]
}
