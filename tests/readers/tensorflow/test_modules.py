"""Modules beside a program: packages, relative and absolute imports, as Python finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.errors import InputError
from solver.layer import Layer
from solver.readers.dims import Dims
from solver.readers.read import read_model

FILES = {
    "cfg.py": "WIDTH = 3\n",
    "utils/small.py": "ONE = 1\n",
    "models/__init__.py": "from .res import resnet\nfrom . import blocks as building\n",
    "models/blocks.py": "from tensorflow.keras import layers\n"
    "def block(x, filters):\n    return layers.Conv2D(filters, 3)(x)\n",
    "models/res.py": "from tensorflow import keras\nfrom .blocks import block\nfrom ..cfg import WIDTH\n"
    "from cfg import WIDTH as AGAIN\nimport utils.small\n"
    "def resnet(shape):\n    image = keras.Input(shape)\n"
    "    return keras.Model(image, block(image, WIDTH + AGAIN + utils.small.ONE))\n",
}


def layers(tmp_path: Path, text: str) -> list[Layer]:
    for name, content in {**FILES, "net.py": text}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return list(read_model(tmp_path / "net.py", Dims()).complete().layers)


@pytest.mark.parametrize(
    "text",
    [
        "from models import resnet\nresnet((8, 8, 3))",
        "import models\nmodels.resnet((8, 8, 3))",
        "from models import *\nresnet((8, 8, 3))",
        "import models.res\nmodels.res.resnet((8, 8, 3))",
        "import models.res as r\nr.resnet((8, 8, 3))",
        "from models.res import resnet as net\nnet((8, 8, 3))",
        "from utils import small\nfrom models import res, building\n"
        "from tensorflow import keras\nx = keras.Input((8, 8, 3))\nbuilding.block(x, 6 + small.ONE)",
    ],
)
def test_modules_of_packages_are_read(tmp_path: Path, text: str) -> None:
    (layer,) = layers(tmp_path, text)
    assert layer.macs == 6 * 6 * 9 * 3 * 7


def test_a_module_that_is_missing_or_empty_is_none(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "empty.py").touch()
    text = "import empty, utils.missing, missing.utils\nfrom models import nothing, resnet\nresnet((8, 8, 3))"
    assert len(layers(tmp_path, text)) == 1
    with pytest.raises(InputError, match=r"found models\.nothing, from line 1"):
        layers(tmp_path, "from models import nothing\nfrom tensorflow import keras\nkeras.Input((8,))\n"
               "keras.layers.Dense(nothing)(keras.Input((8,)))")  # fmt: skip
