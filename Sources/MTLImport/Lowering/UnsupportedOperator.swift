/// What is said of an operator that is not supported, with the way out where there is one.
enum UnsupportedOperator {
  static func text(_ node: SourceNode) -> String {
    let said = "the operator is not supported"
    if let way = ways.first(where: { $0.operators.contains(node.op) })?.way {
      return "\(said); \(way)"
    }
    switch node.domain {
    case "": return said
    case "com.microsoft", "com.ms.internal.nhwc", "com.microsoft.nchwc":
      return """
        \(said); it is one of ONNX Runtime's own: import the model from before it was optimized
        """
    case "ai.onnx.ml": return "\(said); it belongs to models of tables and lists"
    default: return said
    }
  }

  private static let ways: [(operators: Set<String>, way: String)] = [
    (
      [
        "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul",
        "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearGlobalAveragePool", "QGemm",
        "QLinearSigmoid", "QLinearLeakyRelu", "QLinearAveragePool", "QLinearSoftmax",
        "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "QAttention", "FusedMatMulInteger",
      ],
      """
      import the model from before it was quantized, --weights int8 quantizes it again; or \
      quantize it with QuantizeLinear and DequantizeLinear around each layer (QDQ)
      """
    ),
    (
      ["NonMaxSuppression", "RoiAlign", "MaxRoiPool", "TopK", "Unique", "NonZero"],
      "it chooses boxes or places: export the network from before that step"
    ),
    (
      ["Loop", "Scan"],
      "export the model without loops, with shapes that are fixed (torch.onnx.export by tracing)"
    ),
    (
      [
        "StringNormalizer", "StringSplit", "StringConcat", "RegexFullMatch", "TfIdfVectorizer",
        "SequenceConstruct", "SequenceAt", "SequenceEmpty", "SequenceInsert", "SplitToSequence",
        "ConcatFromSequence", "ZipMap", "Optional",
      ],
      "its values are no tensors of numbers: export the network without that step"
    ),
    (
      [
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial",
        "Bernoulli",
      ],
      "a prediction is not random: export the model in its evaluation mode"
    ),
  ]
}
