import CMTL
import Glibc
import MTLFormat
import MTLGraph
import MTLWriter
import Testing

@Suite("Limits and memory")
struct LimitTests {
  @Test("opening touches no page of the weights")
  func weightsUntouched() throws {
    let vector = try #require(Vector.accepted.first { $0.file == "accept/weights-f32.mtl" })
    let bytes = try vector.read()
    // The weights section begins on a page of its own, which is made unreadable.
    let pages = (bytes.count + 4095) / 4096 * 4096
    let protection = PROT_READ | PROT_WRITE
    let base = try #require(
      mmap(nil, pages, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(base, pages) }
    UnsafeMutableRawBufferPointer(start: base, count: pages).copyBytes(from: bytes)
    try #require(mprotect(base + 4096, pages - 4096, PROT_NONE) == 0)
    let file = try Reader.read(
      Bytes.borrowed(UnsafeRawBufferPointer(start: base, count: bytes.count)))
    try file.checkOperators()
    #expect(file.model.tensors[1].data?.baseAddress == UnsafeRawPointer(base + 4096))
  }

  @Test("files of more than 64 MiB in small sections are refused before they are read")
  func smallSections() throws {
    let vector = try #require(Vector.accepted.first { $0.file == "accept/minimal.mtl" })
    var bytes = try vector.read()
    let limit = 64 << 20
    for (size, code) in [(limit, Rule.sectionChecksum), (limit + 1, .smallSectionsLimit)] {
      // The graph section, the last one, grows so that the sum is `size`.
      let place = 64 + 64
      let start = Int(bytes.u64(place + 8))
      let length = size - 64 - 128 - Int(bytes.u64(64 + 16))
      bytes += [UInt8](repeating: 0, count: max(0, start + length - bytes.count))
      bytes.setU64(place + 16, UInt64(length))
      bytes.setU64(16, UInt64(bytes.count))
      bytes.setU32(28, bytes.checksum(64..<192))
      bytes.setU32(56, bytes.checksum(0..<56))
      let verdict = try Verdict(bytes)
      #expect(verdict.code == Int32(code.code))
    }
  }
}
