import CMTL
import Glibc
import MTLFormat
import MTLWriter

/// Constants that lie in files beside the model. None outside its folder is opened; but where the
/// model is a link, links to its constants may lead to the folder that it lies in itself: caches of
/// models keep all files in one folder, and links to them in others.
final class ExternalFiles {
  /// The model's file, or nil.
  private let model: String?
  private var open: [String: Bytes] = [:]
  /// Those that were opened.
  private(set) var paths: [String] = []

  /// nil: the model is in no file, and may not refer to any.
  init(model: String?) { self.model = model }

  /// The bytes that `place`, the entries of TensorProto.external_data, names.
  func bytes(
    _ place: [String: String], count: Int
  ) throws -> (UnsafeRawBufferPointer, owner: Bytes) {
    guard let location = place["location"] else { throw ImportError("no file is named") }
    // A checksum changes nothing; the file is read as it is.
    let unknown = place.keys.filter { !["location", "offset", "length", "checksum"].contains($0) }
    guard unknown.isEmpty else {
      throw ImportError("'\(unknown.sorted()[0])' of a place in a file is not known")
    }
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
    guard let model else { throw ImportError("it lies in a file, which cannot be followed here") }
    let target = try target(location, of: model)
    do throws(Status) {
      let bytes = try Bytes.map(file: target)
      open[location] = bytes
      paths.append(target)
      return bytes
    } catch {
      throw ImportError(error.text)
    }
  }

  /// The file without links. Errors: it may not be opened, or is not there.
  private func target(_ location: String, of model: String) throws -> String {
    let parts = location.split(separator: "/").filter { $0 != "." }
    guard !parts.isEmpty, !location.hasPrefix("/"), !parts.contains(".."),
      !location.contains("\0"), !location.contains("\\")
    else { throw ImportError("'\(location)' is not a file in the model's folder") }
    let folder = Self.folder(of: model)
    guard let target = resolved(folder + "/" + parts.joined(separator: "/")) else {
      throw ImportError("there is no file '\(location)' within the model's folder")
    }
    // Links may not lead out of the folder either.
    let allowed = [resolved(folder), resolved(model).map { Self.folder(of: $0) }]
    guard allowed.contains(where: { $0.map { Self.lies(target, in: $0) } ?? false }) else {
      throw ImportError(
        """
        '\(location)' is a link that leads out of the model's folder; it must lie within the \
        model's folder
        """)
    }
    return target
  }

  private static func lies(_ path: String, in folder: String) -> Bool {
    path.hasPrefix(folder == "/" ? folder : folder + "/")
  }

  private static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map {
      $0 == path.startIndex ? "/" : String(path[..<$0])
    } ?? "."
  }

  private func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path.fileName, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
