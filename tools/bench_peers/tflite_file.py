"""The reference network as a .tflite file, with the operators its converter makes from Keras."""

import flatbuffers
import numpy
from ai_edge_litert import schema_py_generated as schema

OPERATORS = schema.BuiltinOperator
OPTIONS = schema.BuiltinOptions
RELU = schema.ActivationFunctionType.RELU
# operator -> its version, the least that runtimes ask for with these types
VERSIONS = {OPERATORS.DEQUANTIZE: 3}


class _Graph:
    def __init__(self, halves):
        self.halves = halves
        self.tensors = []
        self.operators = []
        self.codes = []
        self.buffers = [schema.BufferT()]

    def tensor(self, name, shape, type_=schema.TensorType.FLOAT32, buffer=0):
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.buffer = name, type_, buffer
        tensor.shape, tensor.hasRank = list(shape), True
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def value(self, name, shape):
        """A computed value, whose batch is free."""
        index = self.tensor(name, [1, *shape])
        self.tensors[index].shapeSignature = [-1, *shape]
        return index

    def constant(self, name, array):
        if array.dtype == numpy.int32:
            return self.stored(name, array, schema.TensorType.INT32)
        if not self.halves:
            return self.stored(name, array.astype("<f4"), schema.TensorType.FLOAT32)
        half = self.stored(f"{name}.half", array.astype("<f2"), schema.TensorType.FLOAT16)
        whole = self.tensor(name, array.shape)
        return self.operator(OPERATORS.DEQUANTIZE, [half], whole)

    def stored(self, name, array, type_):
        buffer = schema.BufferT()
        buffer.data = numpy.frombuffer(numpy.ascontiguousarray(array).tobytes(), numpy.uint8)
        self.buffers.append(buffer)
        return self.tensor(name, array.shape, type_, len(self.buffers) - 1)

    def operator(self, code, inputs, output, options_type=0, options=None):
        if code not in self.codes:
            self.codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = self.codes.index(code)
        operator.inputs, operator.outputs = inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self.operators.append(operator)
        return output

    def convolution(self, x, index, block, shape):
        options = schema.Conv2DOptionsT()
        options.padding, options.fusedActivationFunction = schema.Padding.SAME, RELU
        options.strideH = options.strideW = 1
        inputs = [
            x, self.constant(f"w{index}", block.weights), self.constant(f"b{index}", block.bias)
        ]
        output = self.value(f"conv{index}", shape)
        return self.operator(OPERATORS.CONV_2D, inputs, output, OPTIONS.Conv2DOptions, options)

    def normalise(self, x, index, block, shape):
        scale = self.constant(f"s{index}", block.scale)
        output = self.value(f"scale{index}", shape)
        x = self.operator(
            OPERATORS.MUL, [x, scale], output, OPTIONS.MulOptions, schema.MulOptionsT()
        )
        shift = self.constant(f"t{index}", block.shift)
        output = self.value(f"shift{index}", shape)
        return self.operator(
            OPERATORS.ADD, [x, shift], output, OPTIONS.AddOptions, schema.AddOptionsT()
        )

    def pool(self, x, index, size, shape):
        options = schema.Pool2DOptionsT()
        options.padding = schema.Padding.VALID
        options.strideH = options.strideW = options.filterHeight = options.filterWidth = size
        output = self.value(f"pool{index}", shape)
        return self.operator(OPERATORS.MAX_POOL_2D, [x], output, OPTIONS.Pool2DOptions, options)

    def dense(self, x, name, layer, activation):
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = activation
        inputs = [
            x, self.constant(f"{name}.w", layer.weights), self.constant(f"{name}.b", layer.bias)
        ]
        output = self.value(name, [len(layer.bias)])
        return self.operator(
            OPERATORS.FULLY_CONNECTED, inputs, output, OPTIONS.FullyConnectedOptions, options
        )

    def bytes(self, inputs, outputs):
        subgraph = schema.SubGraphT()
        subgraph.tensors, subgraph.operators = self.tensors, self.operators
        subgraph.inputs, subgraph.outputs, subgraph.name = inputs, outputs, "main"
        model = schema.ModelT()
        model.version, model.description = 3, "reference"
        model.subgraphs, model.buffers = [subgraph], self.buffers
        model.operatorCodes = [_code(code) for code in self.codes]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def _code(builtin):
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = VERSIONS.get(builtin, 1)
    return code


def tflite_file(network, halves):
    """The file's bytes; `halves` stores all weights as f16."""
    graph = _Graph(halves)
    size = network.size
    x = image = graph.value("image", [size, size, 3])
    for index, block in enumerate(network.blocks, 1):
        shape = [size, size, len(block.bias)]
        x = graph.convolution(x, index, block, shape)
        x = graph.normalise(x, index, block, shape)
        if block.pool:
            size //= block.pool
            x = graph.pool(x, index, block.pool, [size, size, len(block.bias)])
    hidden, last = network.dense
    inputs = hidden.weights.shape[1]
    shape = graph.constant("shape", numpy.array([-1, inputs], numpy.int32))
    options = schema.ReshapeOptionsT()
    options.newShape = [-1, inputs]
    x = graph.operator(
        OPERATORS.RESHAPE, [x, shape], graph.value("flatten", [inputs]),
        OPTIONS.ReshapeOptions, options,
    )
    x = graph.dense(x, "dense1", hidden, RELU)
    x = graph.dense(x, "dense2", last, schema.ActivationFunctionType.NONE)
    answers = graph.value("probabilities", [len(last.bias)])
    graph.operator(OPERATORS.LOGISTIC, [x], answers)
    return graph.bytes([image], [answers])
