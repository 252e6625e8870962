"""Files that pages of the documentation take for granted, small ones of the same kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

PROGRAMS = Path(__file__).parents[1] / "data" / "programs"


def _bert(path: Path) -> None:
    from tests.support.examples.onnx_models import bert

    bert(blocks=1).save(path)


def _resnet(path: Path) -> None:
    from tests.support.examples.onnx_models import resnet50

    resnet50().save(path)


GIVEN: dict[str, Callable[[Path], object]] = {
    "bert.onnx": _bert,
    "resnet50.onnx": _resnet,
    "vgg16.py": lambda path: shutil.copy(PROGRAMS / "tf1_vgg16.py", path),
}
