import CMTL
import Foundation
import MTLFormat
import MTLGraph
import Testing

/// A row of spec/vectors/manifest.csv.
struct Vector: CustomTestStringConvertible {
  let file: String
  let hash: String
  let isAccepted: Bool
  let code: Int32?
  let offset: UInt64?
  /// Whether the fault shows only when everything is read.
  let isContent: Bool

  var testDescription: String { file }
  var path: String { "\(Vector.folder)/\(file)" }

  func read() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  static let folder = "\(root)/spec/vectors"

  static let all: [Vector] = {
    let path = "\(folder)/manifest.csv"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").dropFirst().map { line in
      let columns = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Vector(
        file: columns[0], hash: columns[1], isAccepted: columns[2] == "accept",
        code: Int32(columns[3]), offset: UInt64(columns[4]), isContent: columns[5] == "content")
    }
  }()

  static var accepted: [Vector] { all.filter(\.isAccepted) }
}

/// What a reader says about some bytes.
struct Verdict: Equatable, CustomStringConvertible {
  var code: Int32?
  var offset: UInt64?
  var isContent = false

  init(_ vector: Vector) {
    (code, offset, isContent) = (vector.code, vector.offset, vector.isContent)
  }

  init(_ bytes: Bytes) {
    do throws(Status) {
      let file = try Reader.read(bytes)
      try file.checkOperators()
      isContent = true
      try file.verifyHashes()
      isContent = false
    } catch {
      (code, offset) = (error.code, error.offset)
    }
  }

  init(_ bytes: [UInt8]) throws {
    self.init(try bytes.withUnsafeBytes { try Bytes.copy(of: $0) })
  }

  var description: String {
    guard let code else { return "accept" }
    return "reject \(code) at \(offset.map { "\($0)" } ?? "-") (\(isContent ? "content" : "open"))"
  }
}
