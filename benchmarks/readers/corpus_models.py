"""Models that the corpus builds: exported by torch, Keras and transformers, optimised by onnxruntime."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solver.readers.read import read_model

if TYPE_CHECKING:
    from benchmarks.readers.corpus import Case

_SMALL = {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 128}
_SHARED = {**_SMALL, "num_key_value_heads": 2}

TRANSFORMERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "albert": ("AlbertModel", {**_SMALL, "embedding_size": 32}, "tokens"),
    "bart": (
        "BartModel",
        {"d_model": 64, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4}
        | {"decoder_attention_heads": 4, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128},
        "tokens",
    ),
    "beit": ("BeitModel", _SMALL, "image"),
    "bert": ("BertModel", _SMALL, "tokens"),
    "bloom": ("BloomModel", {"hidden_size": 64, "n_layer": 2, "n_head": 4}, "tokens"),
    "convnext": ("ConvNextModel", {"hidden_sizes": [16, 32, 48, 64], "depths": [1, 1, 1, 1]}, "image"),
    "deberta_v2": ("DebertaV2Model", _SMALL, "tokens"),
    "dinov2": ("Dinov2Model", {**_SMALL, "image_size": 224}, "image"),
    "distilbert": ("DistilBertModel", {"dim": 64, "n_heads": 4, "hidden_dim": 128, "n_layers": 2}, "tokens"),
    "electra": ("ElectraModel", {**_SMALL, "embedding_size": 32}, "tokens"),
    "falcon": ("FalconModel", _SMALL, "tokens"),
    "gemma": ("GemmaModel", {**_SHARED, "head_dim": 16}, "tokens"),
    "gpt2": ("GPT2Model", {"n_embd": 64, "n_head": 4, "n_layer": 2}, "tokens"),
    "gpt_neox": ("GPTNeoXModel", _SMALL, "tokens"),
    "llama": ("LlamaModel", _SHARED, "tokens"),
    "mistral": ("MistralModel", _SHARED, "tokens"),
    "mobilenet_v2": ("MobileNetV2Model", {"depth_multiplier": 0.35}, "image"),
    "mobilevit": ("MobileViTModel", {}, "image"),
    "opt": ("OPTModel", {**_SMALL, "ffn_dim": 128, "word_embed_proj_dim": 64}, "tokens"),
    "phi": ("PhiModel", _SMALL, "tokens"),
    "qwen2": ("Qwen2Model", _SHARED, "tokens"),
    "regnet": ("RegNetModel", {"hidden_sizes": [32, 64], "depths": [1, 1], "groups_width": 16}, "image"),
    "resnet": ("ResNetModel", {"hidden_sizes": [32, 64], "depths": [1, 1], "embedding_size": 16}, "image"),
    "roberta": ("RobertaModel", _SMALL, "tokens"),
    "segformer": ("SegformerModel", {"depths": [1, 1, 1, 1]}, "image"),
    "squeezebert": ("SqueezeBertModel", {**_SMALL, "embedding_size": 64}, "tokens"),
    "swin": ("SwinModel", {"embed_dim": 32, "depths": [1, 1], "num_heads": [2, 4]}, "image"),
    "vit": ("ViTModel", _SMALL, "image"),
}
"""Small configurations: the class of the model, what differs from its defaults, and what it takes."""


def quiet() -> None:
    """Let other libraries keep their warnings to themselves."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)


def _case(name: str, read: Callable[[], Any], count: Callable[[], int]) -> Case:
    from benchmarks.readers.corpus import Case

    return Case(name, read, count)


def _transformer(kind: str) -> tuple[Any, Any]:
    import torch

    from benchmarks.readers.corpus_vision import load_torchvision

    with contextlib.suppress(ImportError):
        load_torchvision()
    import transformers

    quiet()
    name, changes, takes = TRANSFORMERS[kind]
    model = getattr(transformers, name)
    made = model(model.config_class(**changes)).eval()
    made.config.use_cache = False
    inputs = torch.ones(1, 16, dtype=torch.int64) if takes == "tokens" else torch.zeros(1, 3, 224, 224)
    return made, inputs


def _torch_models() -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    from tests.support.examples.torch_models import models

    for name, (model, inputs) in models(small=False).items():
        yield name, model.eval(), inputs


@contextlib.contextmanager
def quiet_output() -> Iterator[None]:
    """Let nothing be printed, by libraries in C either."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def export(model: Any, inputs: tuple[Any, ...], file: Path, exporter: str) -> Path | None:
    """Return the file of a module by the older ("script") or newer ("dynamo") exporter; None if it fails."""
    import torch

    if not file.exists():
        try:
            with quiet_output():  # it prints whole graphs when it fails
                torch.onnx.export(
                    model, inputs, str(file), dynamo=exporter == "dynamo", external_data=False, verbose=False
                )
        except Exception as error:  # the exporter's own failure says nothing of our reader
            file.unlink(missing_ok=True)
            reason = (str(error).splitlines() or ["no reason"])[0]
            print(f"{file.stem}: not exported: {type(error).__name__}: {reason[:90]}")
            return None
    return file


def torch_exports(folder: Path) -> Iterator[Case]:
    """Our networks, exported by both of torch's exporters."""
    from benchmarks.readers.corpus import onnx_case

    quiet()
    for name, model, inputs in _torch_models():
        for exporter in ("script", "dynamo"):
            file = export(model, inputs, folder / f"{name}-{exporter}.onnx", exporter)
            if file is not None:
                yield onnx_case(file.stem, file)


