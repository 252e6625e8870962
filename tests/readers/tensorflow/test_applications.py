"""Networks of ``tf.keras.applications`` in programs: the published architectures, layer by layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.errors import InputError
from solver.layer import BatchMatmul, Conv, FullyConnected, Gemm, HostOperation, Layer, MaxPool
from solver.readers.dims import Dims
from solver.readers.read import read_layers, read_model

HEAD = "from tensorflow import keras\nfrom tensorflow.keras import layers, applications\n"


def read(tmp_path: Path, text: str) -> list[Layer]:
    file = tmp_path / "net.py"
    file.write_text(HEAD + text)
    return [x for x in read_model(file, Dims()).complete().layers if not isinstance(x, HostOperation)]


def products(layers: list[Layer]) -> int:
    return sum(x.macs for x in layers if isinstance(x, (Conv, FullyConnected, Gemm, BatchMatmul)))


# Multiplications on an image of 224x224 as Keras' own layers count them:
# `python -m benchmarks.readers.corpus keras`.
KERAS = {
    "VGG16": 15_470_264_320,
    "ResNet50": 3_857_973_248,
    "ResNet50V2": 3_482_255_360,
    "InceptionV3": 2_837_921_120,
    "Xception": 4_552_879_072,
    "MobileNet": 568_740_352,
    "MobileNetV2": 300_774_272,
    "DenseNet121": 2_834_161_664,
    "EfficientNetB0": 385_814_752,
    "MobileNetV3Small": 56_510_400,
    "MobileNetV3Large": 216_589_760,
    "EfficientNetV2B0": 718_086_176,
    "EfficientNetV2B3": 1_609_978_624,
    "ConvNeXtTiny": 4_455_531_264,
    "InceptionResNetV2": 6_468_961_120,
    "NASNetMobile": 563_638_816,
}


@pytest.mark.parametrize("name", KERAS)
def test_an_architecture_does_the_work_that_keras_itself_does(tmp_path: Path, name: str) -> None:
    layers = read(tmp_path, f"applications.{name}(weights=None, input_shape=(224, 224, 3))")
    assert products(layers) == KERAS[name]


def test_vgg16_is_the_shipped_network(tmp_path: Path) -> None:
    found = read(tmp_path, "from keras.applications.vgg16 import VGG16\nVGG16()")
    ours = [x.to_dict() | {"name": ""} for x in found if not isinstance(x, MaxPool)]
    assert ours == [x.to_dict() | {"name": ""} for x in read_layers("vgg16")]


TRANSFER = {
    "added": "base = applications.VGG16(weights='imagenet', include_top=False, input_shape=(64, 64, 3))\n"
    "for layer in base.layers[:-4]:\n    layer.trainable = False\n"
    "model = keras.Sequential()\nmodel.add(base)\nmodel.add(layers.Flatten())\nmodel.add(layers.Dense(2))",
    "output": "base = applications.VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))\n"
    "x = layers.Flatten()(base.output)\nmodel = keras.Model(inputs=base.input, outputs=layers.Dense(2)(x))",
    "called": "base = applications.VGG16(include_top=False)\nx = image = keras.Input((64, 64, 3))\n"
    "x = keras.applications.vgg16.preprocess_input(x)\nx = layers.Flatten()(base(x, training=False))\n"
    "model = keras.Model(image, layers.Dense(2)(x))",
    "tensor": "image = keras.Input((64, 64, 3))\n"
    "base = applications.VGG16(include_top=False, input_tensor=image)\n"
    "x = layers.Flatten()(base.layers[-1].output)\nmodel = keras.Model(image, layers.Dense(2)(x))",
    "named": "base = applications.VGG16(include_top=False, input_shape=(64, 64, 3))\n"
    "x = layers.Flatten()(base.get_layer('block5_pool').output)\nkeras.Model(base.input, layers.Dense(2)(x))",
}


@pytest.mark.parametrize("way", TRANSFER)
def test_a_network_on_top_of_another_counts_each_layer_once(tmp_path: Path, way: str) -> None:
    layers = read(tmp_path, TRANSFER[way])
    assert [x.name for x in layers[:3]] == ["block1_conv1", "block1_conv2", "block1_pool"]
    assert [type(x) for x in layers].count(Conv) == 13 and [type(x) for x in layers].count(MaxPool) == 5
    assert layers[-1].to_dict() == FullyConnected(name="dense", inputs=2048, outputs=2).to_dict()


def test_pooling_and_classes_are_those_that_are_asked_for(tmp_path: Path) -> None:
    text = "applications.{}(input_shape=(32, 32, 3), {})"
    *_, pool = read(tmp_path, text.format("MobileNetV2", "include_top=False, pooling='avg', alpha=0.35"))
    assert pool.to_dict()["input"] == [1280, 1, 1]
    *_, last = read(tmp_path, text.format("DenseNet121", "classes=7, classifier_activation=None"))
    assert last.to_dict()["outputs"] == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "applications.RegNetX002()",
            r"net\.py:3: keras\.applications\.RegNetX002 is not in the program",
        ),
        (
            "applications.VGG16(include_top=False).output",
            "found input:1, input:2, expected --dim input:1=SIZE --dim input:2=SIZE",
        ),
        ("applications.VGG16(depth=3)", "unknown argument of tf.keras.applications.VGG16"),
        ("applications.VGG16().get_layer('block9')", "unknown layer, found block9"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
