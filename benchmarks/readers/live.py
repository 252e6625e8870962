"""Whether models in memory have the layers of their ONNX exports, one by one.

    python -m benchmarks.readers.live [--into FOLDER] [NAME...]

Torch: our ResNet-50, MobileNetV3, ViT-B/16, LSTM and decoder block, each read in memory, as a saved program
(.pt2) and as the ONNX files of both of torch's exporters. Keras: networks of keras.applications and a
recurrent one, in memory, as .keras file and as ONNX file, which Keras exports with the backend torch. Needs
torch, onnxscript and Keras. FOLDER is where the files are kept (else they are temporary).

What is compared is the work of the array, part by part and in order where both keep it: an exporter may write
attention as its two products, a linear layer as a matrix product with weights, and a sum in another place. So
every loop nest has to be there as often.

Keras' exporter writes no recurrent layers: it unrolls them, the inputs of all steps as one product and the
state of each step but the first (it is zero) as another. Their products are compared with those of our layers
taken apart in the same way ("all products, unrolled").
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from solver.interface.networks import read
from solver.layer import (
    GRU,
    LSTM,
    RNN,
    BatchMatmul,
    Conv,
    FullyConnected,
    Gemm,
    Layer,
    Primitive,
    Recurrent,
)
from solver.readers.read import read_model
from solver.readers.reading import Reading

Row = tuple[str, Reading, dict[str, Callable[[], Reading]]]
"""A model: its name, its layers in memory, and the other ways to have them."""

KERAS = ("ResNet50", "MobileNetV3Small", "EfficientNetB0", "DenseNet121")


def work(layers: Iterable[Layer]) -> list[Any]:
    """Return the loop nests that the array runs, in order, each with its repeats."""
    parts = [part for layer in layers for part in layer.parts() if isinstance(part.layer, Primitive)]
    return [(part.layer.nest(), part.repeats) for part in parts]


GATES: dict[type[Recurrent], int] = {LSTM: 4, GRU: 3, RNN: 1}


def unrolled(layers: Iterable[Layer]) -> list[Any]:
    """Return the loop nests of products, those of recurrent layers as Keras' exporter takes them apart."""
    found: list[Any] = []
    for layer in layers:
        if isinstance(layer, Recurrent):
            words = GATES[type(layer)] * layer.hidden
            inputs = Gemm(m=layer.steps * layer.batch, n=words, k=layer.inputs)
            state = FullyConnected(batch=layer.batch, inputs=layer.hidden, outputs=words)
            found += [(inputs.nest(), layer.directions), (state.nest(), layer.directions * (layer.steps - 1))]
        elif isinstance(layer, Conv | FullyConnected | Gemm | BatchMatmul):
            found.append((layer.nest(), 1))
    counted: Counter[Any] = Counter()
    for nest, times in found:
        counted[nest] += times
    return sorted(counted.items(), key=str)


def torch_rows(folder: Path, wanted: set[str]) -> Iterator[Row]:
    import torch

    from benchmarks.readers.corpus_models import export, quiet
    from tests.support.examples.torch_models import models

    quiet()
    for name, (model, inputs) in models(small=False).items():
        if wanted and name not in wanted:
            continue
        model.eval()
        saved = folder / f"{name}.pt2"
        torch.export.save(torch.export.export(model, inputs), str(saved))
        ways = {"pt2": lambda f=saved: read_model(f)}
        for exporter in ("script", "dynamo"):
            file = export(model, inputs, folder / f"{name}-{exporter}.onnx", exporter)
            if file is not None:
                ways[f"ONNX, {exporter}"] = lambda f=file: read_model(f)
        yield name, read(model, inputs), ways


def keras_rows(folder: Path, wanted: set[str]) -> Iterator[Row]:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    layers = keras.layers

    def recurrent() -> Any:
        tokens = keras.Input((20,), batch_size=1)
        x = layers.Embedding(1000, 64)(tokens)
        x = layers.Bidirectional(layers.LSTM(96, return_sequences=True))(x)
        return keras.Model(tokens, layers.Dense(17)(layers.GRU(64)(x)), name="Tagger")

    makers: dict[str, Callable[[], Any]] = {
        name: lambda n=name: getattr(keras.applications, n)(weights=None, input_shape=(224, 224, 3))
        for name in KERAS
    }
    for name, make in (makers | {"Tagger": recurrent}).items():
        if wanted and name not in wanted:
            continue
        model = make()
        saved, exported = folder / f"{name}.keras", folder / f"keras-{name}.onnx"
        model.save(saved)
        ways = {".keras": lambda f=saved: read_model(f)}
        if not exported.exists():
            model(keras.ops.zeros([size or 1 for size in model.input.shape]))  # only such are exported
            model.export(str(exported), format="onnx", verbose=False)
        ways["ONNX"] = lambda f=exported: read_model(f)
        yield f"keras {name}", read(model), ways


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="of models [default: all]")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="for files [default: a temporary one]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.into or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{'model':26}{'beside':16}{'parts':>7}{'multiplications':>17}  equal")
        for rows in (torch_rows, keras_rows):
            for name, live, ways in rows(folder, {*options.names}):
                mine = work(live.complete().layers)
                for way, reading in ways.items():
                    layers = reading().complete().layers
                    told = verdict(mine, work(layers))
                    if "NO" in told and unrolled(live.layers) == unrolled(layers):
                        told = "all products, unrolled"
                    print(f"{name:26}{way:16}{len(mine):7}{macs(mine):17,}  {told}", flush=True)


def macs(parts: Iterable[Any]) -> int:
    return sum(nest.macs * repeats for nest, repeats in parts)


def verdict(mine: list[Any], other: list[Any]) -> str:
    if mine == other:
        return "in order"
    here, there = Counter(mine), Counter(other)
    if here == there:
        return "yes"
    differing = [*(here - there).items(), *(there - here).items()]
    total = "but as much work" if macs(mine) == macs(other) else f"beside {macs(other):,}"
    return f"NO, {total}: {len(differing)} kinds of parts differ, such as {differing[0]}"


if __name__ == "__main__":
    main()
