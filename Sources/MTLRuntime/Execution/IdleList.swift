/// Something that waits in a list to be used again.
protocol Idling: AnyObject {
  var next: Self? { get set }
}

/// Things that nobody uses right now, linked to one another.
struct IdleList<Item: Idling> {
  private var first: Item?

  mutating func add(_ item: Item) {
    item.next = first
    first = item
  }

  /// Takes out one that is wanted.
  mutating func take(_ isWanted: (Item) -> Bool) -> Item? {
    var previous: Item?
    var candidate = first
    while let item = candidate, !isWanted(item) {
      previous = item
      candidate = item.next
    }
    guard let item = candidate else { return nil }
    if let previous { previous.next = item.next } else { first = item.next }
    item.next = nil
    return item
  }

  /// Frees all, one by one: a list that is freed from its head would recurse as deep as it is long.
  consuming func free() {
    var item = first
    first = nil
    while let current = item {
      item = current.next
      current.next = nil
    }
  }
}
