import CMTL
import MTLFormat
import MTLImage

/// The images of a data set in memory, 8 bits a channel, ready for a network.
public final class DataSet {
  public let index: DataSetIndex
  public let side: Int
  /// Those that could be read, in the index's order.
  public let entries: [DataSetIndex.Entry]
  /// One text for each file that could not be read.
  public let unreadable: [String]
  private let pixels: Bytes

  /// The same images with one task alone.
  public convenience init(_ data: DataSet, keeping task: LabelSet.Task) throws(Status) {
    try self.init(of: data, index: data.index.keeping(task))
  }

  private init(of data: DataSet, index: DataSetIndex) throws(Status) {
    self.index = index
    (side, entries, unreadable, pixels) = (data.side, data.entries, data.unreadable, data.pixels)
    try check()
  }

  /// Reads every file on `workers`, and calls `step` after each from whichever thread read it. A
  /// file that is no image is left out and listed.
  /// Errors: not one image, or a task that is left with one label to learn.
  public init(
    _ index: DataSetIndex, side: Int, workers: Workers, step: () -> Void = {}
  ) throws(Status) {
    let size = side * side * 3
    let (bytes, overflow) = index.entries.count.multipliedReportingOverflow(by: size)
    if overflow { throw Status(MTLRT_E_MEMORY, "\(index.root): too many images for the memory") }
    let memory = try Bytes.allocate(bytes)
    let base = UnsafeMutableRawBufferPointer(mutating: memory.view).baseAddress!
      .assumingMemoryBound(to: UInt8.self)
    let outcomes = DataSet.load(index, side: side, into: base, workers, step)

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
    _ index: DataSetIndex, side: Int, into base: UnsafeMutablePointer<UInt8>, _ workers: Workers,
    _ step: () -> Void
  ) -> [String?] {
    let budget = PixelBudget(ImageLimits.standard.pixels)
    var outcomes = [String?](repeating: nil, count: index.entries.count)
    outcomes.withUnsafeMutableBufferPointer { outcomes in
      let outcomes = outcomes.baseAddress!
      workers.forEach(index.entries.count) { position, _ in
        let path = index.file(position)
        do throws(Status) {
          try ImageLoader.load(
            path, side: side, into: base + position * side * side * 3, budget: budget)
        } catch {
          outcomes[position] = error.text
        }
        step()
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
    for (number, task) in index.labels.tasks.enumerated() where index.hasOwnLabels {
      let found = Set(entries.compactMap { index.answers[$0.folder][number] })
      if found.count < 2 {
        let names = found.first?.map { index.labels.labels[$0] } ?? []
        let label = names.isEmpty ? "none" : names.joined(separator: ", ")
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

  /// The labels that hold of each task of entry `position`; nil where it is not known.
  public func answers(_ position: Int) -> [[Int]?] { index.answers[entries[position].folder] }

  /// 1 for each label that holds for entry `position` and 0 for the others, or -1 for those of a
  /// task whose answer is not known.
  public func writeTargets(_ position: Int, to target: MutableFloats) {
    target.update(repeating: 0, count: index.labels.labels.count)
    for (task, answer) in zip(index.labels.tasks, answers(position)) {
      if let answer {
        for label in answer { target[label] = 1 }
      } else {
        for label in task.labels { target[label] = -1 }
      }
    }
  }

  /// Entries whose pictures are the same, pixel by pixel, in groups of two or more; each group and
  /// all groups in the order of entries.
  public private(set) lazy var duplicates = EqualPictures.groups(of: self)

  /// Whether two entries give different answers to the same question.
  public func disagree(_ a: Int, _ b: Int) -> Bool {
    zip(answers(a), answers(b)).contains { x, y in x != nil && y != nil && x != y }
  }

  /// Changes with any pixel, any file's name, and any label.
  public var fingerprint: UInt32 {
    var text: [UInt8] = []
    for name in index.labels.labels + entries.map({ $0.path }) { text += Array(name.utf8) + [0] }
    // In folders the paths say what is in them.
    if index.isManifest {
      for entry in entries { text += Array(index.folders[entry.folder].utf8) + [0] }
    }
    let used = entries.count * side * side * 3
    let sums = [
      text.withUnsafeBytes { CRC32C.checksum($0) },
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: pixels.view[..<used])),
    ]
    return sums.withUnsafeBytes { CRC32C.checksum($0) }
  }
}
