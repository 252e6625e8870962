"""The classic mistake: the sizes behind the pooling do not multiply to the weights."""
import tensorflow as tf

x = tf.placeholder(tf.float32, [10, 28, 28, 1])
x = tf.layers.conv2d(x, 8, 5, padding="same", name="conv")
x = tf.layers.max_pooling2d(x, 2, 2)
x = tf.reshape(x, [10, 7 * 7 * 8])
