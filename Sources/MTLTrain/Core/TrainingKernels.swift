import CMTL
import TrainKernels
import TrainKernelsAVX2
import TrainKernelsAVX512

/// The kernels of training, as compiled for each instruction set.
public enum TrainingKernels {
  /// Those that this CPU can run, the fastest first; the last one runs everywhere.
  public nonisolated(unsafe) static let available: [mtl_train_kernels] = {
    var features: (UInt64, UInt64) = (0, 0)
    withUnsafeMutablePointer(to: &features) {
      $0.withMemoryRebound(to: UInt64.self, capacity: 2) { mtl_cpu_features($0) }
    }
    // A table is made by code for its instruction set: the CPU comes first.
    var tables: [mtl_train_kernels] = []
    if mtl_needs_v4() & ~features.0 == 0 { tables.append(TrainKernelsAVX512.trainKernels()) }
    if mtl_needs_v3() & ~features.0 == 0 { tables.append(TrainKernelsAVX2.trainKernels()) }
    tables.append(TrainKernels.trainKernels())
    return tables
  }()

  public static var best: mtl_train_kernels { available[0] }
}
