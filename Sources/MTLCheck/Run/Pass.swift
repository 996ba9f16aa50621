/// One way to run a step. The bits must be the same in all of them.
struct Pass {
  enum Order { case forward, backward, shuffled, atOnce }

  let order: Order
  let placement: GuardedMemory.Placement
  /// Puts the result into the buffer of the first input where the module allows it.
  var inPlace = false
  /// Which of the two packed copies is used.
  var packing = 0
  let name: String

  static let first = Pass(order: .forward, placement: .beforeGuard, name: "parts in order")

  static let others = [
    Pass(order: .backward, placement: .afterGuard, packing: 1, name: "parts in reverse order"),
    Pass(
      order: .shuffled, placement: .beforeGuard, inPlace: true, name: "parts shuffled, in place"),
    Pass(order: .atOnce, placement: .afterGuard, packing: 1, name: "parts on several threads"),
  ]
}
