"""An inception block with scopes, a dictionary of end points and keyword arguments handed on."""
import tensorflow as tf


def conv(x, size, filters, scope, stride=1, **kwargs):
    with tf.variable_scope(scope):
        w = tf.get_variable("w", [size, size, x.get_shape().as_list()[-1], filters])
        return tf.nn.relu(tf.nn.conv2d(x, w, [1, stride, stride, 1], **kwargs))


def inception(x, widths, scope, end_points=None):
    one, (three_in, three), (five_in, five), pool = widths
    with tf.variable_scope(scope):
        branches = [conv(x, 1, one, "1x1", padding="SAME")]
        for size, inner, outer in ((3, three_in, three), (5, five_in, five)):
            y = conv(x, 1, inner, f"{size}x{size}_reduce", padding="SAME")
            branches.append(conv(y, size, outer, f"{size}x{size}", padding="SAME"))
        y = tf.nn.max_pool(x, [1, 3, 3, 1], [1, 1, 1, 1], "SAME", name="pool")
        branches += [conv(y, 1, pool, "pool_proj", padding="SAME")]
        result = tf.concat(branches, 3)
    if end_points is not None:
        end_points[scope] = result
    return result


end_points = {}
net = tf.placeholder(tf.float32, [1, 28, 28, 192])
blocks = {"3a": (64, (96, 128), (16, 32), 32), "3b": (128, (128, 192), (32, 96), 64)}
for key, widths in sorted(blocks.items()):
    net = inception(net, widths, "inception_" + key, end_points=end_points)
assert sorted(end_points) == ["inception_3a", "inception_3b"]
assert net.get_shape().as_list() == [1, 28, 28, 480]
