"""A VGG-19 class whose weights come from a dictionary in a NumPy file, or from fresh variables without one."""

import os
import time
import inspect
import numpy as np
import tensorflow as tf

VGG_MEAN = [103.939, 116.779, 123.68]


class Vgg19:
    def __init__(self, vgg19_npy_path=None, trainable=True, dropout=0.5):
        if vgg19_npy_path is not None:
            self.data_dict = np.load(vgg19_npy_path, encoding="latin1").item()
        else:
            self.data_dict = None
        self.var_dict = {}
        self.trainable = trainable
        self.dropout = dropout

    def build(self, rgb, train_mode=None):
        start_time = time.time()
        rgb_scaled = rgb * 255.0
        red, green, blue = tf.split(axis=3, num_or_size_splits=3, value=rgb_scaled)
        assert red.get_shape().as_list()[1:] == [224, 224, 1]
        bgr = tf.concat(axis=3, values=[blue - VGG_MEAN[0], green - VGG_MEAN[1], red - VGG_MEAN[2]])
        assert bgr.get_shape().as_list()[1:] == [224, 224, 3]

        self.conv1_1 = self.conv_layer(bgr, 3, 64, "conv1_1")
        self.conv1_2 = self.conv_layer(self.conv1_1, 64, 64, "conv1_2")
        self.pool1 = self.max_pool(self.conv1_2, "pool1")
        last, channels = self.pool1, 64
        for block, (filters, count) in enumerate([(128, 2), (256, 4), (512, 4), (512, 4)], 2):
            for unit in range(1, count + 1):
                name = "conv%d_%d" % (block, unit)
                last = self.conv_layer(last, channels, filters, name)
                setattr(self, name, last)
                channels = filters
            last = self.max_pool(last, "pool%d" % block)
            setattr(self, "pool%d" % block, last)

        self.fc6 = self.fc_layer(self.pool5, 25088, 4096, "fc6")
        self.relu6 = tf.nn.relu(self.fc6)
        if train_mode is not None:
            self.relu6 = tf.cond(train_mode, lambda: tf.nn.dropout(self.relu6, self.dropout), lambda: self.relu6)
        elif self.trainable:
            self.relu6 = tf.nn.dropout(self.relu6, self.dropout)
        self.fc7 = self.fc_layer(self.relu6, 4096, 4096, "fc7")
        self.relu7 = tf.nn.relu(self.fc7)
        self.fc8 = self.fc_layer(self.relu7, 4096, 1000, "fc8")
        self.prob = tf.nn.softmax(self.fc8, name="prob")
        self.data_dict = None
        print("build model finished: %ds" % (time.time() - start_time))

    def max_pool(self, bottom, name):
        return tf.nn.max_pool(bottom, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME", name=name)

    def conv_layer(self, bottom, in_channels, out_channels, name):
        with tf.variable_scope(name):
            filt, conv_biases = self.get_conv_var(3, in_channels, out_channels, name)
            conv = tf.nn.conv2d(bottom, filt, [1, 1, 1, 1], padding="SAME")
            bias = tf.nn.bias_add(conv, conv_biases)
            return tf.nn.relu(bias)

    def fc_layer(self, bottom, in_size, out_size, name):
        with tf.variable_scope(name):
            weights, biases = self.get_fc_var(in_size, out_size, name)
            x = tf.reshape(bottom, [-1, in_size])
            return tf.nn.bias_add(tf.matmul(x, weights), biases)

    def get_conv_var(self, filter_size, in_channels, out_channels, name):
        initial_value = tf.truncated_normal([filter_size, filter_size, in_channels, out_channels], 0.0, 0.001)
        filters = self.get_var(initial_value, name, 0, name + "_filters")
        initial_value = tf.truncated_normal([out_channels], 0.0, 0.001)
        return filters, self.get_var(initial_value, name, 1, name + "_biases")

    def get_fc_var(self, in_size, out_size, name):
        initial_value = tf.truncated_normal([in_size, out_size], 0.0, 0.001)
        weights = self.get_var(initial_value, name, 0, name + "_weights")
        return weights, self.get_var(tf.truncated_normal([out_size], 0.0, 0.001), name, 1, name + "_biases")

    def get_var(self, initial_value, name, idx, var_name):
        if self.data_dict is not None and name in self.data_dict:
            value = self.data_dict[name][idx]
        else:
            value = initial_value
        if self.trainable:
            var = tf.Variable(value, name=var_name)
        else:
            var = tf.constant(value, dtype=tf.float32, name=var_name)
        self.var_dict[(name, idx)] = var
        assert var.get_shape() == initial_value.get_shape()
        return var

    def save_npy(self, sess, npy_path="./vgg19-save.npy"):
        data_dict = {}
        for (name, idx), var in list(self.var_dict.items()):
            data_dict.setdefault(name, {})[idx] = sess.run(var)
        np.save(npy_path, data_dict)
        return npy_path


images = tf.placeholder(tf.float32, [1, 224, 224, 3])
vgg = Vgg19()
vgg.build(images)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(vgg.prob, feed_dict={images: np.zeros((1, 224, 224, 3))}))
