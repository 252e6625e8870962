"""Never ends, and builds nothing."""
import tensorflow as tf

x = tf.layers.dense(tf.placeholder(tf.float32, [1, 4]), 3, name="first")
count = 0
while True:
    count += 1
