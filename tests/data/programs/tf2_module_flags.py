"""Arguments with defaults, a closure over a configuration, functions from partial and reduce."""
import argparse
import functools
import operator

import numpy as np
import tensorflow as tf

parser = argparse.ArgumentParser(description="train")
parser.add_argument("--width", type=int, default=24)
parser.add_argument("--depth", "-d", type=int, default=3)
parser.add_argument("--wide", action="store_true")
args = parser.parse_args()

same = functools.partial(tf.keras.layers.Conv2D, padding="same", activation=tf.nn.relu)


def make(width, depth):
    layers = [same(width * 2**i, 3, strides=2, name="conv_{:02d}".format(i)) for i in range(depth)]

    def apply(x):
        return functools.reduce(lambda value, layer: layer(value), layers, x)

    return apply


image = tf.keras.Input([48, 48, 3])
features = make(args.width * (2 if args.wide else 1), args.depth)(image)
words = functools.reduce(operator.mul, features.shape[1:])
assert words == np.prod([6, 6, 96])
x = tf.keras.layers.Reshape((words,))(features)
model = tf.keras.Model(image, tf.keras.layers.Dense(5, name="out")(x))
