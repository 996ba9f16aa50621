/// What came of the cases of a group.
public struct GroupReport {
  public struct Failure {
    public let number: Int
    public let text: String
  }

  /// A case and how near it came to its bound.
  public struct Worst {
    public var share = 0.0
    /// Error and bound in units of 2^-24 of the sum of magnitudes, or of a function's result; 0 for
    /// chains.
    public var units = 0.0, unitsAllowed = 0.0
    public var number = 0
    public var title = ""
  }

  public let name: String
  /// Cases run, and those of which the module took every operator or some.
  public internal(set) var cases = 0, taken = 0
  /// Of `taken`, those whose results for small whole numbers are scalar's bit for bit.
  public internal(set) var exact = 0
  public internal(set) var worst = Worst()
  public internal(set) var failures: [Failure] = []
  public internal(set) var failedCases = 0
  /// Why it refused, the first time.
  public internal(set) var refusal = ""
  /// Operators that it took as one step, joined by "+", in the order in which they were seen.
  public internal(set) var fusions: [String] = []

  /// The first case that it took and that had no failure.
  var sample: CheckCase?

  init(name: String) { self.name = name }
}
