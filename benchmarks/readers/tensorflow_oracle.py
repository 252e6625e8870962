"""Ask TensorFlow itself what the programs of tests/data/programs build, and keep its answers for the tests.

Needs an environment of its own with tensorflow (2.x), tf_keras and tf_slim; this project depends on none:

    python benchmarks/readers/tensorflow_oracle.py tests/data/programs/tensorflow_says.json

Only the programs named here are executed, each in a process of its own; the hostile ones are not among them.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
import types
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

PROGRAMS = Path(__file__).parents[2] / "tests" / "data" / "programs"
TF1 = (
    "vgg16 alexnet_groups mnist_dict googlenet_block nchw_layers attention vgg19_class unet_deconv dcgan_ops "
    "convnet_dict resnet_official slim_mobilenet inception_v3_stem alexnet_finetune text_cnn"
)
KERAS = (
    "vgg16 vgg16_functional resnet50 mobilenetv2 transformer subclass autoencoder unet se_separable siamese "
    "text_cnn attention_value_dim lstm mnist_cnn resnet_cifar densenet efficient bert_like yolo_like"
)
NAMES = [f"tf1_{name}" for name in TF1.split()] + [f"keras_{name}" for name in KERAS.split()]
NAMES += ["tf2_module_flags", "tf2_subclass_resnet"]

PRODUCTS = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "MatMul", "BatchMatMulV2", "Einsum")
POOLING = ("MaxPool", "AvgPool")


def answers(name: str) -> list[dict[str, Any]]:
    """Run one program and return the operations of its graph, with the shapes that TensorFlow infers."""
    os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    import tensorflow
    import tf_keras

    sys.argv = [name]
    path = str(PROGRAMS / f"{name}.py")
    if not name.startswith("tf1"):
        for module in ("", ".layers", ".models"):
            sys.modules[f"keras{module}"] = sys.modules[f"tf_keras{module}"]
        stand_in_data(tf_keras)
        model = runpy.run_path(path, run_name="__main__")["model"]
        if hasattr(type(model).call, "python_function"):  # a tf.function would hide its operations
            type(model).call = type(model).call.python_function
        shapes = [tensor.shape for tensor in model.inputs] if model.inputs else [(None, 32, 32, 3)]
        specs = [tensorflow.TensorSpec([shape[0] or 1, *shape[1:]]) for shape in shapes]
        graph = tensorflow.function(model).get_concrete_function(specs[0] if len(specs) == 1 else specs).graph
        recurrent = [
            {"op": "recurrent", "weights": [list(w.shape) for w in layer.weights if len(w.shape) == 2]}
            for layer in model.layers
            if isinstance(layer, (tf_keras.layers.RNN, tf_keras.layers.Bidirectional))
        ]
        return operations(graph) + recurrent
    old = tensorflow.compat.v1
    old.disable_v2_behavior()
    graphs = [old.Graph()]
    with graphs[0].as_default():
        stand_in(old, graphs)
        with contextlib.suppress(SystemExit):  # a session would train: the graph is complete by then
            runpy.run_path(path, run_name="__main__")
    return [row for graph in graphs for row in operations(graph)]


def stand_in_data(keras: Any) -> None:
    """Give Keras' data sets two examples each, and its models nothing to do when they are trained."""
    import numpy
    import tensorflow

    sizes = {"mnist": (28, 28), "cifar10": (32, 32, 3), "cifar100": (32, 32, 3), "imdb": (5,)}
    for name, size in sizes.items():
        images, labels = numpy.zeros((2, *size), "float32"), numpy.zeros(2, "int64")
        examples = ((images, labels), (images, labels))
        for module in (keras, tensorflow.keras):
            getattr(module.datasets, name).load_data = lambda examples=examples, **_: examples
    for method in ("fit", "fit_generator", "evaluate"):
        setattr(keras.Model, method, lambda *_, **__: [0, 0])
    keras.optimizers.Adam = keras.optimizers.legacy.Adam  # takes the argument lr
    for module in ("advanced_activations", "normalization"):
        sys.modules[f"keras.layers.{module}"] = keras.layers
    for module in ("callbacks", "datasets", "optimizers", "preprocessing.image", "regularizers"):
        sys.modules[f"keras.{module}"] = importlib.import_module(f"tf_keras.{module}")


def stand_in(old: Any, graphs: list[Any]) -> None:
    """Let ``import tensorflow`` give version 1's interface, without sessions and what is gone since."""

    class Graph(old.Graph):
        def __init__(self) -> None:
            super().__init__()
            graphs.append(self)

    def session(config: Any = None) -> Any:
        found = MagicMock()
        found.run.side_effect = found.__enter__.return_value.run.side_effect = SystemExit
        return found

    import tensorflow
    from tensorflow.python.framework import ops
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl

    ops.Tensor = tensorflow.Tensor  # tf_slim looks for it there
    for key in ("base", "convolutional", "core", "normalization", "pooling"):
        found = importlib.import_module(f"tf_keras.src.legacy_tf_layers.{key}")
        sys.modules[f"tf_keras.legacy_tf_layers.{key}"] = found
    sys.modules["tf_keras.legacy_tf_layers"] = importlib.import_module("tf_keras.src.legacy_tf_layers")
    import tf_slim

    module = types.ModuleType("tensorflow")
    for key in dir(old):
        setattr(module, key, getattr(old, key))
    module.Graph, module.Session, module.contrib = Graph, session, MagicMock()
    module.contrib.slim = module.contrib.layers = tf_slim
    module.contrib.rnn = rnn_cell_impl
    tf_slim.xavier_initializer = tf_slim.xavier_initializer_conv2d = old.glorot_uniform_initializer
    sys.modules |= {"tensorflow": module, "tensorflow.compat.v1": module, "tensorflow.contrib.slim": tf_slim}
    for key in ("contrib", "examples", "examples.tutorials", "examples.tutorials.mnist"):
        sys.modules[f"tensorflow.{key}"] = MagicMock()


def operations(graph: Any) -> list[dict[str, Any]]:
    """Return the operations of a graph that may be layers."""
    rows = []
    for operation in graph.get_operations():
        if operation.type in PRODUCTS + POOLING and not operation.name.startswith("gradients"):
            row: dict[str, Any] = {
                "op": operation.type,
                "inputs": [tensor.shape.as_list() for tensor in operation.inputs],
                "output": operation.outputs[0].shape.as_list(),
            }
            if operation.type == "Einsum":
                row["equation"] = operation.get_attr("equation").decode()
            if operation.type in POOLING:
                row["window"] = list(operation.get_attr("ksize"))
            rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="where the answers are kept")
    parser.add_argument("--only", metavar="PROGRAM", help="print the answer of one program, write nothing")
    options = parser.parse_args()
    if options.only:
        print("ANSWER" + json.dumps(answers(options.only)))
        return
    result = {}
    for name in NAMES:
        command = [sys.executable, __file__, str(options.file), "--only", name]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line for line in run.stdout.splitlines() if line.startswith("ANSWER")]
        if not lines:
            print(f"{name}: {run.stderr[-500:]}", file=sys.stderr)
            continue
        result[name] = json.loads(lines[0].removeprefix("ANSWER"))
        print(f"{name}: {len(result[name])} operations")
    lists = (
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in found) + "\n]"
        for name, found in result.items()
    )
    options.file.write_text("{\n" + ",\n".join(lists) + "\n}\n")


if __name__ == "__main__":
    main()
