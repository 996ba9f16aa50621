import CLIKit
import CMTL

/// How the model that a file was made of lays out an input or output (metadata `mtl.axes`).
struct SourceLayout {
  /// For each axis of the source, the axis of the file's tensor; axis 0 counts the batch.
  private let axes: [Int]
  /// Of the file's tensor, for a batch of 1.
  private let shape: [Int]

  /// `line` is nil where the source is like the file. Throws for a line that does not fit.
  init(_ line: [UInt8]?, shape: [Int]) throws(Failure) {
    self.shape = shape
    guard let line else {
      axes = Array(shape.indices)
      return
    }
    var list: [Int] = []
    for word in line.split(separator: 0x20) {
      guard word.count == 1, let digit = word.first, digit >= 0x30,
        Int(digit - 0x30) < shape.count, !list.contains(Int(digit - 0x30))
      else { throw Failure(.unreadableModel, "metadata mtl.axes does not fit the model") }
      list.append(Int(digit - 0x30))
    }
    // An axis that the source lacks has nothing to say.
    for axis in shape.indices where !list.contains(axis) && shape[axis] != 1 {
      throw Failure(.unreadableModel, "metadata mtl.axes does not fit the model")
    }
    axes = list
  }

  /// The lines of a metadata entry; none if it is absent.
  static func lines(_ text: UnsafePointer<CChar>?) -> ArraySlice<[UInt8]> {
    guard let text else { return [] }
    let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
    var lines: [[UInt8]] = [[]]
    for byte in bytes {
      if byte == 0x0A {
        lines.append([])
      } else {
        lines[lines.count - 1].append(byte)
      }
    }
    return lines[...]
  }

  /// Whether the source counts the batch: if not, a tensor is all there is.
  var isBatched: Bool { axes.contains(0) }
  private var batchAxis: Int { axes.firstIndex(of: 0) ?? 0 }

  /// The source's shape for `batch` images.
  func shape(batch: Int) -> [Int] {
    axes.map { $0 == 0 ? batch : shape[$0] }
  }

  /// The images of a tensor of the source, or nil if it has another shape.
  func batch(of source: [Int]) -> Int? {
    guard source.count == axes.count else { return nil }
    for (size, axis) in zip(source, axes) where axis != 0 && size != shape[axis] { return nil }
    guard isBatched else { return 1 }
    let count = source[batchAxis]
    return count > 0 ? count : nil
  }

  /// `(N, 3, 224, 224)`, for messages.
  var text: String {
    var text = "("
    for (index, axis) in axes.enumerated() {
      if index > 0 { text += ", " }
      text += axis == 0 ? "N" : "\(shape[axis])"
    }
    return text + ")"
  }

  /// Whether the elements lie in the same order in both.
  var isSame: Bool {
    var last = -1
    for axis in axes where axis == 0 || shape[axis] > 1 {
      if axis < last { return false }
      last = axis
    }
    return true
  }

  /// Copies a batch out of the source's order into the file's (`isToFile`), or back.
  func copy(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, batch: Int, isToFile: Bool
  ) {
    var strides = Array(repeating: 1, count: shape.count)
    var step = 1
    for axis in shape.indices.reversed() {
      strides[axis] = step
      step *= shape[axis]
    }
    let sizes = shape(batch: batch)
    let count = step * batch
    var index = Array(repeating: 0, count: axes.count)
    var place = 0
    for element in 0..<count {
      if isToFile { to[place] = from[element] } else { to[element] = from[place] }
      // The source's last axis runs fastest.
      var axis = axes.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axes[axis]]
        if index[axis] < sizes[axis] { break }
        place -= strides[axes[axis]] * sizes[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
