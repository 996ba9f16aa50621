import CMTL

extension mtlrt_error {
  /// The text that the library left here.
  public var message: String {
    withUnsafeBytes(of: self) { all in
      let text = all.dropFirst(MemoryLayout<Int32>.size).prefix { $0 != 0 }
      return String(decoding: text, as: UTF8.self)
    }
  }
}

/// Gets one of the library's texts, whatever its length.
public func libraryText(
  _ get: (UnsafeMutablePointer<CChar>?, Int) -> Int
) -> String {
  var bytes = [CChar](repeating: 0, count: get(nil, 0))
  let count = get(&bytes, bytes.count)
  return bytes.withUnsafeBytes {
    String(decoding: $0.prefix(max(0, min(count, $0.count) - 1)), as: UTF8.self)
  }
}
