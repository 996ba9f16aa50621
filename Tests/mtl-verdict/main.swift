// What the Swift reader says about model files, a line per file, in the form of tools/mtl_read.py:
// so that a test can compare the two readers.
//
//   mtl-verdict FILE...    mapped files
//   mtl-verdict --stream   from standard input: u32 length, bytes, and so on

import CMTL
import Foundation
import MTLFormat
import MTLGraph

/// "accept", or what is wrong; the last word says whether opening or reading everything found it.
func verdict(_ bytes: Bytes) -> String {
  var stage = "open"
  do throws(Status) {
    let file = try Reader.read(bytes)
    try file.checkOperators()
    stage = "content"
    try file.verifyHashes()
    return "accept - - -"
  } catch {
    let offset = error.offset.map { "\($0)" } ?? "-"
    return "reject \(error.code) \(offset) \(stage)"
  }
}

func examine(path: String) -> String {
  do throws(Status) {
    return verdict(try Bytes.map(path: path))
  } catch {
    return "reject \(error.code) - \(error.text)"
  }
}

func readStream() {
  let input = FileHandle.standardInput
  while let prefix = try? input.read(upToCount: 4), prefix.count == 4 {
    let length = prefix.withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
    let data = length == 0 ? Data() : (try? input.read(upToCount: length)) ?? Data()
    let bytes = try? data.withUnsafeBytes { try Bytes.copy(of: $0) }
    print(bytes.map(verdict) ?? "out of memory")
  }
}

let arguments = CommandLine.arguments.dropFirst()
if arguments.first == "--stream" {
  readStream()
} else {
  for path in arguments { print(examine(path: path), path) }
}
