"""Shapes that programs make of slices, data sets and blocks of pixels."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_tensorflow_interpreter import HEAD, names_of, program

from solver.frontends import read_layers, read_model
from solver.frontends.tensorflow.values import Unknown
from solver.layer import Conv, ConvTranspose, FullyConnected, HostOperation


def test_shapes_of_slices_doubled_channels_and_joined_things(tmp_path: Path) -> None:
    text = """
import numpy as np
image = tf.placeholder(tf.float32, [1, 9, 9, 8])
a = tf.layers.conv2d(tf.nn.crelu(image), 4, 3, name="a")
flat = x[:, np.newaxis, :]
b = tf.layers.dense(tf.reshape(flat[:, tf.newaxis, 0], [2, 8]), 3, name="b")
rows = flat[:, tf.newaxis]
c = tf.layers.conv2d(rows, 2, 1, name="c")
d = tf.concat([image, os.getcwd], 3)
"""
    reading = read_model(program(tmp_path, text))
    a, b, c = (layer for layer in reading.layers if not isinstance(layer, HostOperation))
    assert a == Conv(name="a", input=(16, 9, 9), filters=4, kernel=(3, 3))
    assert b == FullyConnected(name="b", batch=2, inputs=8, outputs=3)
    assert c == Conv(name="c", batch=2, input=(8, 1, 1), filters=2, kernel=(1, 1))
    (error,) = reading.errors
    assert error.line == 12 and "joins something else than tensors" in str(error)


def test_functions_of_tf_layers_have_the_names_that_tensorflow_gives_them(tmp_path: Path) -> None:
    text = """
z = tf.placeholder(tf.float32, [8, 4, 4, 64])
with tf.variable_scope("gen"):
    y = tf.layers.conv2d_transpose(z, 32, [4, 4], strides=(2, 2), padding="same")
    y = tf.layers.batch_normalization(y)
y = tf.space_to_depth(y, 2)
y = tf.layers.conv2d(y, 12, 1, name="sub")
y = tf.layers.conv2d(tf.depth_to_space(y, 2), 3, 1, name="pixels")
tf.depth_to_space(y, 2)
"""
    reading = read_model(program(tmp_path, text))
    made = {layer.name: layer for layer in reading.layers}
    up = made["gen/conv2d_transpose"]
    assert isinstance(up, ConvTranspose) and up.output == (32, 8, 8) and up.stride == (2, 2)
    assert "gen/batch_normalization" in made
    assert made["sub"] == Conv(name="sub", batch=8, input=(128, 4, 4), filters=12, kernel=(1, 1))
    assert made["pixels"] == Conv(name="pixels", batch=8, input=(3, 8, 8), filters=3, kernel=(1, 1))
    (error,) = reading.errors
    assert error.line == 12 and "blocks of 2 do not fit" in str(error)


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        ("", (28, 28)),
        ("images = images.reshape(images.shape[0], 28, 28, 1)", (28, 28, 1)),
        ("images = images.reshape((-1, 784)).astype('float32') / 255.", (784,)),
        ("images = images[..., tf.newaxis]", (28, 28, 1)),
        ("images = images[:, :, :, None]", (28, 28, 1)),
        ("import numpy as np\nimages = np.expand_dims(images, -1)", (28, 28, 1)),
        ("images -= images.mean()", (28, 28)),
    ],
)
def test_data_sets_of_keras_have_known_examples(tmp_path: Path, change: str, shape: tuple[int, ...]) -> None:
    text = f"(images, labels), _ = tf.keras.datasets.mnist.load_data()\n{change}\nshape = images.shape[1:]\n"
    assert names_of(HEAD + text)["shape"].sizes == shape


@pytest.mark.parametrize("what", ["images[0]", "next(iter(images))", "images.T", "tf.reshape(images, [-1])"])
def test_what_is_made_of_a_data_set_has_no_known_sizes(what: str) -> None:
    names = names_of(
        HEAD + f"(images, _), _ = tf.keras.datasets.mnist.load_data()\nsize = {what}.shape[-1]\n"
        "count = len(images)\nfor image in images:\n    inner = image.shape[0]\n"
    )
    assert isinstance(names["size"], Unknown) and isinstance(names["count"], Unknown)
    assert isinstance(names["inner"], Unknown)


def test_data_made_of_other_activations_is_no_input(tmp_path: Path) -> None:
    text = "y = tf.layers.dense(x, 4, name='y')\nz = tf.reshape(strange.resample(y), [-1, 6])\n"
    reading = read_model(program(tmp_path, "import strange\n" + text + "tf.layers.dense(z, 3)\n"))
    (error,) = reading.errors
    assert error.line == 7 and "strange.resample" in str(error)


def test_grouped_and_atrous_convolutions(tmp_path: Path) -> None:
    text = """
image = tf.placeholder(tf.float32, [1, 9, 9, 8])
a = tf.nn.atrous_conv2d(image, tf.get_variable("a", [3, 3, 8, 4]), rate=2, padding="SAME")
b = tf.keras.layers.Conv2D(12, 3, groups=4, name="b")(image)
c = tf.nn.conv2d(image, tf.get_variable("c", [3, 3, 2, 12]), [1, 1, 1, 1], [[0, 0], [1, 2], [0, 1], [0, 0]])
"""
    a, b, c = read_layers(program(tmp_path, text))
    assert a == Conv(
        name="a", input=(8, 9, 9), filters=4, kernel=(3, 3), dilation=(2, 2), padding=((2, 2), (2, 2))
    )
    assert b == Conv(name="b", input=(8, 9, 9), filters=12, kernel=(3, 3), groups=4)
    assert c == Conv(name="c", input=(8, 9, 9), filters=12, kernel=(3, 3), groups=4, padding=((1, 2), (0, 1)))
