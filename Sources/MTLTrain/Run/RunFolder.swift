import CMTL
import MTLFormat
import MTLWriter

/// The files of a run. Each is replaced as a whole: whenever a run is stopped, all are intact.
public struct RunFolder {
  public let path: String
  /// With everything that is needed to continue.
  public var last: String { path + "/last.ckpt" }
  /// The weights that predict: of the epoch with the least loss on the validation part or, where
  /// the recipe averages weights, of the last one.
  public var best: String { path + "/best.ckpt" }
  public var history: String { path + "/history.csv" }
  public var report: String { path + "/report.json" }
  /// For people, in a browser.
  public var page: String { path + "/report.html" }

  public init(_ path: String) { self.path = path }

  /// Whether a run was started here.
  public var holdsRun: Bool { access(last, F_OK) == 0 }

  /// Makes the folder and those above it, and removes what a run that was killed while it wrote
  /// has left: files under temporary names, in the way of a process with the same number.
  /// Errors: it cannot be made or written to.
  public func create() throws(Status) {
    var made = path.utf8.first == UInt8(ascii: "/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, 0o777) != 0 && mtl_errno() != EEXIST { throw failure(made) }
    }
    if access(path, W_OK | X_OK) != 0 { throw failure(path) }
    var information = stat()
    guard stat(path, &information) == 0, mtl_is_directory(&information) != 0 else {
      throw Status(MTLRT_E_IO, "\(path): not a folder")
    }
    let names = [last, best, history, report, page].map { $0.dropFirst(path.count + 1) + "." }
    for file in try Folder(path: path).files
    where file.hasSuffix(".tmp") && names.contains(where: { file.hasPrefix($0) }) {
      unlink(path + "/" + file)
    }
  }

  private func failure(_ path: String) -> Status {
    Status(MTLRT_E_IO, "\(path): cannot write there: \(String(cString: strerror(mtl_errno())))")
  }

  static func write(_ text: String, to path: String) throws {
    try Array(text.utf8).withUnsafeBytes { try replaceFile(at: path, with: $0) }
  }
}
