"""A name that is never assigned."""
import tensorflow as tf

x = tf.keras.Input((32, 32, 3))
y = tf.keras.layers.Conv2D(fitlers, 3)(x)
