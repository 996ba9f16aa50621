import CMTL
import MTLFormat

/// Which images of a data set are for what.
public struct Split: Equatable {
  /// Positions in `DataSet.entries`, ascending, by the name of the part: `train`, `val`.
  public let parts: [String: [Int]]
  /// Rows of a split file whose image was not found or not readable.
  public let missing: [String]
  /// Images that the split file does not name.
  public let unnamed: Int

  /// Of each folder a fifth, at least one image, for `val`, and the rest for `train`; chosen at
  /// random by `seed`. Folders of one picture, as combinations of several labels often are, are
  /// taken together. Equal pictures stay on one side, with that folder which has the first one: a
  /// network knows again what it has seen.
  public init(_ data: DataSet, seed: UInt64) {
    var train: [Int] = []
    var val: [Int] = []
    var groups = [[[Int]]](repeating: [], count: data.index.folders.count)
    for picture in Split.pictures(data) { groups[data.entries[picture[0]].folder].append(picture) }
    groups.append(groups.filter { $0.count == 1 }.flatMap { $0 })
    for (folder, own) in groups.enumerated() {
      if own.count == 1 && folder < groups.count - 1 { continue }
      var random = Random(.split, seed, UInt64(folder))
      let order = random.permutation(own.count).map { own[$0] }
      let chosen = Split.fifth(of: order)
      for (place, picture) in order.enumerated() {
        if chosen.contains(place) { val += picture } else { train += picture }
      }
    }
    parts = ["train": train.sorted(), "val": val.sorted()]
    missing = []
    unnamed = 0
  }

  /// The entries of each picture, in the order of the first ones.
  private static func pictures(_ data: DataSet) -> [[Int]] {
    var copies: [Int: [Int]] = [:]
    var isCopy = [Bool](repeating: false, count: data.entries.count)
    for group in data.duplicates {
      copies[group[0]] = group
      for position in group.dropFirst() { isCopy[position] = true }
    }
    return data.entries.indices.filter { !isCopy[$0] }.map { copies[$0] ?? [$0] }
  }

  /// Places of the first pictures with a fifth of the images, but at least one picture where there
  /// are several; those with too many copies for what is left are passed over.
  private static func fifth(of pictures: [[Int]]) -> Set<Int> {
    guard pictures.count > 1 else { return [] }
    let count = pictures.reduce(0) { $0 + $1.count }
    var left = max(1, (count + 2) / 5)
    var chosen: Set<Int> = []
    for (place, picture) in pictures.enumerated() where picture.count <= left {
      chosen.insert(place)
      left -= picture.count
    }
    if chosen.isEmpty {
      let smallest = pictures.indices.min { pictures[$0].count < pictures[$1].count }
      chosen.insert(smallest!)
    }
    return chosen
  }

  /// As a table of the data set says in its own column; rows that say nothing are left out.
  public init(manifest data: DataSet) {
    var parts: [String: [Int]] = [:]
    var unnamed = 0
    for (position, entry) in data.entries.enumerated() {
      if let part = entry.part {
        parts[part, default: []].append(position)
      } else {
        unnamed += 1
      }
    }
    self.init(parts: parts, missing: [], unnamed: unnamed)
  }

  /// As a CSV file says: a header with the columns `path` (relative to the data set) and `split`,
  /// and one row per image.
  /// Errors: no such file, missing columns, rows that cannot be read, a path named twice.
  public init(_ data: DataSet, file: String) throws(Status) {
    let table = try CSVTable(path: file)
    let pathColumn = try table.column("path")
    let splitColumn = try table.column("split")
    var positions: [String: Int] = [:]
    for (position, entry) in data.entries.enumerated() { positions[entry.path] = position }
    var parts: [String: [Int]] = [:]
    var missing: [String] = []
    for row in table.rows {
      let path = row.fields[pathColumn]
      let part = row.fields[splitColumn]
      if part.isEmpty { throw Status(MTLRT_E_IO, "\(file):\(row.line): the split is empty") }
      guard let position = positions[path] else {
        missing.append(path)
        continue
      }
      if position < 0 { throw Status(MTLRT_E_IO, "\(file):\(row.line): \(path) is named twice") }
      positions[path] = -1
      parts[part, default: []].append(position)
    }
    self.parts = parts.mapValues { $0.sorted() }
    self.missing = missing
    unnamed = positions.values.filter { $0 >= 0 }.count
  }

  /// The part that the images of folders are in which are left out of all others.
  public static let heldOut = "held-out"

  /// The same split with all images of `folders` in a part of their own.
  /// Errors: no such folder, or one that has no images in the split.
  public func holdingOut(_ folders: [String], _ data: DataSet) throws(Status) -> Split {
    if folders.isEmpty { return self }
    var numbers: Set<Int> = []
    for name in folders {
      guard let folder = data.index.folders.firstIndex(of: name) else {
        throw Status(
          MTLRT_E_ARGUMENT,
          "\(data.index.root): no folder \"\(name)\" to hold out "
            + "(folders: \(data.index.folders.joined(separator: ", ")))")
      }
      numbers.insert(folder)
    }
    var (kept, out) = ([String: [Int]](), [Int]())
    for (name, positions) in parts {
      kept[name] = positions.filter { !numbers.contains(data.entries[$0].folder) }
      out += positions.filter { numbers.contains(data.entries[$0].folder) }
    }
    kept[Split.heldOut] = out.sorted()
    return Split(parts: kept, missing: missing, unnamed: unnamed)
  }

  private init(parts: [String: [Int]], missing: [String], unnamed: Int) {
    self.parts = parts
    self.missing = missing
    self.unnamed = unnamed
  }

  /// Errors: there is no such part or it is empty; the text says which there are.
  public func part(_ name: String) throws(Status) -> [Int] {
    if let part = parts[name], !part.isEmpty { return part }
    let names = parts.keys.sorted(by: Folder.precedes).joined(separator: ", ")
    throw Status(
      MTLRT_E_ARGUMENT,
      "no image is in the part \"\(name)\" of the split (parts: \(names.isEmpty ? "none" : names))")
  }
}
