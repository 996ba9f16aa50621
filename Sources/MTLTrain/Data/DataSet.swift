import CMTL
import MTLFormat

/// The images of a data set in memory, 8 bits a channel, ready for a network.
public final class DataSet {
  public let index: DataSetIndex
  public let side: Int
  /// Those that could be read, in the index's order.
  public let entries: [DataSetIndex.Entry]
  /// One text for each file that could not be read.
  public let unreadable: [String]
  private let pixels: Bytes

  /// Reads every file on `workers`. A file that is no image is left out and listed.
  /// Errors: not one image, or a task that is left with one label.
  public init(_ index: DataSetIndex, side: Int, workers: Workers) throws(Status) {
    let size = side * side * 3
    let (bytes, overflow) = index.entries.count.multipliedReportingOverflow(by: size)
    if overflow { throw Status(MTLRT_E_MEMORY, "\(index.root): too many images for the memory") }
    let memory = try Bytes.allocate(bytes)
    let base = UnsafeMutableRawBufferPointer(mutating: memory.view).baseAddress!
      .assumingMemoryBound(to: UInt8.self)
    let outcomes = DataSet.load(index, side: side, into: base, workers)

    var entries: [DataSetIndex.Entry] = []
    for (position, entry) in index.entries.enumerated() where outcomes[position] == nil {
      if entries.count < position {
        (base + entries.count * size).update(from: base + position * size, count: size)
      }
      entries.append(entry)
    }
    self.index = index
    self.side = side
    self.entries = entries
    unreadable = outcomes.compactMap { $0 }
    pixels = memory
    try check()
  }

  /// For each entry nil, or why it could not be read.
  private static func load(
    _ index: DataSetIndex, side: Int, into base: UnsafeMutablePointer<UInt8>, _ workers: Workers
  ) -> [String?] {
    var outcomes = [String?](repeating: nil, count: index.entries.count)
    outcomes.withUnsafeMutableBufferPointer { outcomes in
      let outcomes = outcomes.baseAddress!
      workers.forEach(index.entries.count) { position, _ in
        let path = index.root + "/" + index.entries[position].path
        do throws(Status) {
          try ImageLoader.load(path, side: side, into: base + position * side * side * 3)
        } catch {
          outcomes[position] = error.text
        }
      }
    }
    return outcomes
  }

  private func check() throws(Status) {
    let list = unreadable.prefix(3).joined(separator: "; ")
    if entries.isEmpty {
      throw Status(
        MTLRT_E_IO, "\(index.root): none of \(unreadable.count) images is readable: \(list)")
    }
    for (number, task) in index.labels.tasks.enumerated() {
      let found = Set(entries.map { index.answers[$0.folder][number] })
      if found.count < 2 {
        let label = index.labels.labels[found.first!]
        throw Status(
          MTLRT_E_IO,
          "\(index.root): every readable image has the same label for task \"\(task.name)\" "
            + "(\(label)): there is nothing to learn")
      }
    }
  }

  /// `(side, side, 3)` of entry `position`.
  public func image(_ position: Int) -> UnsafePointer<UInt8> {
    pixels.view.baseAddress!.assumingMemoryBound(to: UInt8.self) + position * side * side * 3
  }

  /// The label of each task of entry `position`.
  public func answers(_ position: Int) -> [Int] { index.answers[entries[position].folder] }

  /// 1 for each label that holds for entry `position` and 0 for the others.
  public func writeTargets(_ position: Int, to target: MutableFloats) {
    target.update(repeating: 0, count: index.labels.labels.count)
    for label in answers(position) { target[label] = 1 }
  }

  /// Changes with any pixel, any file's name, and any label.
  public var fingerprint: UInt32 {
    var text: [UInt8] = []
    for name in index.labels.labels + entries.map({ $0.path }) { text += Array(name.utf8) + [0] }
    let used = entries.count * side * side * 3
    let sums = [
      text.withUnsafeBytes { CRC32C.checksum($0) },
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: pixels.view[..<used])),
    ]
    return sums.withUnsafeBytes { CRC32C.checksum($0) }
  }
}
