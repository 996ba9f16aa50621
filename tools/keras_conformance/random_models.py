"""Classifiers with random weights and statistics that tell images apart.

With Keras's own start, every probability would be the same; with statistics drawn at random, the
activations of a deep network grow until one probability is 1. So the statistics are those that the
network has on random images, disturbed; and the last layer is scaled such that its results differ
from image to image, and from label to label, by about one half.
"""

import numpy as np

LABELS = 10


def classifier(name, size):
    import keras
    keras.utils.set_random_seed(len(name))
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), classes=LABELS)
    random = np.random.default_rng(len(name))
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    for weight in model.weights:
        if len(weight.shape) > 1 and not norms:
            # Nothing else keeps activations behind ReLU from fading away.
            weight.assign(np.asarray(weight) * np.float32(np.sqrt(2)))
        elif len(weight.shape) == 1 and "float" in str(weight.dtype):
            spread = random.standard_normal(weight.shape) * 0.1
            is_factor = any(word in weight.path for word in ("gamma", "variance"))
            weight.assign(np.abs(1 + spread) if is_factor else spread)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            # Normalisation computes with copies of its weights, which a loaded model has made anew.
            layer.finalize_state()
    sample = images(8, size, seed=2)
    measure(model, norms, sample)
    for layer in norms:
        shape = layer.moving_mean.shape
        variance = np.asarray(layer.moving_variance) + 1e-3
        layer.moving_mean.assign(
            np.asarray(layer.moving_mean)
            + 0.1 * np.sqrt(variance) * random.standard_normal(shape))
        layer.moving_variance.assign(variance * np.exp(0.2 * random.standard_normal(shape)))
    spread_labels(model, sample, random)
    return model


def measure(model, norms, sample):
    """Makes the statistics of batch normalisations those of the sample."""
    for layer in norms:
        layer.moving_variance.assign(np.ones(layer.moving_variance.shape))
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    if norms:
        model(sample, training=True)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum


def spread_labels(model, sample, random):
    """Scales the last layer with weights, on whose input the sample's images differ."""
    import keras
    last = [layer for layer in model.layers if hasattr(layer, "kernel")][-1]
    features = np.asarray(keras.Model(model.input, last.input)(sample, training=False))
    features = features.reshape(len(sample), -1).astype(np.float64)
    kernel = random.standard_normal((features.shape[1], LABELS))
    scores = features @ kernel
    middle = scores.mean(0)
    # Not without end: differences between images that are rounding errors must stay small.
    scale = 0.6 / np.maximum(scores.std(0), 0.02 * np.abs(middle))
    last.kernel.assign((kernel * scale).reshape(last.kernel.shape))
    last.bias.assign(random.standard_normal(LABELS) * 0.5 - middle * scale)


def images(count, size, seed):
    """Patches of random colors with noise over them."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 256, (count, 4, 4, 3))
    places = np.arange(size) * 4 // size
    noise = random.integers(-40, 41, (count, size, size, 3))
    return np.clip(patches[:, places][:, :, places] + noise, 0, 255).astype(np.float32)


def fault(probabilities):
    """Why these would prove little, or None."""
    if not np.isfinite(probabilities).all() or probabilities.max() > 0.99:
        return f"a probability of {probabilities.max():.3g}: the test proves nothing"
    between_labels = np.ptp(probabilities, axis=1).min()
    between_images = np.ptp(probabilities, axis=0).max()
    if between_labels < 0.05 or between_images < 0.02:
        return (f"probabilities {between_labels:.2g} apart, from image to image "
                f"{between_images:.2g}: the test proves nothing")
    return None
