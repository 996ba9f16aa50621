"""An imported model beside ONNX Runtime, on random inputs."""
