"""ONNX's backend tests, which its package carries, through mtl-export and mtl-run."""
