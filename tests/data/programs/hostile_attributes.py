"""Reaches for the interpreter behind the objects."""
import tensorflow as tf

x = tf.layers.dense(tf.placeholder(tf.float32, [1, 4]), 3)
classes = ().__class__.__base__.__subclasses__()
