"""Models of torchvision and timm, read in memory and as both of torch's exporters write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.readers.torch_oracle import macs_of_module

if TYPE_CHECKING:
    from benchmarks.readers.corpus import Case

TORCHVISION = (
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet"),
    *("inception_v3", "maxvit_t", "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "regnet_x_400mf"),
    *("regnet_y_400mf", "resnet18", "resnet50", "resnext50_32x4d", "shufflenet_v2_x1_0", "squeezenet1_1"),
    *("swin_t", "swin_v2_t", "vgg11", "vit_b_16", "fcn_resnet50", "deeplabv3_mobilenet_v3_large"),
    "lraspp_mobilenet_v3_large",
)
"""One of each family, the small ones, and segmentation, whose results are dictionaries."""

TIMM = (
    *("coatnet_0_rw_224", "convit_tiny", "convnextv2_atto", "crossvit_9_240", "edgenext_xx_small"),
    *("efficientvit_b0", "ghostnet_100", "halonet26t", "lcnet_050", "levit_128", "mambaout_femto"),
    *("mixer_s32_224", "mobilenetv4_conv_small", "pvt_v2_b0", "repvgg_a0", "tinynet_a"),
    "vit_tiny_patch16_224",
)
"""One of many families, the small ones."""


def load_torchvision() -> None:
    """Import torchvision, though its compiled operators may be for another build of torch.

    Its models need none of them but those of boxes, which are declared so that the import goes through.
    """
    import torch

    if not hasattr(torch.ops.torchvision, "nms"):
        for name in ("nms", "qnms"):
            schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            torch.library.define(f"torchvision::{name}", schema)
    import torchvision  # noqa: F401


def torchvision_models(folder: Path) -> Iterator[Case]:
    """Networks of torchvision."""
    load_torchvision()
    import torchvision

    def make(name: str) -> Any:
        more: dict[str, Any] = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        if name.startswith(("fcn", "deeplab", "lraspp")):
            more = {"weights_backbone": None}
        return torchvision.models.get_model(name, weights=None, **more)

    yield from _cases(folder, "torchvision", TORCHVISION, make)


def timm_models(folder: Path) -> Iterator[Case]:
    """Networks of timm."""
    load_torchvision()
    import timm

    yield from _cases(folder, "timm", TIMM, timm.create_model)


def _cases(folder: Path, library: str, names: tuple[str, ...], make: Callable[[str], Any]) -> Iterator[Case]:
    import torch

    from benchmarks.readers.corpus import Case, onnx_case
    from benchmarks.readers.corpus_models import export, quiet
    from solver.interface.networks import read

    quiet()
    for name in names:
        model = make(name).eval()
        size = (getattr(model, "default_cfg", None) or {}).get("input_size", (3, 224, 224))
        inputs = (torch.zeros(1, *size),)
        yield Case(
            f"{name} (module)",
            lambda m=model, x=inputs: read(m, x),  # type: ignore[misc]
            lambda m=model, x=inputs: macs_of_module(m, x),  # type: ignore[misc]
        )
        for exporter in ("script", "dynamo"):
            file = export(model, inputs, folder / f"{library}-{name}-{exporter}.onnx", exporter)
            if file is not None:
                yield onnx_case(f"{name} ({exporter})", file)


GROUPS: dict[str, Callable[[Path], Iterator[Case]]] = {"torchvision": torchvision_models, "timm": timm_models}
