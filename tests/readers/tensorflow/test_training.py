"""Programs that train: what a loop runs again, copies on one set of variables, and losses are no layers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from solver.cli.main import main
from solver.errors import InputError
from solver.layer import Conv, FullyConnected, HostOperation, Layer
from solver.readers.dims import Dims
from solver.readers.read import read_model
from solver.readers.reading import Reading

HEAD = "import tensorflow as tf\nimport numpy as np\nfrom tensorflow import keras\n"


def read(tmp_path: Path, text: str, **dims: object) -> Reading:
    file = tmp_path / "net.py"
    file.write_text(HEAD + text)
    return read_model(file, Dims(**dims))  # type: ignore[arg-type]


def names(reading: Reading) -> list[str]:
    return [layer.name for layer in reading.complete().layers if not isinstance(layer, HostOperation)]


def array(reading: Reading) -> list[Layer]:
    return [layer for layer in reading.complete().layers if not isinstance(layer, HostOperation)]


NET = """
def net(x):
    for i in range(3):
        x = tf.nn.relu(tf.matmul(x, tf.Variable(tf.truncated_normal([8, 8])), name="m%d" % i))
    return x
x = tf.placeholder(tf.float32, [4, 8])
sess = tf.Session()
"""


@pytest.mark.parametrize(
    "loop",
    [
        "for s in range(1000):\n    sess.run(net(x))",
        "for s in range(100000):\n    y = net(x)\n    sess.run(y)\n"
        "    if s % 100 == 0:\n        print(sess.run(net(x)))",
        "y = net(x)\nwhile True:\n    sess.run(net(x), feed_dict={})\n"
        "    if np.random.rand() > 0.5:\n        break",
        "for s in range(9):\n    with tf.GradientTape() as tape:\n        y = net(x)",
    ],
)
def test_what_a_training_loop_runs_again_is_counted_once(tmp_path: Path, loop: str) -> None:
    reading = read(tmp_path, NET + loop)
    assert names(reading) == ["m0", "m1", "m2"]
    assert any("counted once" in note for note in reading.notes)


def test_a_loop_that_builds_the_network_is_followed_turn_by_turn(tmp_path: Path) -> None:
    text = "x = keras.Input((8,))\nfor i in range(4):\n    x = keras.layers.Dense(8, name='d%d' % i)(x)"
    assert names(read(tmp_path, text)) == ["d0", "d1", "d2", "d3"]
    branches = "x = keras.Input((8,))\ny = [keras.layers.Dense(8)(x) for i in range(4)]"
    assert len(names(read(tmp_path, branches))) == 4


COPIES = """
def net(x, reuse=False):
    with tf.variable_scope("net", reuse=reuse):
        return tf.layers.dense(tf.layers.conv2d(x, 8, 3, name="c"), 3, name="d")
def other(x, reuse=False):
    with tf.variable_scope("other") as scope:
        if reuse:
            scope.reuse_variables()
        return tf.layers.dense(x, 2, name="q")
a, b = (tf.placeholder(tf.float32, [n, 8, 8, 3]) for n in (4, 16))
net(a), net(b, reuse=True)
other(a), other(b, True)
tf.layers.dense(a, 5, name="last"), tf.layers.dense(b, 5, name="last", reuse=True)
"""


def test_copies_on_one_set_of_variables_count_once(tmp_path: Path) -> None:
    reading = read(tmp_path, COPIES)
    assert names(reading) == ["net/c", "net/d", "other/q", "last"]
    assert all(getattr(layer, "batch", 4) == 4 for layer in array(reading) if isinstance(layer, Conv))
    assert [note for note in reading.notes if "(reuse); not counted again" in note] == list(reading.notes)


def test_a_recurrent_network_that_is_unrolled_is_no_copy(tmp_path: Path) -> None:
    text = """
x, state = tf.placeholder(tf.float32, [2, 3, 8]), tf.zeros([2, 8])
for t in range(3):
    with tf.variable_scope("cell", reuse=t > 0):
        state = tf.tanh(tf.layers.dense(tf.concat([x[:, t], state], 1), 8, name="gate"))
"""
    reading = read(tmp_path, text)
    assert len(names(reading)) == 3 and not reading.notes


def test_arithmetic_on_labels_is_no_layer(tmp_path: Path) -> None:
    text = """
