"""The shipped networks are the published ones."""

import pytest

from solver.layer import Conv, FullyConnected, Gemm
from solver.readers.read import read_layers, shipped_layers

# Layers, and multiply-accumulates in G for one 224 x 224 image, from torchvision's model documentation;
# GoogLeNet with the paper's 5x5 convolutions as its Caffe definition has them;
# BERT: 128 x (4 x 768^2 + 2 x 768 x 3072) + 2 x 128^2 x 768.
# Llama: tokens x (4 x 4096^2 + 3 x 4096 x 11008 + 2 x 2048 x 4096 + 4 x 4096 + 11008); hosts are layers.
PUBLISHED = {
    "alexnet": (8, 0.71),
    "vgg16": (16, 15.47),
    "resnet50": (54, 4.09),
    "googlenet": (58, 1.58),
    "squeezenet": (26, 0.82),
    "mobilenetv2": (53, 0.30),
    "bert_base": (30, 0.93),
    "llama_block": (17, 448.88),
    "llama_block_decode": (17, 0.22),
    "vgg_conv3": (1, 0.92),
}
# Networks that are one chain: every layer's input is its predecessor's output, up to pooling.
CHAINS = ["alexnet", "vgg16", "mobilenetv2"]


@pytest.mark.parametrize("name", shipped_layers())
def test_layer_counts_and_work_are_the_published_ones(name: str) -> None:
    found = read_layers(name)
    count, giga = PUBLISHED[name]
    assert len(found) == count
    assert round(sum(layer.macs for layer in found) / 1e9, 2) == giga


@pytest.mark.parametrize("name", shipped_layers())
def test_every_layer_has_its_own_name(name: str) -> None:
    names = [layer.name for layer in read_layers(name)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", CHAINS)
def test_channels_chain_from_layer_to_layer(name: str) -> None:
    channels, size = 3, 224
    for layer in read_layers(name):
        if isinstance(layer, Conv):
            assert layer.input[0] == channels
            assert layer.input[1] <= size
            channels, size, _ = layer.output
        else:
            assert isinstance(layer, FullyConnected)
            assert layer.inputs % channels == 0
            channels = layer.outputs
    assert channels == 1000


def test_the_blocks_of_resnet50_chain() -> None:
    found = {layer.name: layer for layer in read_layers("resnet50")}
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3), start=1):
        for block in range(blocks):
            convs = [found[f"layer{stage}.{block}.conv{i}"] for i in (1, 2, 3)]
            if block == 0:
                convs.append(found[f"layer{stage}.{block}.downsample.0"])
            first, second, third, *shortcut = (conv for conv in convs if isinstance(conv, Conv))
            assert first.input[0] == channels
            assert first.output == second.input
            assert second.output == third.input
            assert all(conv.output == third.output for conv in shortcut)
            channels = third.output[0]
    assert channels == 2048


def test_the_branches_of_googlenet_add_up() -> None:
    found = {layer.name: layer for layer in read_layers("googlenet") if isinstance(layer, Conv)}
    channels = 192
    for module in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        branch = {
            key.split("/")[1]: conv for key, conv in found.items() if key.startswith(f"inception_{module}/")
        }
        assert {branch[key].input[0] for key in ("1x1", "3x3_reduce", "5x5_reduce", "pool_proj")} == {
            channels
        }
        assert branch["3x3_reduce"].output == branch["3x3"].input
        assert branch["5x5_reduce"].output == branch["5x5"].input
        channels = sum(branch[key].filters for key in ("1x1", "3x3", "5x5", "pool_proj"))
    assert channels == 1024


def test_the_fire_modules_of_squeezenet_chain() -> None:
    found = {layer.name: layer for layer in read_layers("squeezenet") if isinstance(layer, Conv)}
    channels = 96
    for module in range(2, 10):
        squeeze, *expand = (found[f"fire{module}/{key}"] for key in ("squeeze1x1", "expand1x1", "expand3x3"))
        assert squeeze.input[0] == channels
        assert {conv.input for conv in expand} == {squeeze.output}
        channels = sum(conv.filters for conv in expand)
    assert found["conv10"].input[0] == channels


def test_the_heads_of_bert_make_up_its_hidden_size() -> None:
    products = [layer for layer in read_layers("bert_base") if isinstance(layer, Gemm)]
    heads = [layer for layer in products if layer.name.endswith(".context")]
    assert sum(head.n for head in heads) == 768
    assert all(layer.m == 128 for layer in products)


def test_the_first_layer_of_the_guide_is_vggs_conv3_1() -> None:
    (single,) = read_layers("vgg_conv3")
    (same,) = (layer for layer in read_layers("vgg16") if layer.name == "conv3_1")
    assert single.nest() == same.nest()
