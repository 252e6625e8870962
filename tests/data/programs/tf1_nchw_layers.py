"""tf.layers with NCHW data, strides in every form, dilated and depthwise convolutions."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
x = tf.placeholder(tf.float32, (8, 3, 64, 96), name="images")
x = tf.layers.conv2d(x, 16, (5, 3), strides=(2, 1), padding="same", data_format="channels_first", name="a")
x = tf.layers.max_pooling2d(x, pool_size=2, strides=2, data_format="channels_first", name="pool")
x = tf.layers.batch_normalization(x, axis=1, training=False, fused=True)
w = tf.get_variable("b/weights", [3, 3, 16, 24])
x = tf.nn.conv2d(x, w, strides=[1, 1, 2, 2], padding="VALID", data_format="NCHW", name="b")
x = tf.transpose(x, [0, 2, 3, 1])
x = tf.nn.conv2d(x, tf.get_variable("c", [3, 3, 24, 24]), padding="SAME", strides=1, dilations=[1, 2, 2, 1])
x = tf.nn.depthwise_conv2d(x, tf.get_variable("d", (3, 3, 24, 2)), [1, 1, 1, 1], "SAME")
x = tf.nn.separable_conv2d(
    x, tf.get_variable("e_depth", [3, 3, 48, 1]), tf.get_variable("e_point", [1, 1, 48, 32]), [1, 1, 1, 1], "SAME", name="e"
)
shape = tf.shape(x)
out = tf.stack([shape[0], shape[1] * 2, shape[2] * 2, 16])
x = tf.nn.conv2d_transpose(x, tf.get_variable("f", [4, 4, 16, 32]), output_shape=out, strides=[1, 2, 2, 1], name="f")
x = tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID", name="average")
x = tf.layers.flatten(x)
x = tf.layers.dense(x, units=10, activation=tf.nn.softmax, name="g")
