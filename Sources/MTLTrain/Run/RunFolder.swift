import CArguments
import CLIKit
import CMTL
import MTLFormat
import MTLWriter
import Synchronization

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

  /// All of them.
  public var files: [String] { [last, best, history, report, page] }
  /// Says, from before the first epoch on, that the others are those of a run; and is locked while
  /// one writes them.
  private var mark: String {
    path + "/" + String(decoding: ImageFolder.runMark, as: UTF8.self)
  }

  /// Whether a run was started here, and an epoch of it is whole.
  public var holdsRun: Bool { exists(last) }

  private func exists(_ path: String) -> Bool { access(path.fileName, F_OK) == 0 }

  /// Makes the folder and those above it, claims it for this process until it ends, and removes
  /// what a run that was killed while it wrote has left: files under temporary names, in the way of
  /// a process with the same number.
  /// Errors: it cannot be made or written to, another process writes a run there, or it holds a
  /// file that a run would replace and that is no run's.
  public func create() throws(Status) {
    try make()
    if !exists(mark), !holdsRun, let file = files.first(where: { exists($0) }) {
      throw Status(
        MTLRT_E_ARGUMENT,
        "\(file.spelled): a run would replace this file, which no run has made; "
          + "choose another folder")
    }
    try RunLock.take(mark, of: self)
    let names = files.map { $0.dropFirst(path.count + 1) + "." }
    for file in try Folder(path: path).files
    where file.hasSuffix(".tmp") && names.contains(where: { file.hasPrefix($0) }) {
      unlink((path + "/" + file).fileName)
    }
  }

  /// Makes the folder and those above it.
  /// Errors: it cannot be made or written to.
  func make() throws(Status) {
    var made = path.utf8.first == UInt8(ascii: "/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made.fileName, 0o777) != 0 && mtl_errno() != EEXIST { throw failure(made) }
    }
    if access(path.fileName, W_OK | X_OK) != 0 { throw failure(path) }
    guard Path(fileName: path).kind() == .folder else {
      throw Status(MTLRT_E_IO, "\(path.spelled): not a folder")
    }
  }

  /// Folders below this one, one for each name: its own name where that is that of a plain folder.
  public func below(_ names: [String]) -> [RunFolder] {
    var used: Set<String> = []
    return names.map { name in
      let plain = RunFolder.folderName(name)
      var (unique, number) = (plain, 1)
      while !used.insert(unique).inserted {
        number += 1
        unique = "\(plain)-\(number)"
      }
      return RunFolder(path + "/" + unique)
    }
  }

  /// `name` without what would lead elsewhere, or what is too long.
  private static func folderName(_ name: String) -> String {
    var bytes = name.utf8.map { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F ? 0x5F : $0 }
    if bytes.isEmpty || bytes[0] == UInt8(ascii: ".") { bytes.insert(0x5F, at: 0) }
    guard bytes.count > 200 else { return String(decoding: bytes, as: UTF8.self) }
    var start = bytes.prefix(200)
    while let last = start.last, last & 0xC0 == 0x80 { start.removeLast() }
    if let last = start.last, last >= 0xC0 { start.removeLast() }
    return String(decoding: start, as: UTF8.self)
  }

  private func failure(_ path: String) -> Status {
    let reason = String(cString: strerror(mtl_errno()))
    return Status(MTLRT_E_IO, "\(path.spelled): cannot write there: \(reason)")
  }

  static func write(_ text: String, to path: String) throws {
    try Array(text.utf8).withUnsafeBytes { try replaceFile(at: path, with: $0) }
  }
}

/// The locks of run folders that this process writes, which it keeps until it ends.
private enum RunLock {
  private static let marks = Mutex<Set<String>>([])

  /// Errors: another process has it.
  static func take(_ mark: String, of run: RunFolder) throws(Status) {
    let isOurs = marks.withLock { $0.contains(mark) } && access(mark.fileName, F_OK) == 0
    if isOurs { return }
    switch mtl_lock_file(mark.fileName) {
    case -2:
      throw Status(
        MTLRT_E_ARGUMENT,
        "\(run.path.spelled): another process writes a run there; choose another folder")
    case -1:
      let reason = String(cString: strerror(mtl_errno()))
      throw Status(MTLRT_E_IO, "\(mark.spelled): cannot write there: \(reason)")
    default: marks.withLock { _ = $0.insert(mark) }
    }
  }
}
