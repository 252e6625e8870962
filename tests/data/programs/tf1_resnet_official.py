"""ResNet in the manner of the official TF 1 models: fixed padding, batch norm, block layers, data format."""

from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import tensorflow as tf

_BATCH_NORM_DECAY = 0.997
_BATCH_NORM_EPSILON = 1e-5
DEFAULT_VERSION = 2


def batch_norm(inputs, training, data_format):
    return tf.layers.batch_normalization(
        inputs=inputs, axis=1 if data_format == "channels_first" else 3, momentum=_BATCH_NORM_DECAY,
        epsilon=_BATCH_NORM_EPSILON, center=True, scale=True, training=training, fused=True)


def fixed_padding(inputs, kernel_size, data_format):
    pad_total = kernel_size - 1
    pad_beg = pad_total // 2
    pad_end = pad_total - pad_beg
    if data_format == "channels_first":
        padded_inputs = tf.pad(inputs, [[0, 0], [0, 0], [pad_beg, pad_end], [pad_beg, pad_end]])
    else:
        padded_inputs = tf.pad(inputs, [[0, 0], [pad_beg, pad_end], [pad_beg, pad_end], [0, 0]])
    return padded_inputs


def conv2d_fixed_padding(inputs, filters, kernel_size, strides, data_format):
    if strides > 1:
        inputs = fixed_padding(inputs, kernel_size, data_format)
    return tf.layers.conv2d(
        inputs=inputs, filters=filters, kernel_size=kernel_size, strides=strides,
        padding=("SAME" if strides == 1 else "VALID"), use_bias=False,
        kernel_initializer=tf.variance_scaling_initializer(), data_format=data_format)


def _bottleneck_block_v2(inputs, filters, training, projection_shortcut, strides, data_format):
    shortcut = inputs
    inputs = tf.nn.relu(batch_norm(inputs, training, data_format))
    if projection_shortcut is not None:
        shortcut = projection_shortcut(inputs)
    inputs = conv2d_fixed_padding(inputs=inputs, filters=filters, kernel_size=1, strides=1, data_format=data_format)
    inputs = tf.nn.relu(batch_norm(inputs, training, data_format))
    inputs = conv2d_fixed_padding(inputs=inputs, filters=filters, kernel_size=3, strides=strides, data_format=data_format)
    inputs = tf.nn.relu(batch_norm(inputs, training, data_format))
    inputs = conv2d_fixed_padding(inputs=inputs, filters=4 * filters, kernel_size=1, strides=1, data_format=data_format)
    return inputs + shortcut


def block_layer(inputs, filters, bottleneck, block_fn, blocks, strides, training, name, data_format):
    filters_out = filters * 4 if bottleneck else filters

    def projection_shortcut(inputs):
        return conv2d_fixed_padding(inputs=inputs, filters=filters_out, kernel_size=1, strides=strides, data_format=data_format)

    inputs = block_fn(inputs, filters, training, projection_shortcut, strides, data_format)
    for _ in range(1, blocks):
        inputs = block_fn(inputs, filters, training, None, 1, data_format)
    return tf.identity(inputs, name)


class Model(object):
    def __init__(self, resnet_size, bottleneck, num_classes, num_filters, kernel_size, conv_stride,
                 first_pool_size, first_pool_stride, block_sizes, block_strides,
                 resnet_version=DEFAULT_VERSION, data_format=None, dtype=tf.float32):
        self.resnet_size = resnet_size
        if not data_format:
            data_format = "channels_first" if tf.test.is_built_with_cuda() else "channels_last"
        if resnet_version not in (1, 2):
            raise ValueError("Resnet version should be 1 or 2. See README for citations.")
        self.bottleneck = bottleneck
        self.block_fn = _bottleneck_block_v2
        self.data_format = data_format
        self.num_classes = num_classes
        self.num_filters = num_filters
        self.kernel_size = kernel_size
        self.conv_stride = conv_stride
        self.first_pool_size = first_pool_size
        self.first_pool_stride = first_pool_stride
        self.block_sizes = block_sizes
        self.block_strides = block_strides
        self.pre_activation = resnet_version == 2
        self.dtype = dtype

    def _custom_dtype_getter(self, getter, name, shape=None, dtype=tf.float32, *args, **kwargs):
        return getter(name, shape, dtype, *args, **kwargs)

    def _model_variable_scope(self):
        return tf.variable_scope("resnet_model", custom_getter=self._custom_dtype_getter)

    def __call__(self, inputs, training):
        with self._model_variable_scope():
            if self.data_format == "channels_first":
                inputs = tf.transpose(inputs, [0, 3, 1, 2])
            inputs = conv2d_fixed_padding(inputs=inputs, filters=self.num_filters, kernel_size=self.kernel_size,
                                          strides=self.conv_stride, data_format=self.data_format)
            inputs = tf.identity(inputs, "initial_conv")
            if self.first_pool_size:
                inputs = tf.layers.max_pooling2d(inputs=inputs, pool_size=self.first_pool_size,
                                                 strides=self.first_pool_stride, padding="SAME",
                                                 data_format=self.data_format)
            for i, num_blocks in enumerate(self.block_sizes):
                num_filters = self.num_filters * (2**i)
                inputs = block_layer(inputs=inputs, filters=num_filters, bottleneck=self.bottleneck,
                                     block_fn=self.block_fn, blocks=num_blocks, strides=self.block_strides[i],
                                     training=training, name="block_layer{}".format(i + 1), data_format=self.data_format)
            if self.pre_activation:
                inputs = tf.nn.relu(batch_norm(inputs, training, self.data_format))
            axes = [2, 3] if self.data_format == "channels_first" else [1, 2]
            inputs = tf.reduce_mean(inputs, axes, keepdims=True)
            inputs = tf.squeeze(inputs, axes)
            inputs = tf.layers.dense(inputs=inputs, units=self.num_classes)
            return tf.identity(inputs, "final_dense")


class ImagenetModel(Model):
    def __init__(self, resnet_size, data_format=None, num_classes=1001, resnet_version=DEFAULT_VERSION):
        super(ImagenetModel, self).__init__(
            resnet_size=resnet_size, bottleneck=resnet_size >= 50, num_classes=num_classes, num_filters=64,
            kernel_size=7, conv_stride=2, first_pool_size=3, first_pool_stride=2,
            block_sizes=_get_block_sizes(resnet_size), block_strides=[1, 2, 2, 2],
            resnet_version=resnet_version, data_format=data_format)


def _get_block_sizes(resnet_size):
    choices = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}
    try:
        return choices[resnet_size]
    except KeyError:
        err = "Could not find layers for selected Resnet size.\nSize received: {}; sizes allowed: {}.".format(
            resnet_size, choices.keys())
        raise ValueError(err)


def main(_):
    images = tf.placeholder(tf.float32, [8, 224, 224, 3])
    network = ImagenetModel(50, data_format="channels_last")
    logits = network(images, training=False)
    predictions = {"classes": tf.argmax(logits, axis=1), "probabilities": tf.nn.softmax(logits, name="softmax_tensor")}


if __name__ == "__main__":
    tf.logging.set_verbosity(tf.logging.INFO)
    tf.app.run(main)
