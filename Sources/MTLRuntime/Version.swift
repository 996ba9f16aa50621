import CMTL
import MTLFormat
import MTLGraph
import CBackendScalar

@c @implementation public func mtlrt_version() -> UInt32 { 1 << 16 }
