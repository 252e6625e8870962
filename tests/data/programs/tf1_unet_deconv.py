"""A U-Net of tf.nn calls: crop and concatenate, deconvolution with a shape from tf.shape, OrderedDict."""
from collections import OrderedDict
import logging
import numpy as np
import tensorflow as tf


def weight_variable(shape, stddev=0.1, name="weight"):
    return tf.Variable(tf.truncated_normal(shape, stddev=stddev), name=name)


def weight_variable_devonc(shape, stddev=0.1):
    return tf.Variable(tf.truncated_normal(shape, stddev=stddev))


def bias_variable(shape):
    return tf.Variable(tf.constant(0.1, shape=shape))


def conv2d(x, W, b, keep_prob_):
    with tf.name_scope("conv2d"):
        conv_2d = tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding="VALID")
        conv_2d_b = tf.nn.bias_add(conv_2d, b)
        return tf.nn.dropout(conv_2d_b, keep_prob_)


def deconv2d(x, W, stride):
    with tf.name_scope("deconv2d"):
        x_shape = tf.shape(x)
        output_shape = tf.stack([x_shape[0], x_shape[1] * 2, x_shape[2] * 2, x_shape[3] // 2])
        return tf.nn.conv2d_transpose(x, W, output_shape, strides=[1, stride, stride, 1], padding="VALID")


def max_pool(x, n):
    return tf.nn.max_pool(x, ksize=[1, n, n, 1], strides=[1, n, n, 1], padding="VALID")


def crop_and_concat(x1, x2):
    with tf.name_scope("crop_and_concat"):
        x1_shape = tf.shape(x1)
        x2_shape = tf.shape(x2)
        offsets = [0, (x1_shape[1] - x2_shape[1]) // 2, (x1_shape[2] - x2_shape[2]) // 2, 0]
        size = [-1, x2_shape[1], x2_shape[2], -1]
        x1_crop = tf.slice(x1, offsets, size)
        return tf.concat([x1_crop, x2], 3)


def create_conv_net(x, keep_prob, channels, n_class, layers=3, features_root=16, filter_size=3, pool_size=2):
    logging.info("Layers {layers}, features {features}, filter size {fs}x{fs}".format(
        layers=layers, features=features_root, fs=filter_size))
    with tf.name_scope("preprocessing"):
        nx = tf.shape(x)[1]
        ny = tf.shape(x)[2]
        x_image = tf.reshape(x, tf.stack([-1, nx, ny, channels]))
        in_node = x_image
    weights, biases, convs = [], [], []
    dw_h_convs = OrderedDict()
    up_h_convs = OrderedDict()
    in_size = 1000
    size = in_size
    for layer in range(0, layers):
        with tf.name_scope("down_conv_{}".format(str(layer))):
            features = 2**layer * features_root
            stddev = np.sqrt(2 / (filter_size**2 * features))
            if layer == 0:
                w1 = weight_variable([filter_size, filter_size, channels, features], stddev, name="w1")
            else:
                w1 = weight_variable([filter_size, filter_size, features // 2, features], stddev, name="w1")
            w2 = weight_variable([filter_size, filter_size, features, features], stddev, name="w2")
            b1, b2 = bias_variable([features]), bias_variable([features])
            conv1 = conv2d(in_node, w1, b1, keep_prob)
            tmp_h_conv = tf.nn.relu(conv1)
            conv2 = conv2d(tmp_h_conv, w2, b2, keep_prob)
            dw_h_convs[layer] = tf.nn.relu(conv2)
            weights.append((w1, w2))
            biases.append((b1, b2))
            convs.append((conv1, conv2))
            size -= 2 * 2 * (filter_size // 2)
            if layer < layers - 1:
                in_node = max_pool(dw_h_convs[layer], pool_size)
                size /= pool_size
    in_node = dw_h_convs[layers - 1]
    for layer in range(layers - 2, -1, -1):
        with tf.name_scope("up_conv_{}".format(str(layer))):
            features = 2 ** (layer + 1) * features_root
            stddev = np.sqrt(2 / (filter_size**2 * features))
            wd = weight_variable_devonc([pool_size, pool_size, features // 2, features], stddev)
            bd = bias_variable([features // 2])
            h_deconv = tf.nn.relu(deconv2d(in_node, wd, pool_size) + bd)
            h_deconv_concat = crop_and_concat(dw_h_convs[layer], h_deconv)
            w1 = weight_variable([filter_size, filter_size, features, features // 2], stddev)
            w2 = weight_variable([filter_size, filter_size, features // 2, features // 2], stddev)
            conv1 = conv2d(h_deconv_concat, w1, bias_variable([features // 2]), keep_prob)
            h_conv = tf.nn.relu(conv1)
            conv2 = conv2d(h_conv, w2, bias_variable([features // 2]), keep_prob)
            in_node = tf.nn.relu(conv2)
            up_h_convs[layer] = in_node
            size *= 2
            size -= 2 * 2 * (filter_size // 2)
    with tf.name_scope("output_map"):
        weight = weight_variable([1, 1, features_root, n_class], stddev)
        output_map = tf.nn.relu(conv2d(in_node, weight, bias_variable([n_class]), tf.constant(1.0)))
    if True:
        for i, (c1, c2) in enumerate(convs):
            tf.summary.image("summary_conv_%02d_01" % i, c1)
        for k in sorted(dw_h_convs.keys()):
            tf.summary.histogram("down_%s" % k, dw_h_convs[k])
    variables = []
    for w1, w2 in weights:
        variables.append(w1)
        variables.append(w2)
    return output_map, variables, int(in_size - size)


class Unet(object):
    def __init__(self, channels=3, n_class=2, cost="cross_entropy", cost_kwargs={}, **kwargs):

        self.n_class = n_class
        self.summaries = kwargs.get("summaries", True)
        self.x = tf.placeholder("float", shape=[1, 140, 140, channels], name="x")
        self.keep_prob = tf.placeholder(tf.float32, name="dropout_probability")
        logits, self.variables, self.offset = create_conv_net(self.x, self.keep_prob, channels, n_class, **kwargs)


net = Unet(channels=1, n_class=2, layers=3, features_root=16)
