import CLIKit
import MTLCheck

/// Times the module's kernels.
struct Bench {
  private let settings: Settings
  private let threads: Int

  init(_ settings: Settings) {
    self.settings = settings
    threads = settings.threads ?? 1
  }

  func run(_ console: inout Console) throws(Failure) {
    let loaded = try LoadedModule(settings.module!)
    let machine = Machine(for: loaded.module)
    if !settings.isJSON { console.write(head(machine)) }
    var rows: [JSONObject] = []
    for group in settings.groups {
      for time in KernelTime.measure(loaded.module, group, threads: threads) {
        if settings.isJSON {
          rows.append(object(group, time, machine))
        } else {
          console.write(row(time, machine))
          console.flush()
        }
      }
    }
    guard settings.isJSON else { return }
    var object = JSONObject()
    object.add("module", loaded.module.name)
    object.add("threads", threads)
    object.add("instructions", machine.instructions)
    object.add("peak_gflops", machine.gigaflops, digits: 2)
    object.add("memory_gbps", machine.gigabytes, digits: 2)
    object.add("kernels", rows)
    console.write(object.text + "\n")
  }

  private func head(_ machine: Machine) -> String {
    """
    one core: \(fixed(machine.gigaflops, 1)) GFLOP/s with \(machine.instructions), \
    \(fixed(machine.gigabytes, 1)) GB/s from memory; \(threads) \
    \(threads == 1 ? "thread" : "threads")
    \(padded("ms", 10, right: true)) \(padded("GFLOP/s", 9, right: true)) of peak \
    \(padded("GB/s", 7, right: true)) of memory   x scalar

    """
  }

  private func row(_ time: KernelTime, _ machine: Machine) -> String {
    let cells = [
      (fixed(time.seconds * 1e3, 4), 10), (fixed(time.gigaflops, 2), 9),
      (percent(Float(time.gigaflops / machine.gigaflops)), 7), (fixed(time.gigabytes, 2), 7),
      (percent(Float(time.gigabytes / machine.gigabytes)), 9),
      (fixed(time.scalarSeconds / time.seconds, 1), 10),
    ]
    let text = cells.map { padded($0.0, $0.1, right: true) }.joined(separator: " ")
    return "\(text)  \(time.title)\n"
  }

  private func object(
    _ group: CheckGroup, _ time: KernelTime, _ machine: Machine
  ) -> JSONObject {
    var object = JSONObject()
    object.add("operator", group.name)
    object.add("shape", time.title)
    object.add("ms", time.seconds * 1e3, digits: 6)
    object.add("gflops", time.gigaflops, digits: 3)
    object.add("share_of_peak", time.gigaflops / machine.gigaflops, digits: 4)
    object.add("gbps", time.gigabytes, digits: 3)
    object.add("share_of_memory", time.gigabytes / machine.gigabytes, digits: 4)
    object.add("times_scalar", time.scalarSeconds / time.seconds, digits: 3)
    return object
  }
}
