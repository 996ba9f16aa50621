import MTLFormat
import MTLTrain
import Testing

struct DataSetTests {
  static var workers: Workers { Workers(threads: 2) }

  static func load(_ folder: TestFolder, tasks: [String]? = nil) throws -> DataSet {
    try DataSet(
      DataSetIndex(root: folder.path + "/data", tasks: tasks), side: 8, workers: workers)
  }

  /// The text of what `body` throws.
  static func failure(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing"
    } catch let error as Status {
      return error.text
    } catch {
      return "\(error)"
    }
  }

  @Test func labelsAreSortedOverAllTasks() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(2)
    let data = try Self.load(folder)
    let labels = data.index.labels
    #expect(labels.labels == ["blue", "dress", "red", "shirt"])
    #expect(labels.tasks.map { $0.name } == ["task1", "task2"])
    #expect(labels.tasks.map { $0.labels } == [[0, 2], [1, 3]])
    #expect(data.entries.count == 8)
    var targets = [Float](repeating: 9, count: 4)
    data.writeTargets(7, to: &targets)
    #expect(targets == [0, 0, 1, 1])
    #expect(data.image(0)[2] == 180 && data.image(0)[0] == 0)
  }

  @Test func unreadableFilesAreNamedAndSkipped() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(2)
    try folder.write("no image", to: "data/blue_dress/0.png")
    try folder.write("", to: "data/red_shirt/empty.jpg")
    let data = try Self.load(folder)
    #expect(data.entries.count == 7)
    #expect(data.unreadable.count == 2)
    #expect(data.unreadable[0].contains("blue_dress/0.png"))
    #expect(data.unreadable[1].contains("red_shirt/empty.jpg"))
    // Those behind a skipped file keep their own pixels.
    #expect(data.entries[0].path == "blue_dress/1.png" && data.image(0)[2] == 181)
  }

  @Test func dataSetsThatCannotBeLearnedAreRefused() throws {
    let folder = try TestFolder()
    #expect(Self.failure { _ = try Self.load(folder) }.contains("/data"))
    try folder.write("x", to: "data/readme.txt")
    #expect(Self.failure { _ = try Self.load(folder) }.contains("no folders"))
    try folder.writeImage(1, 2, 3, to: "data/red_dress/1.png")
    #expect(Self.failure { _ = try Self.load(folder) }.contains("one label only"))
    try folder.write("x", to: "data/blue_shirt/1.png")
    #expect(Self.failure { _ = try Self.load(folder) }.contains("same label"))
    try folder.write("x", to: "data/red_dress/1.png")
    #expect(Self.failure { _ = try Self.load(folder) }.contains("none of 2 images is readable"))
    try folder.writeImage(1, 2, 3, to: "data/green/1.png")
    #expect(Self.failure { _ = try Self.load(folder) }.contains("parts divided by"))
    #expect(Self.failure { _ = try Self.load(folder, tasks: ["a"]) }.contains("there are 1 tasks"))
  }

  @Test func duplicatesAndConflictsAreFound() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(2)
    try folder.writeImage(180, 0, 0, to: "data/red_dress/again.png")
    try folder.writeImage(0, 0, 180, to: "data/red_shirt/wrong.png")
    let index = try DataSetIndex(root: folder.path + "/data", tasks: nil)
    let data = try DataSet(index, side: 8, workers: Workers(threads: 1))
    let groups = data.duplicates.map { group in group.map { data.entries[$0].path } }
    #expect(
      groups == [
        ["blue_dress/0.png", "red_shirt/wrong.png"], ["red_dress/0.png", "red_dress/again.png"],
      ])
    let pairs = data.duplicates
    #expect(data.disagree(pairs[0][0], pairs[0][1]) && !data.disagree(pairs[1][0], pairs[1][1]))
  }

  /// Images to judge a network by need not have all that it knows.
  @Test func someOfTheLabelsThatAreKnown() throws {
    let folder = try TestFolder()
    try folder.write("x", to: "data/black_dress/1.png")
    try folder.write("path,color,product\na.png,,shirt\n", to: "labels.csv")
    let known = try LabelSet(
      names: ["color", "product"], labels: [["red", "black"], ["shirt", "dress"]])
    let index = try DataSetIndex(folder.path + "/data", known: known)
    #expect(index.labels == known && index.answers == [[[0], [1]]])
    #expect(
      try DataSetIndex(folder.path + "/labels.csv", known: known).answers == [[nil, [3]]])
    try folder.write("x", to: "data/black_hat/1.png")
    try folder.write("path,color,product\na.png,red;black,\n", to: "labels.csv")
    for name in ["/data", "/labels.csv"] {
      let text = Self.failure { _ = try DataSetIndex(folder.path + name, known: known) }
      #expect(text.contains(name) && text.contains("has no label"))
    }
  }

  /// A column for each task, empty cells, and the split in the same table.
  @Test func tableOfImages() throws {
    let folder = try TestFolder()
    for (number, name) in ["a", "b", "c", "d"].enumerated() {
      try folder.writeImage(UInt8(40 * number), 0, 0, to: "in/\(name).png")
    }
    try folder.write(
      """
      split,path,color,kind
      train,in/a.png,red,shirt
      val,in/b.png,,dress
      train,in/c.png,blue,
      ,in/d.png,red,shirt

      """, to: "labels.csv")
    let index = try DataSetIndex(folder.path + "/labels.csv", tasks: nil)
    #expect(index.labels.labels == ["blue", "dress", "red", "shirt"])
    #expect(index.folders == ["red_shirt", "?_dress", "blue_?"])
    #expect(index.answers == [[[2], [3]], [nil, [1]], [[0], nil]])
    let data = try DataSet(index, side: 4, workers: Workers(threads: 1))
    let split = Split(manifest: data)
    #expect(split.parts == ["train": [0, 2], "val": [1]] && split.unnamed == 1)
    var targets = [Float](repeating: 9, count: 4)
    data.writeTargets(1, to: &targets)
    #expect(targets == [-1, 1, -1, 0])
    let kinds = try DataSetIndex(folder.path + "/labels.csv", tasks: ["kind"])
    #expect(kinds.labels.tasks.map { $0.name } == ["kind"])
  }

  @Test(arguments: [
    "color\nred\n", "path,color\na.png,red\na.png,blue\n",
    "path,color\na.png,red\nb.png,\n", "path\na.png\n",
    "path,color\n", "path,color\n,red\nb,blue\n", "path,color\na.png\n",
  ])
  func tablesThatMakeNoSenseAreRefused(text: String) throws {
    let folder = try TestFolder()
    try folder.write(text, to: "labels.csv")
    #expect(throws: Status.self) { try DataSetIndex(folder.path + "/labels.csv", tasks: nil) }
  }

  /// A semicolon anywhere in a column makes it one of which any number of labels may hold.
  @Test func cellsWithSeveralLabels() throws {
    let folder = try TestFolder()
    for (number, name) in ["a", "b", "c", "d"].enumerated() {
      try folder.writeImage(UInt8(40 * number), 0, 0, to: "\(name).png")
    }
    try folder.write(
      """
      path,wears,kind
      a.png,scarf; hat,x
      b.png,;,y
      c.png,hat,x
      d.png,,y

      """, to: "labels.csv")
    let index = try DataSetIndex(folder.path + "/labels.csv", tasks: nil)
    #expect(index.labels.labels == ["hat", "scarf", "x", "y"])
    #expect(index.labels.tasks.map { $0.isExclusive } == [false, true])
    #expect(index.labels.independent == ["wears"])
    #expect(index.answers == [[[0, 1], [2]], [[], [3]], [[0], [2]], [nil, [3]]])
    #expect(index.folders == ["hat;scarf_x", "none_y", "hat_x", "?_y"])
    let data = try DataSet(index, side: 4, workers: Workers(threads: 1))
    let rows = (0..<4).map { position in
      var targets = [Float](repeating: 9, count: 4)
      data.writeTargets(position, to: &targets)
      return targets
    }
    #expect(rows == [[1, 1, 1, 0], [0, 0, 0, 1], [1, 0, 1, 0], [-1, -1, 0, 1]])
    // The same table as another run's labels have it: one label may hold, or several.
    try folder.write("path,wears\na.png,hat\nb.png,scarf\n", to: "plain.csv")
    let plain = folder.path + "/plain.csv"
    #expect(try DataSetIndex(plain, tasks: nil).labels.independent == [])
    let known = try LabelSet(
      names: ["wears"], labels: [["hat", "scarf"]], independent: ["wears"])
    #expect(try DataSetIndex(plain, known: known).labels.independent == ["wears"])
    let alone = try DataSet(data, keeping: index.labels.tasks[0])
    #expect(alone.index.labels.labels == ["hat", "scarf"])
    #expect(alone.index.answers == [[[0, 1]], [[]], [[0]], [nil]])
    #expect(alone.index.labels.independent == ["wears"])
    let kinds = try DataSet(data, keeping: index.labels.tasks[1])
    #expect(kinds.index.answers == [[[0]], [[1]], [[0]], [[1]]])
    #expect(kinds.image(2)[0] == data.image(2)[0])
  }

  /// Neither trained on nor validated with, but together in a part of their own.
  @Test func heldOutFoldersLeaveAllOtherParts() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(5)
    let workers = Workers(threads: 1)
    let index = try DataSetIndex(root: folder.path + "/data", tasks: ["color", "product"])
    let data = try DataSet(index, side: 8, workers: workers)
    let name = index.folders[1]
    let split = try Split(data, seed: 1).holdingOut([name], data)
    let own = data.entries.indices.filter { index.folders[data.entries[$0].folder] == name }
    #expect(try split.part(Split.heldOut) == own)
    #expect(try Set(split.part("train") + split.part("val")).isDisjoint(with: own))
    #expect(split.parts.values.reduce(0) { $0 + $1.count } == data.entries.count)
    #expect(throws: (any Error).self) { try Split(data, seed: 1).holdingOut(["none"], data) }
  }

  @Test func splitIsStratifiedAndFollowsTheSeed() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(10)
    let data = try Self.load(folder)
    let split = Split(data, seed: 1)
    #expect(split == Split(data, seed: 1))
    #expect(split != Split(data, seed: 2))
    for number in 0..<4 {
      #expect(try split.part("val").count { data.entries[$0].folder == number } == 2)
    }
    #expect(try Set(split.part("val") + split.part("train")).count == 40)
  }

  /// Copies are as good as seen: none is on the other side, across folders either.
  @Test(arguments: 1...20)
  func equalPicturesStayOnOneSide(seed: UInt64) throws {
    let folder = try TestFolder()
    for number in 0..<30 {
      let shade = UInt8(8 * (number / 5))
      try folder.writeImage(shade, 0, 0, to: "data/red/\(number).png")
      try folder.writeImage(0, 0, UInt8(8 * number + 1), to: "data/blue/\(number).png")
    }
    try folder.writeImage(0, 0, 9, to: "data/red/wrong.png")
    let data = try Self.load(folder)
    let split = Split(data, seed: seed)
    let (train, val) = (try Set(split.part("train")), try Set(split.part("val")))
    #expect(train.count + val.count == 61 && train.isDisjoint(with: val))
    for group in data.duplicates {
      #expect(Set(group).isSubset(of: train) || Set(group).isSubset(of: val))
    }
    for number in 0..<2 {
      let count = val.count { data.entries[$0].folder == number }
      #expect((5...8).contains(count))
    }
    // One picture alone, however often, is learned.
    try folder.writeImage(1, 2, 3, to: "data/green/a.png")
    try folder.writeImage(1, 2, 3, to: "data/green/b.png")
    let more = try Self.load(folder)
    let green = Set(more.entries.indices.filter { more.entries[$0].path.hasPrefix("green") })
    #expect(try green.isSubset(of: Set(Split(more, seed: seed).part("train"))))
  }

  /// Of combinations that one image has each, a fifth is for validation too.
  @Test func singleImagesAreSplitTogether() throws {
    let folder = try TestFolder()
    var lines = ["path,wears"]
    for number in 0..<10 {
      try folder.writeImage(UInt8(20 * number), 0, 0, to: "\(number).png")
      lines.append("\(number).png,all;label\(number)")
    }
    try folder.write(lines.joined(separator: "\n") + "\n", to: "labels.csv")
    let index = try DataSetIndex(folder.path + "/labels.csv", tasks: nil)
    let data = try DataSet(index, side: 4, workers: Workers(threads: 1))
    let split = Split(data, seed: 1)
    #expect(try split.part("val").count == 2 && split.part("train").count == 8)
  }

  @Test func splitFileSaysWhichImageIsForWhat() throws {
    let folder = try TestFolder()
    try folder.writeDataSet(2)
    let data = try Self.load(folder)
    let file = folder.path + "/split.csv"
    try folder.write(
      "split,path\r\ntrain,red_dress/0.png\r\nval,\"blue_shirt/1.png\"\nval,no/such.png\n",
      to: "split.csv")
    let split = try Split(data, file: file)
    #expect(try split.part("train").map { data.entries[$0].path } == ["red_dress/0.png"])
    #expect(try split.part("val").map { data.entries[$0].path } == ["blue_shirt/1.png"])
    #expect(split.missing == ["no/such.png"])
    #expect(split.unnamed == 6)
    #expect(Self.failure { _ = try split.part("test") }.contains("parts: train, val"))
    let bad = [
      "path\na\n": "no column \"split\"", "path,split\na\n": ":2: 1 fields",
      "path,split\n\"a,b\n": ":2: a quote",
      "path,split\nred_dress/0.png,\n": ":2: the split is empty",
      "path,split\nred_dress/0.png,a\nred_dress/0.png,b\n": ":3: red_dress/0.png is named twice",
    ]
    for (text, message) in bad {
      try folder.write(text, to: "split.csv")
      #expect(Self.failure { _ = try Split(data, file: file) }.contains(message))
    }
  }

  @Test func sampleIsTheSameForTheSameSeed() throws {
    let folder = try TestFolder()
    let set = SampleSet(perClass: 1, seed: 4)
    try set.write(to: folder.path + "/data", workers: Self.workers)
    try set.write(to: folder.path + "/again", workers: Workers(threads: 1))
    for name in set.folders {
      #expect(
        try folder.bytes("data/\(name)/000.png") == folder.bytes("again/\(name)/000.png"))
    }
    #expect(try Self.load(folder).entries.count == 9)
    #expect(throws: Status.self) {
      try set.write(to: folder.path + "/data", workers: Self.workers)
    }
  }
}
