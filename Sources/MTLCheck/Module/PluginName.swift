import CLIKit
import CMTL

/// The name of a plugin, which stands in the name of its file and in its constant.
enum PluginName {
  /// Names that the runtime keeps for itself.
  private static let reserved = ["scalar", "auto", "image"]

  /// Why the runtime would never use the plugin under this file and constant; nil if it would.
  static func fault(_ path: Path, _ constant: mtlrt_module) -> String? {
    let file = path.name
    let (prefix, suffix) = (Array("mtlrt-".utf8), Array(".so".utf8))
    guard file.count >= prefix.count + suffix.count, file.starts(with: prefix),
      file.suffix(suffix.count).elementsEqual(suffix)
    else { return "the runtime finds a plugin under mtlrt-<name>.so alone" }
    let name = Array(file.dropFirst(prefix.count).dropLast(suffix.count))
    let most = MemoryLayout.size(ofValue: constant.name) - 1
    guard !name.isEmpty, name.count <= most, name.allSatisfy(isLegal) else {
      return "the <name> of mtlrt-<name>.so has 1 to \(most) letters, digits, '-' and '_'"
    }
    let text = String(decoding: name, as: UTF8.self)
    if reserved.contains(text) { return "the runtime keeps the name '\(text)' for itself" }
    let own = withUnsafeBytes(of: constant.name) { Array($0) }
    guard own.contains(0) else { return "the name in its constant does not end with a zero" }
    let ownText = String(decoding: own.prefix { $0 != 0 }, as: UTF8.self)
    guard ownText == text else {
      return "its file is called \(text), its constant says '\(ownText)'"
    }
    return nil
  }

  private static func isLegal(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
