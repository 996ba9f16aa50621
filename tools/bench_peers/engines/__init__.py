"""The engines, one file each. A file `<name>_engine.py` holds

TITLE          its name for people
PACKAGE        its Python package, None for ours
LAYOUT         order of the input's dimensions: "NCHW" or "NHWC"
SIXTEEN_BITS   what it does when it may store weights in 16 bits
convert        (network, folder) -> {"f32": path, "16": path}; without "16" f32 stands for both
convert_onnx   (path of an ONNX file, folder) -> the same; an engine without it runs no --model
converters     optional: files, besides this one, that decide what a converted model is
load           imports what it runs on, so that this time can be told apart
Engine         (path, threads, batch, storage), .prepare(images), .run(prepared) -> answers
"""

import importlib

# name -> the packages of tools/requirements-bench.txt that it needs besides numpy
NEEDS = {
    "ours": ["onnx"],
    "onnxruntime": ["onnxruntime", "onnx"],
    "openvino": ["openvino", "onnx"],
    "ncnn": ["ncnn"],
    "mnn": ["MNN", "onnx"],
    "litert": ["ai-edge-litert"],
}
# and what converts the ONNX files of --model, and gives their right answers
NEEDS_FOR_MODELS = {"ours": ["onnxruntime"], "ncnn": ["pnnx", "onnx"]}
NAMES = list(NEEDS)


def module(name):
    return importlib.import_module(f"bench_peers.engines.{name}_engine")
