import CMTL
import MTLFormat
import MTLGraph
import Testing

@Suite("Vectors of spec/vectors")
struct VectorTests {
  @Test("the manifest is there and names files that keep and files that break each rule")
  func manifest() {
    #expect(Vector.accepted.count > 20)
    // Rule 122 needs a file of 64 MiB, which a test of the limits makes.
    let covered = Set(Vector.all.compactMap(\.code)).union([122])
    #expect(covered == Set(Rule.all.map { Int32($0.code) }))
  }

  @Test("a mapped file gets verdict, code and offset", arguments: Vector.all)
  func mapped(_ vector: Vector) throws {
    #expect(Verdict(try Bytes.map(path: vector.path)) == Verdict(vector))
  }

  @Test("bytes in memory get verdict, code and offset", arguments: Vector.all)
  func inMemory(_ vector: Vector) throws {
    #expect(try Verdict(try vector.read()) == Verdict(vector))
  }

  @Test("every fault has a text", arguments: Vector.all.filter { !$0.isAccepted })
  func texts(_ vector: Vector) throws {
    do throws(Status) {
      let file = try Reader.read(try Bytes.map(path: vector.path))
      try file.checkOperators()
      try file.verifyHashes()
      Issue.record("accepted")
    } catch {
      #expect(error.text.utf8.count > 10)
      #expect(!error.text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
  }

  @Test("memory that does not begin at a multiple of 64 is refused, not misread")
  func misaligned() throws {
    let bytes = try Vector.accepted[0].read()
    let memory = try Bytes.allocate(bytes.count + 1)
    let view = UnsafeMutableRawBufferPointer(mutating: memory.view)
    view[1...].copyBytes(from: bytes)
    let shifted = Bytes.borrowed(UnsafeRawBufferPointer(rebasing: memory.view[1...]))
    withExtendedLifetime(memory) {
      #expect(Verdict(shifted).code == Int32(MTLRT_E_ARGUMENT))
    }
  }
}
