import MTLTrain

/// `mtl-train sample`.
enum SampleCommand: Subcommand {
  static let word = "sample"

  static let command = Command(
    name: "mtl-train sample", operands: ["DIR"],
    summary: "Writes a generated data set of garments in colors, to try things with.",
    options: [
      .init("--per-class", "N", "images in each of the nine folders (default: 60)"),
      .init("--seed", "N", "decides everything random (default: 1)"),
      CommonOptions.threads,
    ],
    notes: """
      Nine folders: black, blue and red dresses, jeans and shirts.

      Examples:
        mtl-train sample garments
        mtl-train sample garments --per-class 200 --seed 7
      """)

  static func run(_ arguments: Arguments) throws -> Int32 {
    throw arguments.error("not yet")
  }
}
