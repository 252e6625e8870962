"""Shapes that programs make of slices, data sets and blocks of pixels."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.errors import InputError
from solver.layer import GRU, Conv, ConvTranspose, FullyConnected, HostOperation
from solver.readers.read import read_layers, read_model
from solver.readers.tensorflow.values import Unknown
from tests.readers.tensorflow.test_interpreter import HEAD, names_of, program


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


def test_the_batches_of_a_training_loop_are_no_inputs(tmp_path: Path) -> None:
    text = """
model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(6,))])
for images, labels in tf.data.Dataset.load("d"):
    images, labels = tf.reshape(images, [-1, 6]), tf.reshape(labels, [-1, 3])
    loss = tf.square(model(images) - labels)
"""
    (layer,) = read_layers(program(tmp_path, text))
    assert layer.macs == 18
    data = "images = tf.data.Dataset.load('d')\ntf.layers.dense(tf.reshape(images, [-1, 6]), 3, name='y')\n"
    reading = read_model(program(tmp_path, data))
    dense = [layer for layer in reading.layers if not isinstance(layer, HostOperation)]
    assert dense == [FullyConnected(name="y", inputs=6, outputs=3)]
    assert reading.notes == ("the batch is open and taken as 1 (say which by batch)",)


def test_flags_that_the_program_changes_have_their_new_values(tmp_path: Path) -> None:
    text = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=8)
parser.add_argument("--depth", type=int, default="3")
args = parser.parse_args()
args.classes = 5
if args.width > 4:
    args.width = 6
for units in (args.width, args.depth, args.classes):
    x = tf.layers.dense(x, units)
if os.path.exists("large"):
    args.width = 9
tf.layers.dense(x, args.width, name="unsure")
"""
    reading = read_model(program(tmp_path, text))
    assert [layer.macs for layer in reading.layers] == [2 * 8 * 6, 2 * 6 * 3, 2 * 3 * 5]
    (error,) = reading.errors
    assert error.line == 17 and "os.path.exists" in str(error)


@pytest.mark.parametrize("others", ["", "from keras.models import *", "from keras.optimizers import *"])
def test_layers_of_a_module_that_is_imported_whole_are_known_unless_another_may_have_them(
    tmp_path: Path, others: str
) -> None:
    text = "y = Dense(4, name='y')(Input((3,)))\n"
    (layer,) = read_layers(program(tmp_path, f"from keras.layers import *\n{others}\n{text}"))
    assert layer == FullyConnected(name="y", inputs=3, outputs=4)
    with pytest.raises(InputError, match="names that may be of helpers, which is not read"):
        read_layers(program(tmp_path, "from keras.layers import *\nfrom helpers import *\n" + text))


def test_a_model_of_keras_1_names_its_input_and_output(tmp_path: Path) -> None:
    text = """
from keras.models import Model
from keras.layers import Dense, Input
first = Input((3,))
model = Model(input=first, output=Dense(4, name="y")(first))
Dense(5, name="z")(model.output)
"""
    assert [layer.macs for layer in read_layers(program(tmp_path, text))] == [12, 20]


@pytest.mark.parametrize(("keep", "channels"), [(True, 4), (False, None)])
def test_moments_have_the_axes_that_are_left(tmp_path: Path, keep: bool, channels: int | None) -> None:
    text = (
        "image = tf.placeholder(tf.float32, [2, 9, 9, 4])\n"
        f"mean, variance = tf.nn.moments(image, [1, 2], keep_dims={keep})\n"
        "normal = (image - mean) / (variance + 1e-3) ** .5\nshape = mean.get_shape().as_list()\n"
    )
    names = names_of(HEAD + text)
    assert names["shape"] == ([2, 1, 1, 4] if keep else [2, 4])
    if channels:
        (layer,) = (
            x
            for x in read_layers(program(tmp_path, text + "tf.layers.conv2d(normal, 3, 1)\n"))
            if not isinstance(x, HostOperation)
        )
        assert isinstance(layer, Conv) and layer.input == (4, 9, 9)


def test_a_decoder_of_the_first_seq2seq_module_is_a_cell_over_its_inputs(tmp_path: Path) -> None:
    text = """
from tensorflow.contrib import legacy_seq2seq, rnn
inputs = [tf.squeeze(part, [1]) for part in tf.split(tf.placeholder(tf.float32, [4, 7, 6]), 7, 1)]
cell = rnn.MultiRNNCell([rnn.GRUCell(5), rnn.GRUCell(8)])
outputs, state = legacy_seq2seq.rnn_decoder(inputs, cell.zero_state(4, tf.float32), cell, scope="dec")
tf.layers.dense(tf.reshape(tf.concat(outputs, 1), [-1, 8]), 3, name="words")
"""
    found = [x for x in read_layers(program(tmp_path, text)) if not isinstance(x, HostOperation)]
    first, second, words = found
    assert isinstance(first, GRU) and (first.batch, first.steps, first.inputs, first.hidden) == (4, 7, 6, 5)
    assert isinstance(second, GRU) and (second.inputs, second.hidden) == (5, 8)
    assert words == FullyConnected(name="words", batch=28, inputs=8, outputs=3)
