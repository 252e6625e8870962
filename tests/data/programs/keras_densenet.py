"""DenseNet by nested functions, a decorator, a configuration dictionary and functools.reduce."""
import functools
from dataclasses import dataclass
import tensorflow as tf
from tensorflow.keras import Input, Model
from tensorflow.keras import layers as L

CONFIG = {"growth": 12, "blocks": (4, 4, 4), "classes": 10, "compression": 0.5, "input": {"size": 32, "channels": 3}}


@dataclass
class Settings:
    growth: int
    blocks: tuple
    classes: int
    compression: float = 1.0


def named(prefix):
    def wrap(function):
        @functools.wraps(function)
        def inner(x, *args, **kwargs):
            return function(x, *args, prefix=prefix, **kwargs)
        return inner
    return wrap


@named("dense")
def unit(x, growth, number, prefix=""):
    y = L.BatchNormalization(name=f"{prefix}{number}_bn")(x)
    y = L.ReLU()(y)
    y = L.Conv2D(growth, 3, padding="same", use_bias=False, name=f"{prefix}{number}_conv")(y)
    return L.Concatenate()([x, y])


def transition(x, factor):
    channels = int(x.shape[-1] * factor)
    x = L.Conv2D(channels, 1)(L.ReLU()(L.BatchNormalization()(x)))
    return L.AveragePooling2D(2)(x)


def build(settings: Settings, size: int, channels: int) -> Model:
    inputs = Input((size, size, channels))
    x = L.Conv2D(2 * settings.growth, 3, padding="same")(inputs)
    number = 0
    for index, depth in enumerate(settings.blocks):
        x = functools.reduce(lambda y, i: unit(y, settings.growth, number + i), range(depth), x)
        number += depth
        if index != len(settings.blocks) - 1:
            x = transition(x, settings.compression)
    x = L.GlobalAvgPool2D()(L.Activation("relu")(x))
    return Model(inputs, L.Dense(settings.classes, activation=tf.nn.softmax)(x), name="densenet")


options = {k: v for k, v in CONFIG.items() if k != "input"}
model = build(Settings(**options), **CONFIG["input"])
