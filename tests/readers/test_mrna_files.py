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

WRONG = {
    "googlenet/inception4d_2": "2: Layer_Type: unknown Layer_Type, found inception4d, expected one of CONV",
    "googlenet/inception4a_5": "23: weight_number: found 48, expected output_channel = 32",
    "googlenet/inception4b_3": "23: weight_number: found 14, expected output_channel = 24",
    "squeezenet/conv1": "14: output_x: the output size fits neither VALID nor SAME padding, found 111x111, "
    "expected 109x109 without padding (VALID) or 112x112 with SAME",
}
REFUSED = {key.replace("/", "/Model_parameter_") + ".txt": message for key, message in WRONG.items()}
FILES = sorted(str(path.relative_to(DATA)) for path in DATA.glob("*/Model_parameter_*.txt"))


@pytest.mark.parametrize("file", sorted(REFUSED))
def test_a_wrong_file_is_refused_with_its_own_message(file: str) -> None:
    with pytest.raises(InputError) as caught:
        read_layers(str(DATA / file))
    assert f"{file}:{REFUSED[file]}" in str(caught.value)


def test_all_other_files_are_read() -> None:
    assert len(FILES) == 45
    layers = [layer for file in FILES if file not in REFUSED for layer in read_layers(str(DATA / file))]
    assert Counter(type(layer) for layer in layers) == {Conv: 29, FullyConnected: 3, MaxPool: 8, RNN: 1}


NOTED = {
    "vggnet/19": "its weights are transposed; read with the 25088 inputs and 4096 outputs that it states",
    "vggnet/21": "its weights are transposed; read with the 4096 inputs and 1000 outputs that it states",
    "rnn/1": "one matrix of 156 x 128: a plain RNN, not the four gates of an LSTM",
}


@pytest.mark.parametrize("file", NOTED)
def test_what_can_be_told_of_a_wrong_file_is_read_with_a_note(file: str) -> None:
    reading = read_model(DATA / (file.replace("/", "/Model_parameter_") + ".txt"))
    (layer,) = reading.layers
    assert reading.notes == (f"{layer.name}: {NOTED[file]}",)


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


@pytest.mark.parametrize("file", [file for file in FILES if file not in REFUSED])
def test_the_padding_found_gives_the_output_that_the_file_states(file: str) -> None:
    (layer,) = read_layers(str(DATA / file))
    stated = dict(line.split("=") for line in (DATA / file).read_text().splitlines() if "=" in line)
    sizes = {key.strip(): value.strip() for key, value in stated.items()}
    if isinstance(layer, (Conv, MaxPool)):
        assert layer.output == tuple(int(sizes[f"output_{key}"]) for key in ("channel", "x", "y"))
    assert layer.name == f"{sizes['Model_Name']}/{sizes['Layer_Number']}"


def test_the_energy_factor_file_is_the_table_that_is_shipped() -> None:
    theirs, ours = read_energy_table(DATA / "vggnet" / "Config_file.txt"), read_energy_table("mrna")
    assert [getattr(theirs, entry) for entry in ENERGY_ENTRIES] == [
        getattr(ours, entry) for entry in ENERGY_ENTRIES
    ]
