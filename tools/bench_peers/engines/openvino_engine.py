"""OpenVINO, its CPU plugin."""

PACKAGE = "openvino"
TITLE = "OpenVINO"
SIXTEEN_BITS = "weights compressed to f16 in the file, f32 arithmetic"
LAYOUT = "NCHW"


def convert(network, folder):
    from bench_peers.onnx_file import onnx_file

    return convert_onnx(onnx_file(network, folder), folder)


def convert_onnx(path, folder):
    import openvino

    model = openvino.convert_model(str(path))
    paths = {"f32": folder / "network-f32.xml", "16": folder / "network-f16.xml"}
    for storage, path in paths.items():
        openvino.save_model(model, str(path), compress_to_fp16=storage == "16")
    return paths


def load():
    import openvino  # noqa: F401


class Engine:
    def __init__(self, path, threads, batch, storage):
        import openvino

        core = openvino.Core()
        model = core.read_model(str(path))
        shape = model.input(0).partial_shape
        model.reshape([batch, *[shape[axis].get_length() for axis in range(1, 4)]])
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        })
        self.request = compiled.create_infer_request()

    def prepare(self, images):
        import openvino

        self.request.set_input_tensor(openvino.Tensor(images, shared_memory=True))
        return images

    def run(self, prepared):
        self.request.infer()
        return self.request.get_output_tensor(0).data