x, y_ = tf.placeholder(tf.float32, [4, 784]), tf.placeholder(tf.float32, [4, 10], name="labels")
y = tf.nn.softmax(tf.matmul(x, tf.Variable(tf.zeros([784, 10])), name="fc"))
loss = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y))) + tf.reduce_mean((y - y_) * (y - y_))
"""
    reading = read(tmp_path, text)
    assert names(reading) == ["fc"]
    assert reading.notes == ("2 sums and products with labels, which no layer reads, are a loss",)
    both = "x, m = (tf.placeholder(tf.float32, [4, 8]) for _ in range(2))\ntf.layers.dense(x * m, 3)"
    assert len(names(read(tmp_path, both))) == 2  # a mask that the network reads


BUILDER = """
from parts import block
import os
GPU = "CUDA" in os.environ
def net(shape, classes=10):
    x = image = keras.Input(shape)
    x = keras.layers.Flatten()(block(x))
    return keras.Model(image, keras.layers.Dense(classes, name="f" + str(7).zfill(3) + chr(ord("a")))(x))
"""
PARTS = "from tensorflow import keras\ndef block(x):\n    return keras.layers.Conv2D(8, 3, name='hc')(x)\n"


def test_a_builder_is_called_and_modules_beside_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(PARTS)
    reading = read(tmp_path, BUILDER, call="net((16, 16, 3), classes=5)")
    assert [replaced.to_dict() for replaced in array(reading)] == [
        Conv(name="hc", input=(3, 16, 16), filters=8, kernel=(3, 3)).to_dict(),
        FullyConnected(name="f007a", inputs=1568, outputs=5).to_dict(),
    ]
    with pytest.raises(InputError, match=r"such as net, expected --call 'net\(...\)'"):
        read(tmp_path, BUILDER)
    with pytest.raises(InputError, match=r"--call: found net[(], expected one expression"):
        read(tmp_path, BUILDER, call="net(").complete()
    (tmp_path / "parts.py").write_text("def block(x:\n")
    with pytest.raises(InputError, match=r"parts\.py:2:1: not valid Python"):
        read(tmp_path, BUILDER, call="net((16, 16, 3))").complete()


def test_what_fails_behind_the_network_does_not_lose_it(tmp_path: Path) -> None:
    text = "m = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name='d')])\nm.compile('adam')\n"
    reading = read(tmp_path, text + "data = [1, 2][5]\nm.fit(data)")
    assert names(reading) == ["d"] and "list index out of range" in reading.notes[-1]
    loop = (
        "x = tf.placeholder(tf.float32, [4, 8, 8, 3])\nwith tf.Session() as sess:\n    for s in range(9):\n"
    )
    turn = "        sess.run(net(x, s > 0))\n        print(missing)\n"
    nets = COPIES.partition("a, b = ")[0]
    reading = read(tmp_path, nets + loop + turn)
    assert names(reading) == ["net/c", "net/d"] and "the name missing is not" in "".join(reading.notes)
    turn = turn.replace("s > 0", "True") + "        tf.layers.dense(x, 2)\n"
    failing = read(tmp_path, COPIES + loop + turn)
    whole = Reading(failing.layers)
    assert failing.errors and names(whole) == ["net/c", "net/d", "other/q", "last"]
    with pytest.raises(InputError, match=r"list index out of range"):
        read(tmp_path, text + "width = [1, 2][5]\nm.add(keras.layers.Dense(width))").complete()


def test_examples_of_arrays_keep_their_sizes(tmp_path: Path) -> None:
    text = """
