"""Whether there is a second layer depends on the environment."""
import os

import tensorflow as tf

x = tf.keras.Input((8, 8, 3))
x = tf.keras.layers.Conv2D(16, 3, name="first")(x)
if os.environ.get("DEEP"):
    x = tf.keras.layers.Conv2D(16, 3, name="second")(x)
