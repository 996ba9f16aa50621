extension SourceSlot {
  /// For each element in the source's order, its place in the file's.
  private func places(shape: [Int], batch: Int) -> (shape: [Int], places: [Int]) {
    let sizes = axes.map { $0 == 0 ? batch : shape[$0] }
    let strides = rowMajorStrides([batch] + shape.dropFirst())
    return (sizes, stridedIndexes(sizes, strides: axes.map { strides[$0] }))
  }

  func toSource(
    _ elements: [Float], shape: [Int], batch: Int
  ) -> (shape: [Int], elements: [Float]) {
    let (sizes, places) = self.places(shape: shape, batch: batch)
    return (sizes, places.map { elements[$0] })
  }

  func toFile(_ elements: [Float], shape: [Int], batch: Int) -> [Float] {
    let (_, places) = self.places(shape: shape, batch: batch)
    var result = elements
    for (index, place) in places.enumerated() { result[place] = elements[index] }
    return result
  }
}
