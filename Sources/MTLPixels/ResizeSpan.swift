import MTLFormat

/// Which pixels of a resized image are wanted along one axis.
struct ResizeSpan {
  /// Pixels of the whole resized image.
  let whole: Int
  /// The first that is wanted, and how many.
  let first: Int, count: Int

  /// All of them.
  init(whole: Int) { (self.whole, first, count) = (whole, 0, whole) }

  /// The central ones: what is left out before them is half of all that is, a half to the even.
  init(whole: Int, central count: Int) {
    let half = (whole - count) / 2
    let isOdd = (whole - count) % 2 == 1
    (self.whole, first, self.count) = (whole, half + (isOdd ? half % 2 : 0), count)
  }
}

extension Preprocessing {
  /// What becomes the input of an image of `imageWidth` by `imageHeight` pixels.
  func spans(imageWidth: Int, imageHeight: Int) -> (x: ResizeSpan, y: ResizeSpan) {
    guard let side = cropSide else {
      return (ResizeSpan(whole: width), ResizeSpan(whole: height))
    }
    let shorter = min(imageWidth, imageHeight)
    return (
      ResizeSpan(whole: side * imageWidth / shorter, central: width),
      ResizeSpan(whole: side * imageHeight / shorter, central: height)
    )
  }
}
