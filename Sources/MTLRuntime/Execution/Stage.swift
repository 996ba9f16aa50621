import CMTL

/// Work that the threads of a run share. All parts of a stage end before the next stage begins.
struct Stage {
  enum Work {
    /// Each part is one part of a step's stage; all threads work in one lane.
    case step(SegmentPlan.Stage, UnsafePointer<mtlrt_call>)
    /// Points that lane at the images from `first` on.
    case bind(Unmanaged<Lane>, first: Int)
    /// Brings that lane's results to their place.
    case finish(Unmanaged<Lane>, first: Int)
    /// Each part is a chunk of images, which a thread takes through all steps of a segment in its
    /// own lane; that of thread 0 is number `lane`.
    case chunks(lane: Int)
  }

  let work: Work
  let parts: UInt32
  /// The first step's index in the engine.
  let step: Int
}
