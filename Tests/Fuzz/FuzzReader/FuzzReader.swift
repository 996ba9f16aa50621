// Model files from a fuzzer, on the path that a user's file takes: a file is mapped, read and
// checked. Build and run it with tools/fuzz.

import CMTL
import Glibc
import MTLFormat
import MTLGraph
import MTLWriter

/// What a reader says, as one word.
private func verdict(_ bytes: Bytes) -> String {
  do throws(Status) {
    let file = try Reader.read(bytes)
    try file.checkOperators()
    try file.verifyHashes()
    try checkCanonical(file)
    return "accept"
  } catch {
    return "reject \(error.code) \(error.offset ?? 0)"
  }
}

/// An accepted file is what the writer makes of its model, unless it says to come from another
/// version.
private func checkCanonical(_ file: ModelFile) throws(Status) {
  let bytes = file.bytes.view
  let knows = file.sections.allSatisfy { SectionType(rawValue: $0.type) != nil }
  let optional = bytes.loadUnaligned(fromByteOffset: 48, as: UInt64.self)
  guard knows, optional == 0, file.version.minor == file.model.leastMinor else { return }
  let again = try Writer.encode(file.model)
  precondition(again.elementsEqual(bytes), "an accepted file is not canonical")
}

/// Makes every checksum and hash right that header and table let one find, so that the fuzzer gets
/// past them.
private func seal(_ bytes: UnsafeMutableRawBufferPointer) {
  guard bytes.count >= 64 else { return }
  func checksum(_ range: Range<Int>) -> UInt32 {
    CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }
  let count = Int(bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
  let end = 64 + 64 * min(count, (bytes.count - 64) / 64)
  for place in stride(from: 64, to: end, by: 64) {
    let offset = bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
    let length = bytes.loadUnaligned(fromByteOffset: place + 16, as: UInt64.self)
    guard offset <= UInt64(bytes.count), length <= UInt64(bytes.count) - offset else { continue }
    let range = Int(offset)..<Int(offset + length)
    bytes.storeBytes(of: checksum(range), toByteOffset: place + 24, as: UInt32.self)
    let hash = SHA256.hash(UnsafeRawBufferPointer(rebasing: bytes[range]))
    UnsafeMutableRawBufferPointer(rebasing: bytes[place + 32..<place + 64]).copyBytes(from: hash)
  }
  bytes.storeBytes(of: UInt64(bytes.count), toByteOffset: 16, as: UInt64.self)
  bytes.storeBytes(of: checksum(64..<end), toByteOffset: 28, as: UInt32.self)
  bytes.storeBytes(of: checksum(0..<56), toByteOffset: 56, as: UInt32.self)
}

/// A file in memory, without a name, that is written anew for each input.
private let file: CInt = {
  var path = Array("/dev/shm/mtl-fuzz-XXXXXX".utf8CString)
  let file = mkstemp(&path)
  precondition(file >= 0, "no file in /dev/shm")
  unlink(path)
  return file
}()

/// The verdict on a mapped file with this content.
private func mapped(_ content: UnsafeRawBufferPointer) -> String {
  precondition(ftruncate(file, content.count) == 0)
  precondition(pwrite(file, content.baseAddress, content.count, 0) == content.count)
  let bytes = try? Bytes.map(path: "/proc/self/fd/\(file)")
  precondition(bytes != nil, "a file that is there could not be mapped")
  return verdict(bytes!)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: count)
  _ = mapped(input)
  // Memory of the exact size shows reads beyond the end, which a mapped page would hide.
  guard let copy = try? Bytes.copy(of: input) else { return 0 }
  seal(UnsafeMutableRawBufferPointer(mutating: copy.view))
  let (inMemory, inFile) = (verdict(copy), mapped(copy.view))
  precondition(inMemory == inFile, "two verdicts on one file")
  return 0
}
