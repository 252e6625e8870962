"""A filter for 4 channels on an image of 3."""
import tensorflow as tf


def layer(x, shape):
    return tf.nn.conv2d(x, tf.Variable(tf.truncated_normal(shape)), strides=[1, 1, 1, 1], padding="SAME")


image = tf.placeholder(tf.float32, [None, 32, 32, 3])
image = layer(image, [3, 3, 4, 16])
