"""An Inception-v3-like net in slim's manner: default arg_scope, branches, concat, aux logits."""
import tensorflow as tf
import tensorflow.contrib.slim as slim

trunc_normal = lambda stddev: tf.truncated_normal_initializer(0.0, stddev)


def inception(inputs, num_classes=1000, is_training=False, create_aux_logits=True, scope=None):
    end_points = {}
    with tf.variable_scope(scope, "InceptionV3", [inputs]):
        with slim.arg_scope([slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="VALID"):
            net = slim.conv2d(inputs, 32, [3, 3], stride=2, scope="Conv2d_1a_3x3")
            net = slim.conv2d(net, 32, [3, 3], scope="Conv2d_2a_3x3")
            net = slim.conv2d(net, 64, [3, 3], padding="SAME", scope="Conv2d_2b_3x3")
            net = slim.max_pool2d(net, [3, 3], stride=2, scope="MaxPool_3a_3x3")
            net = slim.conv2d(net, 80, [1, 1], scope="Conv2d_3b_1x1")
            net = slim.conv2d(net, 192, [3, 3], scope="Conv2d_4a_3x3")
            net = slim.max_pool2d(net, [3, 3], stride=2, scope="MaxPool_5a_3x3")
        with slim.arg_scope([slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="SAME"):
            for end_point, pool_depth in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
                with tf.variable_scope(end_point):
                    with tf.variable_scope("Branch_0"):
                        branch_0 = slim.conv2d(net, 64, [1, 1], scope="Conv2d_0a_1x1")
                    with tf.variable_scope("Branch_1"):
                        branch_1 = slim.conv2d(net, 48, [1, 1], scope="Conv2d_0a_1x1")
                        branch_1 = slim.conv2d(branch_1, 64, [5, 5], scope="Conv2d_0b_5x5")
                    with tf.variable_scope("Branch_2"):
                        branch_2 = slim.repeat(net, 2, slim.conv2d, 96, [3, 3], scope="rep")
                    with tf.variable_scope("Branch_3"):
                        branch_3 = slim.avg_pool2d(net, [3, 3], scope="AvgPool_0a_3x3")
                        branch_3 = slim.conv2d(branch_3, pool_depth, [1, 1], scope="Conv2d_0b_1x1")
                    net = tf.concat([branch_0, branch_1, branch_2, branch_3], 3)
                end_points[end_point] = net
            with tf.variable_scope("Mixed_6a"):
                branches = []
                with tf.variable_scope("Branch_0"):
                    branches.append(slim.conv2d(net, 384, [3, 3], stride=2, padding="VALID", scope="Conv2d_1a_1x1"))
                with tf.variable_scope("Branch_1"):
                    branch = slim.stack(net, slim.conv2d, [(64, [1, 1]), (96, [3, 3])], scope="stacked")
                    branches.append(slim.conv2d(branch, 96, [3, 3], stride=2, padding="VALID", scope="Conv2d_1a_1x1"))
                with tf.variable_scope("Branch_2"):
                    branches.append(slim.max_pool2d(net, [3, 3], stride=2, padding="VALID", scope="MaxPool_1a_3x3"))
                net = tf.concat(axis=3, values=branches)
            with tf.variable_scope("Mixed_6b"):
                branch_1 = slim.conv2d(net, 128, [1, 1])
                branch_1 = slim.conv2d(branch_1, 128, [1, 7])
                branch_1 = slim.conv2d(branch_1, 192, [7, 1])
                net = tf.concat([net, branch_1], axis=-1)
        with tf.variable_scope("Logits"):
            net = slim.avg_pool2d(net, net.get_shape()[1:3], padding="VALID", scope="AvgPool")
            net = slim.dropout(net, keep_prob=0.8, is_training=is_training)
            net = slim.flatten(net)
            logits = slim.fully_connected(net, num_classes, activation_fn=None, scope="logits")
            predictions = slim.softmax(logits)
    return logits, end_points


x = tf.placeholder(tf.float32, [2, 299, 299, 3])
logits, _ = inception(x)
