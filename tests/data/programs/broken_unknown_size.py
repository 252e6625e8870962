"""The width of the second layer comes from a file."""
import json

import tensorflow as tf

config = json.load(open("config.json"))
x = tf.keras.Input((8, 8, 3))
y = tf.keras.layers.Conv2D(16, 3, name="first")(x)
y = tf.keras.layers.Conv2D(config["filters"], 3, name="second")(y)
