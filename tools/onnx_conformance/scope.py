"""Why a test is none of an image classifier in float32."""

import numpy as np

# Operators that no image classifier has at prediction time, by what they are for.
OTHER_OPERATORS = {
    "sequences, optional values and maps": """
        SequenceMap SequenceLength SequenceEmpty SequenceInsert SequenceConstruct SequenceErase
        SequenceAt SplitToSequence ConcatFromSequence OptionalHasElement OptionalGetElement
        Optional ArrayFeatureExtractor LabelEncoder Binarizer TreeEnsemble""",
    "texts": """
        StringSplit StringNormalizer StringConcat RegexFullMatch TfIdfVectorizer""",
    "control flow": "If Loop Scan",
    "recurrent networks": "GRU LSTM RNN",
    "language models": """
        FlexAttention LinearAttention CausalConvWithState RotaryEmbedding TensorScatter
        SwiGLU""",
    "training": """
        NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss Gradient Adam Adagrad Momentum""",
    "random numbers": """
        Bernoulli RandomUniformLike RandomNormalLike RandomUniform RandomNormal Multinomial""",
    "signals": """
        DFT STFT BlackmanWindow HammingWindow HannWindow MelWeightMatrix""",
    "detection and geometry": """
        NonMaxSuppression RoiAlign GridSample AffineGrid DeformConv MaxUnpool MaxRoiPool Col2Im
        Det CenterCropPad ImageDecoder""",
    "bits and integer arithmetic": """
        BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitCast ConvInteger MatMulInteger
        QLinearConv QLinearMatMul DynamicQuantizeLinear""",
    "indexes that depend on the image": """
        Unique Compress NonZero
        ReverseSequence""",
    "lists that are multiplied up, and masks": "CumProd OneHot EyeLike",
}
REASONS = {name: reason for reason, names in OTHER_OPERATORS.items() for name in names.split()}

# Numbers that float32 stands in for: a model file computes with nothing else.
TYPES = {np.dtype(name) for name in (
    "float32", "float64", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")}

# Tests that fail, and why.
_WRAPS = "differences below 0, which integers of 32 bits wrap around"
_PYTORCH = "align_corners by the size of the result, as PyTorch and ONNX Runtime do"
_CONSTANT = "a constant in the place of the image"
KNOWN = {
    "test_constantofshape_float_ones": "the shape of the result is the input",
    "test_constantofshape_int_zeros": "the shape of the result is the input",
    "test_dequantizelinear_axis": _CONSTANT,
    "test_dequantizelinear_blocked": _CONSTANT,
    "test_einsum_batch_diagonal": "a diagonal, which is no product of matrices",
    "test_maxpool_2d_uint8": "pools of integers",
    "test_mod_float_edge_cases_fmod_0_float32": "the rest of a division by infinity",
    "test_mod_float_edge_cases_fmod_0_float64": "the rest of a division by infinity",
    "test_quantizelinear_blocked_asymmetric": "scales of blocks",
    "test_resize_downsample_scales_cubic_align_corners": _PYTORCH,
    "test_resize_downsample_scales_linear_align_corners": _PYTORCH,
    "test_sub_uint32": _WRAPS,
    "test_Embedding": "rows of a table that the input chooses",
    "test_Embedding_sparse": "rows of a table that the input chooses",
}


# What mtl-export says where a test is beyond what such a classifier has.
MESSAGES = {
    "does not depend on the input": "a result that does not depend on the image",
    "attribute reduction is": "several updates of one place",
    "without elements": "a tensor without elements",
    "training": "training",
    "indexes of the largest elements": "indexes for unpooling",
    "3 spatial axes": "volumes, which are no images",
    "rank 5; 3 and 4 are known": "volumes, which are no images",
}


def reason_of_message(message):
    """In words, or None if the refusal is a failure."""
    return next((reason for words, reason in MESSAGES.items() if words in message), None)


def is_of_language_model(node):
    """Whether an Attention has what a classifier's has not."""
    plain = {"scale", "is_causal", "q_num_heads", "kv_num_heads", "softmax_precision"}
    return (len([name for name in node.output if name]) > 1
            or any(node.input[4:]) or {one.name for one in node.attribute} - plain)


def reason(case):
    """In words, or None if the test is in scope."""
    domains = {node.domain for node in case.model.graph.node} - {"", "ai.onnx"}
    if domains:
        return f"domain {sorted(domains)[0]}"
    for node in case.model.graph.node:
        if node.op_type in REASONS:
            return f"{REASONS[node.op_type]} ({node.op_type})"
        if node.op_type == "Attention" and is_of_language_model(node):
            return "language models (Attention with a cache, a window or a soft cap)"
    opset = max(entry.version for entry in case.model.opset_import if not entry.domain)
    if opset < 6:
        return f"operator set {opset}, before 6"
    for array in case.inputs + case.outputs:
        if not isinstance(array, np.ndarray):
            return "not a plain tensor"
        if array.dtype not in TYPES:
            return f"element type {array.dtype}"
        if array.size == 0:
            return "a tensor without elements"
    if not case.inputs:
        return "no input"
    if not case.outputs or all(array.dtype == np.int64 for array in case.outputs) and all(
            node.op_type in ("Shape", "Size") for node in case.model.graph.node):
        return "a result that does not depend on the image"
    return None
