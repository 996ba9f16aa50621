"""The reference network in Keras, and its weights in the order and layout of mtl-train."""

import numpy as np


def build(keras, dropout=True):
    """From (96, 96, 3) to six sigmoid outputs."""
    layers = keras.layers
    net = [keras.Input((96, 96, 3))]

    def block(filters, times, pool):
        for _ in range(times):
            net.append(layers.Conv2D(filters, 3, padding="same"))
            net.append(layers.Activation("relu"))
            net.append(layers.BatchNormalization())
        net.append(layers.MaxPooling2D(pool))

    def drop(rate):
        if dropout:
            net.append(layers.Dropout(rate))

    block(32, 2, 3)
    drop(0.25)
    block(64, 2, 2)
    block(128, 4, 2)
    net.append(layers.Flatten())
    net.append(layers.Dense(1048))
    net.append(layers.Activation("relu"))
    drop(0.4)
    net.append(layers.Activation("relu"))
    net.append(layers.Dense(6))
    net.append(layers.Activation("sigmoid"))
    return keras.Sequential(net)


def randomize(model, seed):
    """Random weights, and batch normalisation that has seen something."""
    random = np.random.default_rng(seed)
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "BatchNormalization":
            size = layer.gamma.shape
            layer.set_weights([
                random.uniform(0.5, 1.5, size), random.normal(0, 0.3, size),
                random.uniform(0, 0.6, size), random.uniform(0.2, 1.2, size),
            ])
        elif kind in ("Conv2D", "Dense"):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, random.normal(0, 0.1, bias.shape)])


def ours(kind, arrays):
    """A layer's arrays in our layout: OHWI for convolutions, (output, input) for dense layers."""
    if kind == "Conv2D":
        return [arrays[0].transpose(3, 0, 1, 2), arrays[1]]
    if kind == "Dense":
        return [arrays[0].T, arrays[1]]
    return list(arrays)


NAMES = {
    "Conv2D": ("conv", ("weights", "bias")),
    "Dense": ("dense", ("weights", "bias")),
    "BatchNormalization": ("bn", ("gamma", "beta", "mean", "variance")),
}


def parameters(model):
    """(name, array, is_trained) in the order of a checkpoint."""
    counts, result = {}, []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind not in NAMES:
            continue
        prefix, names = NAMES[kind]
        counts[prefix] = counts.get(prefix, 0) + 1
        for name, array in zip(names, ours(kind, layer.get_weights())):
            result.append((f"{prefix}{counts[prefix]}.{name}", array.astype(np.float32),
                           name not in ("mean", "variance")))
    return result
