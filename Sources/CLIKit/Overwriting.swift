import CArguments

extension Path {
  /// Whether both name one file, which need not be there yet.
  public func isSameFile(as other: Path) -> Bool {
    withCString { own in other.withCString { mtl_same_file(own, $0) } } != 0
  }
}

/// Throws where `output` is one of `inputs`: no command writes onto what it reads.
public func refuseOverwriting(
  _ inputs: [Path], with output: Path, of option: StaticString
) throws(Failure) {
  for input in inputs where output.isSameFile(as: input) {
    throw Failure(
      .wrongUsage,
      "\(option) \(output.text): this is the input \(input.text), which would be lost")
  }
}
