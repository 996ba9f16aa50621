import CMTL

/// The CPUs that this process may use: those of its affinity mask, no more than its cgroup's quota.
func defaultThreadCount() -> Int {
  var count = max(Int(mtl_affinity_count()), 1)
  if let quota = cgroupQuota() { count = min(count, max(quota, 1)) }
  return min(count, threadsMax)
}

/// Most threads that a caller can ask for.
let threadsMax = 256

/// CPUs, rounded up, that version 2 of cgroups grants: "quota period" in microseconds, or "max".
private func cgroupQuota() -> Int? {
  let file = mtl_open_to_read("/sys/fs/cgroup/cpu.max")
  guard file >= 0 else { return nil }
  defer { close(file) }
  var text = [CChar](repeating: 0, count: 64)
  guard read(file, &text, text.count - 1) > 0 else { return nil }
  return text.withUnsafeBufferPointer { start in
    var end: UnsafeMutablePointer<CChar>?
    let quota = strtoll(start.baseAddress!, &end, 10)
    guard let rest = end, quota > 0 else { return nil }
    let period = strtoll(rest, nil, 10)
    return period > 0 ? Int((quota + period - 1) / period) : nil
  }
}
