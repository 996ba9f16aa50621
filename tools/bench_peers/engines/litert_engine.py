"""LiteRT (the runtime of TensorFlow Lite), whose CPU kernels are XNNPACK's."""

import numpy

PACKAGE = "ai-edge-litert"
TITLE = "LiteRT"
SIXTEEN_BITS = "weights as f16 in the file, as its converter stores them"
LAYOUT = "NHWC"


def convert(network, folder):
    from bench_peers.tflite_file import tflite_file

    paths = {"f32": folder / "network-f32.tflite", "16": folder / "network-f16.tflite"}
    for storage, path in paths.items():
        path.write_bytes(tflite_file(network, halves=storage == "16"))
    return paths


def load():
    import ai_edge_litert.interpreter  # noqa: F401


class Engine:
    def __init__(self, path, threads, batch, storage):
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(model_path=str(path), num_threads=threads)
        details = self.interpreter.get_input_details()[0]
        self.input = details["index"]
        if batch != details["shape"][0]:
            self.interpreter.resize_tensor_input(self.input, [batch, *details["shape"][1:]])
        self.interpreter.allocate_tensors()
        self.output = self.interpreter.get_output_details()[0]["index"]

    def prepare(self, images):
        return images

    def run(self, prepared):
        numpy.copyto(self.interpreter.tensor(self.input)(), prepared)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)
