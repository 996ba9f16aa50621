import CMTL

/// What a shared object says of itself before any of its code runs: 64-bit little-endian ELF.
struct ObjectFile {
  /// The bytes that cannot be read, in words.
  struct Fault: Error { let text: String }

  private let bytes: [UInt8]
  private var sections: [Section] = []

  private struct Section {
    let name: UInt32, type: UInt32
    let address: UInt64, offset: UInt64, size: UInt64
    let link: Int
  }

  private struct Segment { let type: UInt32, offset: UInt64, size: UInt64 }

  private enum SectionType {
    static let relocations: UInt32 = 4
    static let dynamic: UInt32 = 6
    static let withoutBytes: UInt32 = 8
    static let dynamicSymbols: UInt32 = 11
    static let initArray: UInt32 = 14
    static let finiArray: UInt32 = 15
  }

  init(_ bytes: [UInt8]) throws(Fault) {
    self.bytes = bytes
    let magic: [UInt8] = [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F"), 2, 1]
    guard bytes.starts(with: magic), try number(16, 2) == 3 else {
      throw Fault(text: "not a shared object (64-bit ELF)")
    }
    let (table, entry, count) = (try number(40, 8), try number(58, 2), try number(60, 2))
    guard count > 0 else { throw Fault(text: "it has no section headers") }
    for index in 0..<count {
      let header = table &+ index &* entry
      let place = try number(header &+ 24, 8)
      sections.append(
        Section(
          name: UInt32(try number(header, 4)), type: UInt32(try number(header &+ 4, 4)),
          address: try number(header &+ 16, 8), offset: place,
          size: try number(header &+ 32, 8), link: Int(try number(header &+ 40, 4))))
    }
  }

  /// The little-endian number of `count` bytes at `offset`.
  private func number(_ offset: UInt64, _ count: Int) throws(Fault) -> UInt64 {
    guard let first = Int(exactly: offset), first <= bytes.count - count else {
      throw Fault(text: "the file ends before byte \(offset)")
    }
    return (0..<count).reduce(0) { $0 | UInt64(bytes[first + $1]) << UInt64(8 * $1) }
  }

  private func text(_ offset: UInt64) throws(Fault) -> String {
    guard let first = Int(exactly: offset), first < bytes.count else {
      throw Fault(text: "the file ends before byte \(offset)")
    }
    return String(decoding: bytes[first...].prefix { $0 != 0 }, as: UTF8.self)
  }

  private func section(_ type: UInt32) -> Section? { sections.first { $0.type == type } }

  private func strings(of section: Section) throws(Fault) -> UInt64 {
    guard sections.indices.contains(section.link) else {
      throw Fault(text: "a section refers to one that is not there")
    }
    return sections[section.link].offset
  }

  /// Names of the libraries that are loaded with it.
  func neededLibraries() throws(Fault) -> [String] {
    guard let dynamic = section(SectionType.dynamic) else { return [] }
    var names: [String] = []
    for entry in 0..<dynamic.size / 16 where try number(dynamic.offset &+ entry &* 16, 8) == 1 {
      let name = try number(dynamic.offset &+ entry &* 16 &+ 8, 8)
      names.append(try text(strings(of: dynamic) &+ name))
    }
    return names
  }

  /// A symbol that others can see, and where it lies in memory.
  struct Symbol {
    let name: String
    let address: UInt64
    /// Its address is what a function returns that runs while the object is loaded.
    let isIndirect: Bool
  }

  func exportedSymbols() throws(Fault) -> [Symbol] {
    guard let table = section(SectionType.dynamicSymbols) else { return [] }
    var symbols: [Symbol] = []
    for index in 1..<max(1, table.size / 24) {
      let entry = table.offset &+ index &* 24
      let (kind, other) = (try number(entry &+ 4, 1), try number(entry &+ 5, 1))
      let home = try number(entry &+ 6, 2)
      // Defined here (the absolute ones name versions), not local, neither hidden nor internal.
      guard home != 0, home != 0xFFF1, kind >> 4 != 0, other & 3 == 0 || other & 3 == 3 else {
        continue
      }
      symbols.append(
        Symbol(
          name: try text(strings(of: table) &+ number(entry, 4)),
          address: try number(entry &+ 8, 8), isIndirect: kind & 15 == 10))
    }
    return symbols
  }

  /// Functions that run while it is loaded, beyond those that the toolchain's own start files add:
  /// crtbegin.o brings one to begin and one to end with, crti.o one in a section of its own.
  func constructorCount() throws(Fault) -> Int {
    let begin = Int((section(SectionType.initArray)?.size ?? 0) / 8)
    let end = Int((section(SectionType.finiArray)?.size ?? 0) / 8)
    var own = begin
    var startFile: Section?
    for section in sections where try name(of: section) == ".init" { startFile = section }
    if startFile != nil { own -= min(begin, end, 1) }
    guard let start = try dynamicEntry(12) else { return own }
    return start == startFile?.address ? own : own + 1
  }

  /// The value of the first entry with this tag in the dynamic section.
  private func dynamicEntry(_ tag: UInt64) throws(Fault) -> UInt64? {
    guard let dynamic = section(SectionType.dynamic) else { return nil }
    for entry in 0..<dynamic.size / 16 where try number(dynamic.offset &+ entry &* 16, 8) == tag {
      return try number(dynamic.offset &+ entry &* 16 &+ 8, 8)
    }
    return nil
  }

  private func name(of section: Section) throws(Fault) -> String {
    let strings = Int(try number(62, 2))
    guard sections.indices.contains(strings) else {
      throw Fault(text: "it has no names of sections")
    }
    return try text(sections[strings].offset &+ UInt64(section.name))
  }

  private func segments() throws(Fault) -> [Segment] {
    let (table, entry, count) = (try number(32, 8), try number(54, 2), try number(56, 2))
    var segments: [Segment] = []
    for index in 0..<count {
      let header = table &+ index &* entry
      segments.append(
        Segment(
          type: UInt32(try number(header, 4)), offset: try number(header &+ 8, 8),
          size: try number(header &+ 32, 8)))
    }
    return segments
  }

  /// Whether it has the note by which the runtime tells its builds apart.
  func hasBuildID() throws(Fault) -> Bool {
    for segment in try segments() where segment.type == 4 {
      var next = segment.offset
      let end = segment.offset &+ segment.size
      while next &+ 12 <= end {
        let (nameSize, size) = (try number(next, 4), try number(next &+ 4, 4))
        let kind = try number(next &+ 8, 4)
        if kind == 3, nameSize == 4, size > 0, try text(next &+ 12) == "GNU" { return true }
        next = next &+ 12 &+ (nameSize &+ 3) / 4 * 4 &+ (size &+ 3) / 4 * 4
      }
    }
    return false
  }

  /// Relocations whose value is what a function returns that runs while the object is loaded.
  func indirectRelocationCount() throws(Fault) -> Int {
    let machine = try number(18, 2)
    let indirect: UInt64 = machine == 62 ? 37 : 1032  // R_X86_64_IRELATIVE, R_AARCH64_IRELATIVE
    var count = 0
    for section in sections where section.type == SectionType.relocations {
      for entry in 0..<section.size / 24
      where try number(section.offset &+ entry &* 24 &+ 8, 8) & 0xFFFF_FFFF == indirect {
        count += 1
      }
    }
    return count
  }

  /// `count` bytes at an address, as the file has them: without relocations.
  func memory(at address: UInt64, count: Int) throws(Fault) -> [UInt8] {
    let home = sections.first {
      $0.type != SectionType.withoutBytes && $0.address > 0 && $0.address <= address
        && address &- $0.address < $0.size
    }
    guard let home else { throw Fault(text: "no section holds address \(address)") }
    let first = home.offset &+ (address - home.address)
    guard let first = Int(exactly: first), first <= bytes.count - count else {
      throw Fault(text: "the file ends before byte \(first)")
    }
    return Array(bytes[first..<first + count])
  }
}
