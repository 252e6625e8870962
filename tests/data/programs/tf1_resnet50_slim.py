"""ResNet-50 with slim's functions and scopes of arguments: bottlenecks from records of blocks."""
import collections

import tensorflow as tf

slim = tf.contrib.slim


class Block(collections.namedtuple("Block", ["scope", "unit_fn", "args"])):
    """A block: a name, what builds a unit, and the units' arguments."""


def subsample(inputs, factor, scope=None):
    if factor == 1:
        return inputs
    return slim.max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(inputs, num_outputs, kernel_size, stride, scope=None):
    if stride == 1:
        return slim.conv2d(inputs, num_outputs, kernel_size, stride=1, padding="SAME", scope=scope)
    pad_total = kernel_size - 1
    pad_beg = pad_total // 2
    pad_end = pad_total - pad_beg
    inputs = tf.pad(inputs, [[0, 0], [pad_beg, pad_end], [pad_beg, pad_end], [0, 0]])
    return slim.conv2d(inputs, num_outputs, kernel_size, stride=stride, padding="VALID", scope=scope)


@slim.add_arg_scope
def bottleneck(inputs, depth, depth_bottleneck, stride, outputs_collections=None, scope=None):
    with tf.variable_scope(scope, "bottleneck", [inputs]) as sc:
        depth_in = slim.utils.last_dimension(inputs.get_shape(), min_rank=4)
        depth_in = inputs.get_shape().as_list()[3]
        if depth == depth_in:
            shortcut = subsample(inputs, stride, "shortcut")
        else:
            shortcut = slim.conv2d(inputs, depth, [1, 1], stride=stride, activation_fn=None, scope="shortcut")
        residual = slim.conv2d(inputs, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = conv2d_same(residual, depth_bottleneck, 3, stride, scope="conv2")
        residual = slim.conv2d(residual, depth, [1, 1], stride=1, activation_fn=None, scope="conv3")
        return tf.nn.relu(shortcut + residual)


def stack_blocks(net, blocks):
    for block in blocks:
        with tf.variable_scope(block.scope, "block", [net]):
            for i, unit in enumerate(block.args):
                with tf.variable_scope("unit_%d" % (i + 1), values=[net]):
                    net = block.unit_fn(net, **unit)
    return net


def resnet_block(scope, base_depth, num_units, stride):
    return Block(
        scope,
        bottleneck,
        [{"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": 1}] * (num_units - 1)
        + [{"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": stride}],
    )


def arg_scope(weight_decay=0.0001, is_training=False):
    batch_norm_params = {"decay": 0.997, "epsilon": 1e-5, "is_training": is_training}
    with slim.arg_scope(
        [slim.conv2d],
        weights_regularizer=slim.l2_regularizer(weight_decay),
        activation_fn=tf.nn.relu,
        normalizer_fn=slim.batch_norm,
        normalizer_params=batch_norm_params,
    ):
        with slim.arg_scope([slim.batch_norm], **batch_norm_params):
            with slim.arg_scope([slim.max_pool2d], padding="SAME") as sc:
                return sc


def resnet_v1(inputs, blocks, num_classes=None, scope=None, reuse=None):
    with tf.variable_scope(scope, "resnet_v1", [inputs], reuse=reuse):
        net = conv2d_same(inputs, 64, 7, stride=2, scope="conv1")
        net = slim.max_pool2d(net, [3, 3], stride=2, scope="pool1")
        net = stack_blocks(net, blocks)
        net = tf.reduce_mean(net, [1, 2], name="pool5", keep_dims=True)
        if num_classes is not None:
            net = slim.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits")
        return net


images = tf.placeholder(tf.float32, [None, 224, 224, 3])
blocks = [
    resnet_block("block1", base_depth=64, num_units=3, stride=2),
    resnet_block("block2", base_depth=128, num_units=4, stride=2),
    resnet_block("block3", base_depth=256, num_units=6, stride=2),
    resnet_block("block4", base_depth=512, num_units=3, stride=1),
]
with slim.arg_scope(arg_scope()):
    net = resnet_v1(images, blocks, 1000, scope="resnet_v1_50")
