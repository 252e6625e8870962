"""Multi-head attention with matmul, split and concat, as the first Transformer programs write it."""
import tensorflow as tf


def multihead_attention(queries, keys, num_units=None, num_heads=8, scope="multihead_attention", reuse=None):
    with tf.variable_scope(scope, reuse=reuse):
        if num_units is None:
            num_units = queries.get_shape().as_list()[-1]
        Q = tf.layers.dense(queries, num_units, activation=tf.nn.relu, name="Q")
        K = tf.layers.dense(keys, num_units, activation=tf.nn.relu, name="K")
        V = tf.layers.dense(keys, num_units, activation=tf.nn.relu, name="V")
        Q_ = tf.concat(tf.split(Q, num_heads, axis=2), axis=0)
        K_ = tf.concat(tf.split(K, num_heads, axis=2), axis=0)
        V_ = tf.concat(tf.split(V, num_heads, axis=2), axis=0)
        outputs = tf.matmul(Q_, tf.transpose(K_, [0, 2, 1]), name="scores")
        outputs = outputs / (K_.get_shape().as_list()[-1] ** 0.5)
        key_masks = tf.sign(tf.abs(tf.reduce_sum(keys, axis=-1)))
        outputs = tf.nn.softmax(outputs)
        outputs = tf.matmul(outputs, V_, name="context")
        outputs = tf.concat(tf.split(outputs, num_heads, axis=0), axis=2)
        outputs += queries
    return outputs


x = tf.placeholder(tf.float32, [4, 10, 512], name="x")
y = multihead_attention(x, x)
