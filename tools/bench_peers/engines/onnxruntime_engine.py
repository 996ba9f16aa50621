"""ONNX Runtime, its CPU execution provider."""

PACKAGE = "onnxruntime"
TITLE = "ONNX Runtime"
SIXTEEN_BITS = "none: weights are f32 here too"
LAYOUT = "NCHW"


def convert(network, folder):
    from bench_peers.onnx_file import onnx_file

    return {"f32": onnx_file(network, folder)}


def convert_onnx(path, folder):
    return {"f32": path}


def load():
    import onnxruntime  # noqa: F401


class Engine:
    def __init__(self, path, threads, batch, storage):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_free_dimension_override_by_name("batch", batch)
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def prepare(self, images):
        return {self.session.get_inputs()[0].name: images}

    def run(self, prepared):
        return self.session.run(None, prepared)[0]
