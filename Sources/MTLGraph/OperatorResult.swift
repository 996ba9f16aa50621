import MTLFormat

extension Operator {
  /// Shape of the result of a node with these inputs and attributes, or nil where a node with them
  /// would break a rule: everything of `spec/operators.md`, section 1, is checked.
  public func checkedResultShape(_ inputs: [Tensor?], _ attributes: [Int64]) -> [Int]? {
    guard inputCounts.contains(inputs.count), accepts(attributeCount: attributes.count) else {
      return nil
    }
    for (index, slot) in attributes.enumerated() where !accepts(slot: slot, at: index) {
      return nil
    }
    let rule = shapeRule
    for (index, input) in inputs.enumerated() {
      guard let input else {
        if index < inputCounts.lowerBound || isVariadic { return nil }
        continue
      }
      let expected = rule.input(at: index)
      guard expected.types.contains(input.type), expected.ranks.contains(input.shape.count),
        !(expected.mustBeConstant() && !input.isConstant),
        !(expected.mustBeValue(index, of: inputs) && input.isConstant)
      else { return nil }
    }
    guard let shape = resultShape(inputs, attributes), shape.count <= 8,
      shape.allSatisfy({ $0 >= 1 && $0 <= dimensionMax }), (try? checkedProduct(shape)) != nil
    else { return nil }
    return shape
  }
}