def transformer_exports(folder: Path) -> Iterator[Case]:
    """Small configurations of transformers, exported by the newer exporter."""
    from benchmarks.readers.corpus import onnx_case

    for kind in TRANSFORMERS:
        model, inputs = _transformer(kind)
        file = export(model, (inputs,), folder / f"transformers-{kind}.onnx", "dynamo")
        if file is not None:
            yield onnx_case(file.stem, file)


def live(folder: Path) -> Iterator[Case]:
    """Modules of torch in memory beside torch's own count of multiplications while they run."""
    from benchmarks.readers.torch_oracle import macs_of_module
    from solver.interface.networks import read

    found: list[tuple[str, Any, tuple[Any, ...]]] = list(_torch_models())
    for kind in TRANSFORMERS:
        model, inputs = _transformer(kind)
        found.append((f"transformers {kind}", model, (inputs,)))
    for name, model, inputs in found:
        yield _case(
            f"{name} (module)",
            lambda m=model, x=inputs: read(m, x),
            lambda m=model, x=inputs: macs_of_module(m, x),
        )


KERAS = [
    "VGG16",
    "ResNet50",
    "ResNet50V2",
    "InceptionV3",
    "InceptionResNetV2",
    "Xception",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "MobileNetV3Large",
    "DenseNet121",
    "NASNetMobile",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "ConvNeXtTiny",
]


def keras_applications(folder: Path) -> Iterator[Case]:
    """Keras' applications without weights, beside a count over Keras' own layers; in memory and as files."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    from solver.interface.networks import read

    for name in KERAS:
        try:
            model = getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3))
        except ValueError as error:  # NASNet with the backend torch
            print(f"{name}: not built: {str(error).splitlines()[0][:90]}")
            continue
        yield _case(f"{name} (memory)", lambda m=model: read(m), lambda m=model: _keras_macs(m))
        program = folder / f"{name}.py"
        program.write_text(
            f"from tensorflow.keras import applications\napplications.{name}(input_shape=(224, 224, 3))\n"
        )
        yield _case(f"{name} (program)", lambda f=program: read_model(f), lambda m=model: _keras_macs(m))
    file = folder / "mobilenet.keras"
    model = keras.applications.MobileNet(weights=None)
    model.save(file)
    yield _case("MobileNet (.keras)", lambda: read_model(file), lambda: _keras_macs(model))


def _keras_macs(model: Any) -> int:
    import keras

    layers, total = keras.layers, 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += _keras_macs(layer)
            continue
        for node in layer._inbound_nodes:
            output = node.output_tensors[0].shape[1:]
            if isinstance(layer, layers.SeparableConv2D):
                kernels = math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
                total += math.prod(output[:-1]) * kernels
            elif isinstance(layer, layers.DepthwiseConv2D):
                total += math.prod(output) * math.prod(layer.kernel.shape[:2])
            elif isinstance(layer, layers.Conv2D | layers.Dense):
                total += math.prod(output) * math.prod(layer.kernel.shape[:-1])
    return total


def optimised(folder: Path) -> Iterator[Case]:
    """Networks as onnxruntime's optimiser and quantiser leave them, beside the count of the file before."""
    import onnx
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from benchmarks.readers.onnx_oracle import macs_of_file
    from tests.support.examples.onnx_models import Builder

    quiet()
    names = ("resnet50", "mobilenetv3", "vit_b_16", "lstm", "decoder")  # not torchvision's in the same folder
    before = {f"{n}-script": folder / f"{n}-script.onnx" for n in names}
    before = {name: file for name, file in before.items() if file.exists()}  # the group torch exports them
    for opset in (9, 11, 12):
        before[f"lenet-opset{opset}"] = _lenet(Builder(opset)).save(folder / f"lenet-opset{opset}.onnx")
    for name, file in before.items():
        yield _case(name, lambda f=file: read_model(f), lambda f=file: macs_of_file(f))
        better = folder / f"{name}-optimised.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(better)
        options.log_severity_level = 4
        onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        yield _case(better.stem, lambda f=better: read_model(f), lambda f=file: macs_of_file(f))
        small = folder / f"{name}-int8.onnx"
        try:
            quantize_dynamic(onnx.load(file), str(small), weight_type=QuantType.QUInt8)
        except Exception as error:  # the quantiser's own failure says nothing of our reader
            print(f"{name}: not quantised: {str(error).splitlines()[0][:90]}")
            continue
        yield _case(small.stem, lambda f=small: read_model(f), lambda f=file: macs_of_file(f))


def _lenet(b: Any) -> Any:
    """LeNet with ``view(x.size(0), -1)``, its weights in the file so that it can run."""
    import numpy as np

    def weights(*shape: int) -> str:
        return str(b.constant(np.zeros(shape), np.float32))

    x = b.node("Conv", b.input("x", [1, 1, 28, 28]), weights(6, 1, 5, 5), name="conv")
    x = b.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], name="pool")
    size = b.node("Gather", b.node("Shape", x), b.constant(0), axis=0)
    sizes = [b.node("Unsqueeze", part, axes=[0]) for part in (size, b.constant(-1))]
    x = b.node("Reshape", x, b.node("Concat", *sizes, axis=0))
    b.node("Gemm", x, weights(10, 864), weights(10), name="fc", transB=1)
    return b


GROUPS: dict[str, Callable[[Path], Iterator[Case]]] = {
    "torch": torch_exports,
    "optimised": optimised,
    "transformers": transformer_exports,
    "live": live,
    "keras": keras_applications,
}
