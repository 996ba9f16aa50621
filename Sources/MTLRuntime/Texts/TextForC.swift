import CMTL
import MTLFormat

/// Makes a text and gives it to C: as much as fits, ended by a zero. Returns the room that all of
/// it needs, or 0 where there is no memory for it.
func text(
  about engine: Engine?, to target: UnsafeMutablePointer<CChar>?, capacity: Int,
  _ make: () -> [UInt8]
) -> Int {
  var room = 0
  let code = call(nil) { () throws(Status) in
    // Texts repeat what the file holds, with numbers and spaces between.
    let reserve = try Reserve.add(forSections: 4 * (engine?.file.smallBytes ?? 0))
    defer { withExtendedLifetime(reserve) {} }
    let text = validUTF8(make())
    try Memory.check()
    room = copy(text, to: target, capacity: capacity)
  }
  if code != 0 { _ = copy([], to: target, capacity: capacity) }
  return code == 0 ? room : 0
}

private func copy(
  _ text: [UInt8], to target: UnsafeMutablePointer<CChar>?, capacity: Int
) -> Int {
  if let target, capacity > 0 {
    let count = min(text.count, capacity - 1)
    text.withUnsafeBytes { if count > 0 { memcpy(target, $0.baseAddress!, count) } }
    target[count] = 0
  }
  return text.count + 1
}
