// Formulas are types, not closures: the compiler leaves a closure of more than a few instructions
// as a function, and a call takes vectors apart.

/// A function of each element.
protocol LaneFormula {
  func callAsFunction(_ x: Lanes) -> Lanes
}

/// A function of two elements.
protocol LaneCombination {
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes
}

/// What many elements are combined to, one after the other.
protocol LaneReduction: LaneCombination {
  /// What a combination begins with.
  var start: Float { get }
  /// What is combined of elements.
  func take(_ elements: Lanes) -> Lanes
  /// The result of `count` combined elements.
  func finish(_ all: Lanes, count: Int) -> Lanes
}

extension LaneReduction {
  @inline(__always)
  func take(_ elements: Lanes) -> Lanes { elements }
}

struct Greatest: LaneReduction {
  var start: Float { -.infinity }

  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { greater(a, b) }

  @inline(__always)
  func finish(_ all: Lanes, count: Int) -> Lanes { all }
}

struct Sum: LaneReduction {
  var start: Float { 0 }

  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { a + b }

  @inline(__always)
  func finish(_ all: Lanes, count: Int) -> Lanes { all }
}

struct Mean: LaneReduction {
  /// What the sum is divided by; nil for the number of elements combined.
  var count: Int?
  var start: Float { 0 }

  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { a + b }

  @inline(__always)
  func finish(_ all: Lanes, count: Int) -> Lanes {
    all / Lanes(repeating: Float(self.count ?? count))
  }
}