(x, y), _ = keras.datasets.mnist.load_data()
x = np.array(x, np.float32).reshape([-1, 784])
data = tf.data.Dataset.from_tensor_slices((x, y)).repeat().shuffle(5000).batch(16).prefetch(1)
image, label = data.make_one_shot_iterator().get_next()
z = tf.matmul(image, tf.Variable(tf.zeros([784, 10])), name="fc")
assert not tf.test.is_built_with_cuda() and keras.backend.image_dim_ordering() == "tf"
"""
    assert array(read(tmp_path, text)) == [FullyConnected(name="fc", batch=16, inputs=784, outputs=10)]


def test_a_notebook_is_the_program_of_its_code_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# A network"]},
        {
            "cell_type": "code",
            "source": [
                "%matplotlib inline\n",
                "!pip install x \\\n",
                "   y\n",
                "from tensorflow import keras\n",
            ],
        },
        {"cell_type": "code", "source": "%%bash\nls"},
        {
            "cell_type": "code",
            "source": "files = !ls\nm = keras.Sequential([keras.Input((8,)), keras.layers.Dense(7\n"
            "  % 9 - 3, name='d')])\n?m\nm.fit??",
        },
    ]
    file = tmp_path / "net.ipynb"
    file.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    assert names(read_model(file)) == ["d"]
    assert main(["map", f"{file}:d", "--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4", "--no-baselines"]) == 0
    file.write_text("{}")
    with pytest.raises(InputError, match="found no notebook"):
        read_model(file)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("net.prototxt", "caffe2onnx.convert --prototxt .*net.prototxt --caffemodel net.caffemodel"),
        ("frozen.pb", "tf2onnx.convert --graphdef .*frozen.pb"),
        ("net.pt", "torch.onnx.export"),
        ("net.pth", "torch.onnx.export"),
        ("net.mlmodel", "convert_coreml"),
    ],
)
def test_formats_that_are_not_read_get_the_command_that_helps(
    tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / name).write_bytes(b"\x00")
    with pytest.raises(InputError, match=rf"expected an ONNX file: .*{message}"):
        read_model(tmp_path / name)
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "saved_model.pb").write_bytes(b"\x00")
    with pytest.raises(
        InputError, match=r"a SavedModel of TensorFlow, expected an ONNX file: .*--saved-model .*saved"
    ):
        read_model(saved)


LOOP = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.fc = keras.layers.Dense(10, name="fc")
    def call(self, x, training=False):
        return self.fc(tf.reshape(x, [-1, 784]))
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
train = tf.data.Dataset.from_tensor_slices((np.array(x, np.float32), y)).repeat().batch(64).prefetch(1)
test = tf.data.Dataset.from_tensor_slices((np.array(x_test, np.float32), y_test)).batch(64)
net = Net()
for epoch in range(5):
    for step, (image, label) in enumerate(train.take(100), 1):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(image, training=True)))
        if step % 50 == 0:
            print(net(image))
    for image, label in test:
        net(image)
"""


def test_a_model_that_only_a_loop_over_a_data_set_calls_counts_once(tmp_path: Path) -> None:
    reading = read(tmp_path, LOOP)
    assert array(reading) == [FullyConnected(name="fc", batch=64, inputs=784, outputs=10)]
    assert any(
        "Net is called again in a loop that trains; it is counted once" in note for note in reading.notes
    )


def test_a_loop_over_examples_leaves_numbers_behind_it_open(tmp_path: Path) -> None:
    text = "data = tf.data.Dataset.from_tensor_slices(np.zeros((60, 8))).batch(4)\nturns = 0\n"
    text += "for step, x in enumerate(data):\n    turns += 1\n    y = tf.layers.dense(x, 3, name='d')\n"
    assert names(read(tmp_path, text)) == ["d"]
    for width in ("turns", "step + 1"):
        with pytest.raises(InputError, match=r"Dense depends on something that cannot be followed"):
            read(tmp_path, f"{text}keras.layers.Dense({width})(keras.Input((8,)))").complete()


def test_a_model_inside_of_another_counts_as_often_as_it_is_called(tmp_path: Path) -> None:
    text = """
class Branch(keras.Model):
    def __init__(self):
        super().__init__()
        self.fc = keras.layers.Dense(5, name="fc")
    def call(self, x):
        return self.fc(x)
class Pair(keras.Model):
    def __init__(self):
        super().__init__()
        self.branch = Branch()
    def call(self, x):
        return self.branch(x) + self.branch(x * 2.0)
pair = Pair()
for x in tf.data.Dataset.from_tensor_slices(np.zeros((60, 8))).batch(4):
    pair(x)
"""
    assert (
        sum(layer.macs for layer in array(read(tmp_path, text)) if isinstance(layer, FullyConnected)) == 320
    )


def test_data_that_a_finished_model_is_fitted_to_may_be_missing(tmp_path: Path) -> None:
    text = "model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name='d')])\nmodel.fit(X, Y)\n"
    reading = read(tmp_path, text)
    assert names(reading) == ["d"] and "the name X is not defined" in reading.notes[-1]
