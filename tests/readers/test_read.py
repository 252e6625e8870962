"""Layers come out of every form people write them in, and say the same in each."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.layer import MAX_MACS, Conv, FullyConnected, Gemm, Layer
from solver.mapping.tile import Tile
from solver.readers.mapping_file import read_mapping
from solver.readers.notation import read_notation
from solver.readers.padding import padded_sides
from solver.readers.read import read_layers
from solver.readers.yaml_layers import layer_from_mapping
from solver.yamlfile import parse
from solver.yamlfile.values import YamlMap
from tests.support.examples.layer_examples import host_operations, layers
from tests.support.examples.notation_text import format_layer

SIZE = st.integers(1, 40)
NAMES = st.one_of(st.just(""), st.from_regex(r"\w[\w./+-]*", fullmatch=True), st.text(max_size=12)).filter(
    lambda name: name.isprintable() and (not name or name.strip() != "")
)


LAYERS = layers(NAMES) | host_operations(NAMES)


@given(LAYERS)
def test_what_the_notation_prints_it_reads_back(layer: Layer) -> None:
    assert read_notation(format_layer(layer)) == [layer]


@given(LAYERS)
def test_what_a_layer_dumps_the_yaml_reader_reads_back(layer: Layer) -> None:
    document = parse(yaml.safe_dump(layer.to_dict()))
    assert isinstance(document, YamlMap)
    assert layer_from_mapping(document, file="dump.yaml") == layer


def read(tmp_path: Path, text: str, name: str = "net.yaml") -> list[Layer]:
    file = tmp_path / name
    file.write_text(text)
    return read_layers(str(file))


def test_all_forms_describe_the_same_convolution(tmp_path: Path) -> None:
    forms = [
        read(tmp_path, "kind: conv\nname: c\ninput: [4, 9, 9]\nfilters: 8\nkernel: 3\nstride: 2\npadding: 1"),
        read(
            tmp_path,
            '{"kind": "conv", "name": "c", "input": [4, 9, 9], "filters": 8, "kernel": [3, 3], '
            '"stride": [2, 2], "padding": [[1, 1], [1, 1]], "output": [8, 5, 5]}',
            "net.json",
        ),
        read(tmp_path, "- c: conv 4x9x9 -> 8, 3x3, s2, p1"),
        read(tmp_path, "c: conv 4x9x9 -> 8, 3x3, s2, p1"),
        read(tmp_path, "layers:\n  - |\n    c: conv 4x9x9 -> 8, 3x3, s2, p1"),
        read(tmp_path, "# one line\r\nc: conv 4x9x9 -> 8, 3x3, s2, p1\r\n", "net.txt"),
        read_layers("c: conv 4x9x9 -> 8, 3x3, stride 2, pad same"),
    ]
    assert forms == [forms[0]] * len(forms)
    assert forms[0] == [
        Conv(name="c", input=(4, 9, 9), filters=8, kernel=(3, 3), stride=(2, 2), padding=((1, 1), (1, 1)))
    ]


def test_a_depthwise_convolution_has_a_group_for_every_channel(tmp_path: Path) -> None:
    short = read(tmp_path, "kind: dwconv\nname: d\ninput: [8, 9, 9]\nkernel: 3")
    assert short == read_layers("d: dwconv 8x9x9, 3x3") == read_layers("d: conv 8x9x9 -> 8, 3x3, groups 8")


def test_the_keys_of_a_gemm_are_words_though_yaml_takes_n_for_a_boolean(tmp_path: Path) -> None:
    assert read(tmp_path, "kind: gemm\nm: 2\nn: 3\nk: 4") == [Gemm(name="net", m=2, n=3, k=4)]
    assert read_layers("net: gemm 2x4 * 4x3") == [Gemm(name="net", m=2, n=3, k=4)]


def test_layers_without_a_name_get_the_file_name_and_their_position(tmp_path: Path) -> None:
    layers = read(tmp_path, "- fc 3 -> 4\n- net/4: fc 3 -> 4\n- fc 3 -> 4\n- fc 3 -> 4")
    assert [layer.name for layer in layers] == ["net/1", "net/4", "net/3", "net/4'"]
    assert read(tmp_path, "fc 3 -> 4")[0].name == "net"
    assert read(tmp_path, "name: mine\nlayers: [fc 3 -> 4]")[0].name == "mine"


@given(SIZE, st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_same_padding_gives_as_many_outputs_as_strides_fit_in(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    sides = padded_sides(
        "same", size=(size, size), kernel=(kernel, kernel), stride=(stride,) * 2, dilation=(dilation,) * 2
    )
    before, after = sides[0]
    assert 0 <= after - before <= 1
    conv = (
        Conv(
            input=(1, size, size),
            filters=1,
            kernel=(kernel, kernel),
            stride=(stride, stride),
            padding=sides,
            dilation=(dilation, dilation),
        )
        if size + before + after >= (kernel - 1) * dilation + 1
        else None
    )
    assert conv is None or conv.output[1] == -(-size // stride)


def test_a_file_in_this_folder_wins_over_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(read_layers("layers/vgg16.yaml")) == len(read_layers("vgg16")) == 16
    os.mkdir("layers")
    read(tmp_path, "fc 3 -> 4", "layers/vgg16.yaml")
    assert read_layers("layers/vgg16.yaml") == [FullyConnected(name="vgg16", inputs=3, outputs=4)]
    assert len(read_layers("vgg16")) == 16


def test_a_name_that_looks_like_a_path_is_not_taken_for_notation() -> None:
    with pytest.raises(InputError, match=r"no such file \(did you mean vgg16\?\)"):
        read_layers("my layers/vgg_16.yaml")


def test_counts_stay_exact_up_to_the_largest_layer() -> None:
    (layer,) = read_layers(f"fc {MAX_MACS // 4} -> 4")
    assert layer.macs == MAX_MACS
    with pytest.raises(InputError, match="too large for exact 64-bit counting"):
        read_layers(f"fc {MAX_MACS // 4} -> 5")


@given(st.text(max_size=50))
def test_any_text_on_the_command_line_is_read_or_refused(text: str) -> None:
    for reader in (read_layers, read_mapping):
        try:
            reader(text)
        except InputError as mistake:
            assert str(mistake)


@pytest.mark.parametrize("suffix", [".yaml", ".txt", ".json", ""])
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.text(alphabet="kind: conv\n-[]{}|>&*!\"'=#fcgem0123456789->x,", max_size=80).map(str.encode),
    )
)
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    file.write_bytes(content)
    try:
        assert read_layers(str(file))
    except InputError as mistake:
        assert str(mistake).startswith(str(file))


@given(st.builds(Tile, **dict.fromkeys("RSCKGNXY", SIZE)))
def test_a_tile_is_the_same_in_every_form(tmp_path_factory: pytest.TempPathFactory, tile: Tile) -> None:
    file = tmp_path_factory.getbasetemp() / "tile.yaml"
    for form in (tile.to_dict(), str(tile)):
        file.write_text(yaml.safe_dump({"tile": form}))
        assert read_mapping(file) == read_mapping(str(file)) == (tile, "")
    assert read_mapping(str(tile)) == (tile, "")


def test_sizes_that_a_mapping_file_leaves_out_are_1(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"tile": {"R": 3, "Y": 2}}')
    assert read_mapping(file) == (Tile(R=3, Y=2), "")
