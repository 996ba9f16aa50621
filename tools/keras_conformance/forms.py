"""Small models of the kinds that users have, for whatever Keras is given.

Each function takes the module of Keras and whether it is Keras 3, and returns a model.
"""

import numpy as np


def sequential(keras, _):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((12, 12, 3)), layers.Conv2D(4, 3, activation="relu"),
        layers.BatchNormalization(), layers.MaxPooling2D(), layers.SeparableConv2D(4, 2),
        layers.DepthwiseConv2D(2, strides=2), layers.Dropout(0.5), layers.Flatten(),
        layers.Dense(3, activation="softmax")])


def nested(keras, _):
    """A frozen model within a functional one: transfer learning."""
    layers = keras.layers
    entry = keras.Input((12, 12, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(entry))
    base = keras.Model(entry, layers.Conv2D(4, 3, activation="relu")(x), name="base")
    base.trainable = False
    outer = keras.Input((12, 12, 3))
    x = layers.GlobalAveragePooling2D()(base(outer, training=False))
    return keras.Model(outer, layers.Dense(3, activation="softmax")(layers.Dropout(0.2)(x)))


def partly_frozen(keras, _):
    layers = keras.layers
    entry = keras.Input((12, 12, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(entry))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    base = keras.Model(entry, x, name="base")
    for layer in base.layers[:3]:
        layer.trainable = False
    outer = keras.Input((12, 12, 3))
    return keras.Model(
        outer, layers.Dense(3, activation="sigmoid")(layers.GlobalMaxPooling2D()(base(outer))))


def twice_nested(keras, _):
    """A model within a model within a model, called twice."""
    layers = keras.layers
    inner = keras.Sequential([
        keras.Input((12, 12, 3)), layers.Conv2D(4, 3, padding="same"),
        layers.BatchNormalization(), layers.LeakyReLU()])
    entry = keras.Input((12, 12, 3))
    middle = keras.Model(entry, layers.Concatenate()(
        [inner(entry), inner(layers.Rescaling(2.0)(entry))]))
    outer = keras.Input((12, 12, 3))
    return keras.Model(outer, layers.Dense(2)(layers.Flatten()(middle(outer))))


def shared(keras, _):
    """Layers that are called again with what comes from later ones."""
    layers = keras.layers
    entry = keras.Input((12, 12, 3))
    conv, point = layers.Conv2D(3, 3, padding="same"), layers.Conv2D(3, 1)
    x = conv(entry)
    y = conv(point(x))
    return keras.Model(entry, layers.Flatten()(point(layers.Add()([x, y]))))


def operators(keras, is_three):
    """Arithmetic with tensors, and functions on them."""
    layers = keras.layers
    entry = keras.Input((8, 8, 3))
    x = 1 - (entry - np.array([1.0, 2.0, 3.0], np.float32)) / 2
    x = layers.Conv2D(4, 3)(-(x ** 2) + 0.5)
    x = x * layers.Activation("sigmoid")(x)
    if is_three:
        ops = keras.ops
        x = ops.mean(ops.relu(x), axis=[1, 2])
        x = ops.softmax(ops.concatenate([x, x * 2], axis=-1))
        return keras.Model(entry, ops.reshape(ops.stack([x, x], axis=1), (-1, 16)))
    import tensorflow as tf
    x = tf.reduce_mean(tf.nn.relu(x), axis=[1, 2])
    x = tf.nn.softmax(tf.concat([x, x * 2], axis=-1))
    return keras.Model(entry, tf.reshape(tf.stack([x, x], axis=1), (-1, 16)))


def slices(keras, _):
    layers = keras.layers
    entry = keras.Input((8, 8, 3))
    x = entry[..., ::-1][:, 1:-1, ::2]
    return keras.Model(entry, layers.Conv2D(2, 2)(x))


def preprocessing(keras, _):
    layers = keras.layers
    entry = keras.Input((12, 14, 3))
    grown = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    x = layers.Rescaling(1 / 127.5, offset=-1)(grown(entry))
    x = layers.CenterCrop(6, 7)(layers.Resizing(9, 11)(x))
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(x)
    return keras.Model(entry, layers.Flatten()(layers.Conv2D(3, 3)(x)))


def activations(keras, _):
    layers = keras.layers
    entry = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, activation=layers.LeakyReLU(0.1))(entry)
    for name in ("hard_sigmoid", "gelu", "swish", "selu", "softplus"):
        x = layers.Dense(4, activation=name)(x)
    x = layers.PReLU(shared_axes=[1, 2])(layers.ReLU(2.0, 0.1, 0.3)(x))
    return keras.Model(entry, layers.Softmax(axis=[1, 2])(layers.ELU(0.7)(x)))


def normalisations(keras, _):
    layers = keras.layers
    entry = keras.Input((6, 6, 8))
    x = layers.GroupNormalization(4)(entry)
    x = layers.LayerNormalization(axis=[1, 2, 3])(layers.LayerNormalization(scale=False)(x))
    return keras.Model(entry, layers.BatchNormalization(axis=1)(layers.UnitNormalization()(x)))


def attention(keras, _):
    layers = keras.layers
    entry = keras.Input((8, 8, 3))
    x = layers.Reshape((4, 8))(layers.Conv2D(8, 4, 4)(entry))
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(y, y)])
    x = layers.TimeDistributed(layers.Dense(5, activation="relu"))(x)
    return keras.Model(entry, layers.GlobalAveragePooling1D()(x))


def channels_first(keras, _):
    layers = keras.layers
    first = {"data_format": "channels_first"}
    entry = keras.Input((3, 8, 7))
    x = layers.ZeroPadding2D(((1, 0), (0, 2)), **first)(entry)
    x = layers.UpSampling2D(2, **first)(layers.BatchNormalization(axis=1)(x))
    return keras.Model(entry, layers.Flatten(**first)(x))


MODELS = [
    sequential, nested, partly_frozen, twice_nested, shared, operators, slices, preprocessing,
    activations, normalisations, attention, channels_first,
]


def subclass(keras):
    """A model that is code: no file says what it does."""
    class Code(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Code()
    model(np.zeros((1, 3), np.float32))
    return model
