"""The network's answers in double precision: what every engine is compared with."""

import numpy


def forward(network, images):
    """Probabilities (batch, labels) of images (batch, height, width, 3), in float64."""
    return numpy.concatenate([_one(network, image) for image in images.astype(numpy.float64)])


def _one(network, x):
    for block in network.blocks:
        x = _convolve(x, block.weights.astype(numpy.float64)) + block.bias
        x = numpy.maximum(x, 0) * block.scale.astype(numpy.float64) + block.shift
        if block.pool:
            x = _max_pool(x, block.pool)
    x = x.reshape(-1)
    hidden, last = network.dense
    x = numpy.maximum(hidden.weights.astype(numpy.float64) @ x + hidden.bias, 0)
    x = last.weights.astype(numpy.float64) @ x + last.bias
    return 1 / (1 + numpy.exp(-x))[None]


def _convolve(x, weights):
    """3x3, stride 1, zeros around: (H, W, C) with (O, 3, 3, C) is (H, W, O)."""
    padded = numpy.pad(x, ((1, 1), (1, 1), (0, 0)))
    windows = numpy.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
    return numpy.tensordot(windows, weights, axes=([3, 4, 2], [1, 2, 3]))


def _max_pool(x, size):
    height, width, channels = x.shape
    rows = x[: height // size * size, : width // size * size]
    return rows.reshape(height // size, size, width // size, size, channels).max(axis=(1, 3))
