/// One way to plan and to run a step. The bits must be the same in all of them.
struct Pass {
  enum Order { case forward, backward, shuffled, atOnce }

  let order: Order
  /// Threads that the module is told of when it plans.
  let threads: Int
  let placement: GuardedMemory.Placement
  /// Puts the result into the buffer of the first input where the module allows it.
  var inPlace = false
  /// Which of the packed copies is used.
  var packing = 0
  let name: String

  static let first = Pass(
    order: .forward, threads: 1, placement: .beforeGuard, name: "parts in order")

  static let others = [
    Pass(
      order: .backward, threads: 2, placement: .afterGuard, packing: 1,
      name: "parts for 2 threads, in reverse order"),
    Pass(
      order: .shuffled, threads: 3, placement: .beforeGuard, inPlace: true,
      name: "parts for 3 threads, shuffled, in place"),
    Pass(
      order: .atOnce, threads: 4, placement: .afterGuard, packing: 1,
      name: "parts for 4 threads, at once"),
  ]

  static let all = [first] + others

  /// For modules whose packed constants may come from a file, and so from anybody. Whatever the
  /// results are, only the memory counts.
  static let anybodysPacking = Pass(
    order: .atOnce, threads: 4, placement: .beforeGuard, packing: PreparedStep.randomPacking,
    name: "random bytes for packed constants")
}
