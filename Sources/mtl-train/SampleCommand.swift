import MTLTrain

/// `mtl-train sample`.
enum SampleCommand: Subcommand {
  static let word = "sample"

  static let command = Command(
    name: "mtl-train sample", operands: ["DIR"],
    summary: "Writes a generated data set of garments in colors, to try things with.",
    options: [
      .init("--per-class", "N", "images in each of the nine folders (default: 160)"),
      .init("--seed", "N", "decides everything random (default: 1)"),
      CommonOptions.threads,
    ],
    notes: """
      DIR must be new or empty. It gets nine folders of PNG files: black, blue and red dresses,
      jeans and shirts.

      Examples:
        mtl-train sample garments
        mtl-train sample garments --per-class 200 --seed 7
      """)

  static func run(_ arguments: Arguments) throws -> Int32 {
    let set = SampleSet(
      perClass: try arguments.integer("--per-class", in: 1...100_000) ?? 160,
      seed: try arguments.integer("--seed", in: 0...UInt64.max) ?? 1)
    try set.write(to: arguments.operands[0], workers: try CommonOptions.workers(arguments))
    Console.out(
      "\(set.folders.count * set.perClass) images in \(set.folders.count) folders: "
        + "\(arguments.operands[0])\n")
    return 0
  }
}
