import CMTL
import Glibc
import MTLFormat
import MTLWriter

/// Constants that lie in files beside the model; none outside its folder is opened.
final class ExternalFiles {
  private let folder: String?
  private var open: [String: Bytes] = [:]
  /// Those that were opened.
  private(set) var paths: [String] = []

  /// nil: the model has no folder, and may not refer to files.
  init(folder: String?) { self.folder = folder }

  /// The bytes that `place`, the entries of TensorProto.external_data, names.
  func bytes(
    _ place: [String: String], count: Int
  ) throws -> (UnsafeRawBufferPointer, owner: Bytes) {
    guard let location = place["location"] else { throw ImportError("no file is named") }
    let file = try self.file(location)
    let offset = try number(place["offset"] ?? "0")
    let length = try place["length"].map { try number($0) } ?? count
    guard length == count else {
      throw ImportError("\(length) bytes of '\(location)' for a tensor of \(count)")
    }
    guard offset <= file.view.count, count <= file.view.count - offset else {
      throw ImportError(
        "'\(location)' has \(file.view.count) bytes, bytes \(offset) to \(offset)+\(count) are used"
      )
    }
    return (UnsafeRawBufferPointer(rebasing: file.view[offset..<offset + count]), file)
  }

  private func number(_ text: String) throws -> Int {
    guard let value = Int(text), value >= 0 else {
      throw ImportError("'\(text)' is not a place in a file")
    }
    return value
  }

  private func file(_ location: String) throws -> Bytes {
    if let file = open[location] { return file }
    guard let folder else { throw ImportError("it lies in a file, which cannot be followed here") }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.contains("\0"), !location.contains("\\"),
      !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
    else {
      throw ImportError("'\(location)' is not a file in the model's folder")
    }
    // Links may not lead out of the folder either.
    let path = folder + "/" + location
    guard let inside = resolved(folder), let target = resolved(path),
      target.hasPrefix(inside == "/" ? inside : inside + "/")
    else {
      throw ImportError("there is no file '\(location)' within the model's folder")
    }
    do throws(Status) {
      let bytes = try Bytes.map(file: target)
      open[location] = bytes
      paths.append(target)
      return bytes
    } catch {
      throw ImportError(error.text)
    }
  }

  private func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path.fileName, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
