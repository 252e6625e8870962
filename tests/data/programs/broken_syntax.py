import tensorflow as tf

x = tf.placeholder(tf.float32, [1, 8, 8, 3]
y = tf.layers.conv2d(x, 4, 3)
