/// How the outputs of a source graph lie in the file's tensors.
struct OutputForm {
  let slots: [SourceSlot]
  /// Of the file's tensors, for one image.
  let shapes: [[Int]]

  /// Outputs in the source's shapes and order as the file has them. Errors: another shape.
  func answers(_ outputs: [HostTensor], batch: Int) throws -> Answers {
    Answers(
      outputs: try outputs.enumerated().map { index, output in
        let (slot, shape) = (slots[index], shapes[index])
        guard output.count == shape.reduce(batch, *) else {
          throw ImportError(
            "output '\(slot.name)' is \(shapeText(output.shape)), the file has "
              + shapeText([batch] + shape.dropFirst()))
        }
        return slot.toFile(output.asFloats, shape: shape, batch: batch)
      })
  }
}

extension Importer {
  var outputForm: OutputForm {
    OutputForm(
      slots: outputs, shapes: owned.model.outputs.map { owned.model.tensors[$0].shape })
  }
}
