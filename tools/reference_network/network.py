"""The reference network's layers and random weights, as plain arrays.

96x96x3 -> [conv 3x3 same, ReLU, scale and shift] 2x32, 2x64, 4x128, each group followed by a
max-pool -> dense 1048, ReLU -> dense 6, sigmoid. The weights are scaled so that the answers are
spread between 0 and 1: a network that is sure of everything hides what its arithmetic does.
"""

import dataclasses

import numpy

# (filters, how many blocks, size and stride of the max-pool after them)
GROUPS = [(32, 2, 3), (64, 2, 2), (128, 4, 2)]
HIDDEN, LABELS = 1048, 6


@dataclasses.dataclass
class Block:
    """A 3x3 convolution that keeps the size, ReLU, and what batch normalisation becomes."""

    weights: numpy.ndarray  # (filters, 3, 3, channels)
    bias: numpy.ndarray
    scale: numpy.ndarray
    shift: numpy.ndarray
    pool: int  # size and stride of the max-pool that follows, or 0


@dataclasses.dataclass
class Dense:
    weights: numpy.ndarray  # (outputs, inputs); the first's inputs run as (row, column, channel)
    bias: numpy.ndarray


@dataclasses.dataclass
class Network:
    size: int  # height and width of the input image
    blocks: list
    dense: list  # a ReLU stands between them, a sigmoid after the last

    @property
    def features(self):
        """(height, width, channels) before the first dense layer."""
        size = self.size
        for block in self.blocks:
            size //= block.pool or 1
        return size, size, len(self.blocks[-1].bias)

    @property
    def operations(self):
        """Floating-point operations of the convolutions and dense layers for an image."""
        size, count = self.size, 0
        for block in self.blocks:
            count += 2 * size * size * block.weights.size
            size //= block.pool or 1
        return count + sum(2 * layer.weights.size for layer in self.dense)


def reference_network(seed=1, size=96, width=1):
    """`width` multiplies the filters and the hidden units."""
    random = numpy.random.default_rng(seed)
    blocks, channels = [], 3
    for filters, times, pool in GROUPS:
        for time in range(times):
            last = time == times - 1
            blocks.append(_block(random, channels, filters * width, pool if last else 0))
            channels = filters * width
    network = Network(size, blocks, [])
    inputs = int(numpy.prod(network.features))
    network.dense = [
        _dense(random, inputs, HIDDEN * width, 2), _dense(random, HIDDEN * width, LABELS, 1)
    ]
    return network


def _block(random, channels, filters, pool):
    spread = numpy.sqrt(2 / (9 * channels))
    return Block(
        weights=_f32(random.normal(0, spread, (filters, 3, 3, channels))),
        bias=_f32(random.normal(0, 0.1, filters)),
        scale=_f32(random.uniform(0.5, 1.5, filters)),
        shift=_f32(random.normal(0, 0.3, filters)),
        pool=pool,
    )


def _dense(random, inputs, outputs, gain):
    weights = random.normal(0, numpy.sqrt(gain / inputs), (outputs, inputs))
    return Dense(_f32(weights), _f32(random.normal(0, 0.1, outputs)))


def _f32(array):
    return numpy.ascontiguousarray(array, "<f4")
