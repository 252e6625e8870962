"""A layer file that mRNA ships is read, or refused with the message it deserves."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.hardware import read_energy_table
from solver.hardware.energy_table import ENERGY_ENTRIES
from solver.layer import RNN, Conv, FullyConnected, MaxPool
from solver.readers.read import read_layers, read_model

DATA = Path(__file__).parents[1] / "data" / "mrna_layers"

FILES = sorted(str(path.relative_to(DATA)) for path in DATA.glob("*/Model_parameter_*.txt"))


def test_all_files_are_read() -> None:
    assert len(FILES) == 45
    layers = [layer for file in FILES for layer in read_layers(str(DATA / file))]
    assert Counter(type(layer) for layer in layers) == {Conv: 33, FullyConnected: 3, MaxPool: 8, RNN: 1}


NOTED = {
    "vggnet/19": "its weights are transposed; read with the 25088 inputs and 4096 outputs that it states",
    "vggnet/21": "its weights are transposed; read with the 4096 inputs and 1000 outputs that it states",
    "googlenet/inception4a_5": "weight_number = 48 contradicts output_channel = 32; read with the larger",
    "googlenet/inception4b_3": "weight_number = 14 contradicts output_channel = 24; read with the larger",
    "googlenet/inception4d_2": "its Layer_Type repeats its name, inception4d; only CONV has its sizes",
    "squeezenet/conv1": "111x111 outputs fit neither VALID nor SAME padding; read with the least, 1 and 2 "
    "rows, 1 and 2 columns",
    "rnn/1": "one matrix of 156 x 128: a plain RNN, not the four gates of an LSTM",
}


@pytest.mark.parametrize("file", NOTED)
def test_what_can_be_told_of_a_wrong_file_is_read_with_a_note(file: str) -> None:
    reading = read_model(DATA / (file.replace("/", "/Model_parameter_") + ".txt"))
    (layer,) = reading.layers
    assert reading.notes == (f"{layer.name}: {NOTED[file]}",)


def test_the_published_sizes_are_read_where_two_entries_contradict_each_other() -> None:
    sizes = {"inception4a_5": (16, 48, 5), "inception4b_3": (512, 24, 1), "inception4d_2": (512, 144, 1)}
    for file, (channels, filters, kernel) in sizes.items():
        (layer,) = read_layers(str(DATA / "googlenet" / f"Model_parameter_{file}.txt"))
        assert isinstance(layer, Conv) and layer.input == (channels, 14, 14)
        assert (layer.filters, layer.kernel, layer.output[1:]) == (filters, (kernel, kernel), (14, 14))
    (first,) = read_layers(str(DATA / "squeezenet" / "Model_parameter_conv1.txt"))
    assert isinstance(first, Conv) and first.padding == ((1, 2), (1, 2))  # as on an image of 227x227


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"Layer_Type = inception4d": "Layer_Type = inceptoin4d"},
            "2: Layer_Type: unknown Layer_Type, found",
        ),
        ({"weight_channel = 512": "weight_channel = 256"}, "2: Layer_Type: unknown Layer_Type, found"),
        (
            {"Layer_Type = inception4d": "Layer_Type = CONV", "output_x = 14": "output_x = 15"},
            "14: output_x: the output size fits no padding up to SAME, found 15x14, expected 14x14 without",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    text = (DATA / "googlenet" / "Model_parameter_inception4d_2.txt").read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    (tmp_path / "layer.txt").write_text(text)
    with pytest.raises(InputError) as caught:
        read_layers(tmp_path / "layer.txt")
    assert f"layer.txt:{message}" in str(caught.value)


def test_a_folder_is_read_with_the_empty_files_and_profiles_that_their_tools_leave_in_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "rnn"
    shutil.copytree(DATA / "rnn", folder)
    for name in ("conv.txt", "maxpool.txt"):
        (folder / name).touch()
    (folder / "rnn.txt").write_text("1 | (28, 128) | (28, 28) | (156, 128)\n")
    (folder / "DNN-rnn-RNN1_MAERI-MS-64-DSW-16-RSW-16_Opt-energy.txt").write_text("Model Name: rnn\n")
    reading = read_model(folder)
    assert reading.layers == (RNN(name="rnn/1", inputs=28, hidden=128),) and not reading.errors
    assert reading.notes[-1].startswith("no layer in DNN-rnn-RNN1") and "maxpool.txt" in reading.notes[-1]


@pytest.mark.parametrize("file", FILES)
def test_the_padding_found_gives_the_output_that_the_file_states(file: str) -> None:
    (layer,) = read_layers(str(DATA / file))
    stated = dict(line.split("=") for line in (DATA / file).read_text().splitlines() if "=" in line)
    sizes = {key.strip(): value.strip() for key, value in stated.items()}
    if isinstance(layer, (Conv, MaxPool)):
        filters = "weight_number" if file.endswith("inception4a_5.txt") else "output_channel"
        assert layer.output == tuple(int(sizes[key]) for key in (filters, "output_x", "output_y"))
    assert layer.name == f"{sizes['Model_Name']}/{sizes['Layer_Number']}"


def test_the_energy_factor_file_is_the_table_that_is_shipped() -> None:
    theirs, ours = read_energy_table(DATA / "vggnet" / "Config_file.txt"), read_energy_table("mrna")
    assert [getattr(theirs, entry) for entry in ENERGY_ENTRIES] == [
        getattr(ours, entry) for entry in ENERGY_ENTRIES
    ]
