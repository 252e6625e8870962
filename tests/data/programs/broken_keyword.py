"""A keyword that Keras does not have: ignoring it would give wrong sizes."""
import tensorflow as tf

x = tf.keras.Input((32, 32, 3))
y = tf.keras.layers.Conv2D(8, 3, stride=2)(x)
