import CMTL
import Foundation
import MTLFormat
import MTLWriter
import Testing

@Suite("Model files on disk")
struct FileTests {
  /// A folder of its own for `body`, gone afterwards.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/mtl-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
  }

  /// What writing `model` fails with.
  private func code(_ model: Model, _ path: String) -> Int32? {
    do throws(Status) {
      try Writer.write(model, to: path)
      return nil
    } catch {
      return error.code
    }
  }

  @Test("a file is replaced as a whole; whoever mapped the old one keeps it")
  func replaced() throws {
    try withFolder { folder in
      let path = "\(folder)/model.mtl"
      var model = RoundTripTests.relu
      try Writer.write(model, to: path)
      let old = try Bytes.map(path: path)
      model.nodes[0].name = "another, longer name that makes the file larger"
      try Writer.write(model, to: path)
      #expect(try names(folder) == ["model.mtl"])
      #expect(try Reader.read(old).model.nodes[0].name == "n")
      let new = try Bytes.map(path: path)
      #expect(try Reader.read(new).model.nodes[0].name == model.nodes[0].name)
    }
  }

  @Test("where writing fails nothing is left behind, and what was there stays")
  func failure() throws {
    try withFolder { folder in
      let model = RoundTripTests.relu
      #expect(code(model, "\(folder)/absent/model.mtl") == Int32(MTLRT_E_IO))
      let taken = "\(folder)/model.mtl"
      try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: false)
      #expect(code(model, taken) == Int32(MTLRT_E_IO))
      #expect(try names(folder) == ["model.mtl"])
      var broken = model
      broken.outputs = []
      #expect(code(broken, "\(folder)/broken.mtl") == Int32(Rule.outputCount.code))
      #expect(try names(folder) == ["model.mtl"])
    }
  }

  @Test("what is no regular file is refused with its name")
  func notFiles() throws {
    try withFolder { folder in
      for path in ["\(folder)/absent.mtl", folder, "/dev/null", "/dev/zero"] {
        do throws(Status) {
          _ = try Bytes.map(path: path)
          Issue.record("mapped \(path)")
        } catch {
          #expect(error.code == Int32(MTLRT_E_IO))
          #expect(error.text.contains(path))
        }
      }
    }
  }

  @Test("an empty file is no model")
  func empty() throws {
    try withFolder { folder in
      let path = "\(folder)/empty.mtl"
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      let verdict = Verdict(try Bytes.map(path: path))
      #expect(verdict.code == Int32(Rule.magic.code))
    }
  }
}
