/// What a pickle describes. Nothing is ever imported, called or made: objects stay what was written
/// down about them. Values name one another by their place in `PickleReader.values`.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(String)
  case bytes([UInt8])
  case list([Int])
  case tuple([Int])
  /// Keys and values by turns.
  case dictionary([Int])
  /// `module.name`
  case global(String)
  /// What would be called, with what, and what would then be set.
  case object(callable: Int, arguments: Int, state: Int?)
}
