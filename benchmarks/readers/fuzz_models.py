"""Valid models of the formats beside ONNX, and what reads them, for `fuzz.py`; each needs its own library."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from benchmarks.readers.fuzz_inputs import PROGRAM, Case, model
from solver.readers.dims import Dims
from solver.readers.read import read_model

BUILDER = """from tensorflow import keras
from tensorflow.keras import layers

def net(shape, width=8):
    model = keras.Sequential([keras.Input(shape)])
    model.add(layers.Conv2D(width, 3))
    model.add(layers.Dense(4))
    return model
"""
KERAS = {
    "class_name": "Functional",
    "config": {
        "name": "net",
        "layers": [
            {
                "class_name": "InputLayer",
                "name": "x",
                "config": {"batch_shape": [None, 8, 8, 3], "name": "x"},
                "inbound_nodes": [],
            },
            {
                "class_name": "Conv2D",
                "name": "conv",
                "config": {"name": "conv", "filters": 4, "kernel_size": [3, 3], "strides": [1, 1]},
                "inbound_nodes": [[["x", 0, 0, {}]]],
            },
            {
                "class_name": "Dense",
                "name": "fc",
                "config": {"name": "fc", "units": 5, "activation": "relu"},
                "inbound_nodes": [[["conv", 0, 0, {}]]],
            },
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["fc", 0, 0]],
    },
}


def archive(config: bytes) -> bytes:
    """Return a ``.keras`` file of a configuration."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", config)
    return content.getvalue()


def keras_config(path: Path) -> object:
    """Read a damaged configuration in a sound archive."""
    file = path.with_suffix(".keras")
    file.write_bytes(archive(path.read_bytes()))
    return model(file)


def call(path: Path) -> object:
    """Read a program by a damaged ``--call``."""
    text = path.read_bytes().decode("utf-8", "replace").replace("\0", " ")
    return read_model(path.with_name("net.py"), Dims(call=text))


def certificate(path: Path) -> object:
    """Check a certificate; whatever is printed is a message, and the exit code tells of it."""
    from solver.certificates.check_certificate import main

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as told:
        code = main([str(path)])
    assert code in (0, 1) or told.getvalue(), "an exit code without words"
    return code


def hdf5() -> bytes:
    """Return an ``.h5`` file of the configuration."""
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["model_config"] = json.dumps(KERAS)
    return content.getvalue()


def exported() -> bytes:
    """Return what ``torch.export.save`` writes."""
    import torch

    content = io.BytesIO()
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 5)
    )
    torch.export.save(torch.export.export(net.eval(), (torch.zeros(1, 3, 4, 4),)), content)
    return content.getvalue()


def lite() -> bytes:
    """Return a model of TensorFlow Lite."""
    from tests.support.examples.tflite_model import model as built

    return built()


def small_certificate() -> bytes:
    """Return the certificate of a small question."""
    from tests.support.examples.certificate_cases import random_papers

    return json.dumps(next(random_papers(Random(3)))).encode()


def model_cases() -> Iterator[Case]:
    """Yield the kinds of inputs; those whose library is missing are left out, and said so."""
    cell = {"cell_type": "code", "source": PROGRAM.decode().splitlines(keepends=True)}
    notebook = json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "x"}, cell]}, indent=1
    )
    config = json.dumps(KERAS, indent=1).encode()
    yield "notebook", model, {"net.ipynb": notebook.encode()}, "net.ipynb"
    yield "keras config", keras_config, {"config.json": config}, "config.json"
    yield "keras archive", model, {"net.keras": archive(config)}, "net.keras"
    yield "call", call, {"net.py": BUILDER.encode(), "call": b"net((32, 32, 3), width=16)"}, "call"
    yield "certificate", certificate, {"x.cert": small_certificate()}, "x.cert"
    for name, ending, make in (("hdf5", "h5", hdf5), ("pt2", "pt2", exported), ("tflite", "tflite", lite)):
        try:
            yield name, model, {f"net.{ending}": make()}, f"net.{ending}"
        except ImportError as error:
            print(f"{name}: left out, {error}")
