"""Programs that are wrong, cannot be followed, or mean harm: one message with the line, and no harm done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.readers.read import read_layers, read_model

PROGRAMS = Path(__file__).parents[2] / "data" / "programs"

# Line, part of the message, and the layers read before it (None: the program is refused as a whole).
REFUSED: dict[str, tuple[int, str, int | None]] = {
    "broken_syntax": (4, "not valid Python, found y", None),
    "broken_python2": (4, "a statement of Python 2", None),
    "broken_unknown_size": (
        9,
        "filters: Conv2D depends on something that cannot be followed, found json.load",
        1,
    ),
    "broken_unknown_branch": (9, "second: whether this layer is built depends on something", 1),
    "broken_channels": (
        6,
        "the filter does not fit the input, found 4 channels in the filter, expected 3",
        0,
    ),
    "broken_reshape": (7, "the words do not fit, found 10x14x14x8 to [10, 392]", 2),
    "broken_other_module": (7, "this layer's input cannot be followed, found models.resnet, from line 6", 0),
    "broken_never_called": (1, "functions that nothing calls with an input, such as network", None),
    "broken_applications": (4, "keras.applications.RegNetX002 is not in the program", 0),
    "broken_pytorch": (2, "not a TensorFlow program, found import torch", None),
    "broken_keyword": (5, "unknown argument of Conv2D (did you mean strides?)", 0),
    "broken_name": (5, "the name fitlers is not defined", 0),
    "hostile_format": (2, "attributes and items in format fields", 0),
    "hostile_layers": (6, "the program builds too many layers", 10_000),
    "hostile_recursion": (5, "the program calls itself too deeply", 0),
    "hostile_memory": (4, "too large to be followed", 0),
    "hostile_power": (2, "too large to be followed, found an integer", 0),
    "hostile_text": (2, "a width of more than 999", 0),
    "hostile_doubling": (4, "too large to be followed", 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_that_cannot_be_followed_is_told_with_its_line(name: str) -> None:
    line, message, before = REFUSED[name]
    path = PROGRAMS / f"{name}.py"
    with pytest.raises(InputError) as caught:
        read_layers(path)
    assert str(caught.value).startswith(f"{path}:{line}:")
    assert message in str(caught.value)
    if before is None:
        with pytest.raises(InputError):
            read_model(path)
    else:
        reading = read_model(path)
        assert len(reading.layers) == before and len(reading.errors) == 1


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("tf.slice(x, [0], [1, 2])", r"zip\(\) argument 2 is longer"),
        ("tf.layers.dot(x, 1)", "'Tensor' object is not iterable"),
        ("tf.tensordot(x, 3, [[1], [0]])", "(integer modulo|division) by zero"),
    ],
)
def test_arguments_that_no_one_thought_of_are_told_with_their_line(
    tmp_path: Path, call: str, found: str
) -> None:
    program = tmp_path / "program.py"
    head = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [2, 3])\ny = tf.layers.dense(x, 4)\n"
    program.write_text(f"{head}{call}\n")
    reading = read_model(program)
    (error,) = reading.errors
    assert len(reading.layers) == 1 and error.line == 4
    assert re.search(f"this call cannot be followed, found {found}", str(error))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("x = f(1, [2]\ny = 3\n", "2:1", "found y, expected Python 3"),
        ("x = (1 +\n", "2:1", "found the end of the program or block, expected more"),
        ("if x:\ny = 1\n", "2:1", "found y, expected Python 3"),
        ("x = 1\n    y = 2\n", "2:5", "found an indentation, expected Python 3"),
        ("if x:\n    y = 1\n  z = 2\n", "3", "found an indentation that fits no block above"),
        ("x = 'open\n", "1:5", "found ', expected Python 3"),
        ("def f(:\n    pass\n", "1:7", "found :, expected Python 3"),
        ("exec 'x = 1'\n", "1:6", "found a statement of Python 2, expected Python 3 (2to3"),
        ("match x:\n    case 1: pass\n", "1:1", "found a match statement, which is not read"),
        ("x = f'{1'\n", "1", "found f-string: expecting '}'"),
        ("x = " + "(" * 300 + ")" * 300 + "\n", "1", "the program is nested too deeply"),
    ],
)
def test_what_is_no_python_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, message: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(text)
    with pytest.raises(InputError) as caught:
        read_layers(program)
    assert str(caught.value).startswith(f"{program}:{place}: ")
    assert message in str(caught.value)


def test_a_program_that_would_delete_files_is_only_read(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    marker.write_text("here")
    program = tmp_path / "program.py"
    program.write_text((PROGRAMS / "hostile_delete.py").read_text().replace("MARKER_FILE", str(marker)))
    (layer,) = read_layers(program)
    assert layer.name == "only"
    assert marker.read_text() == "here"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marker", "program.py"]


def test_a_loop_without_end_that_builds_nothing_is_left_behind() -> None:
    assert [layer.name for layer in read_layers(PROGRAMS / "hostile_loop.py")] == ["first"]


def test_what_goes_into_a_module_that_is_not_read_is_told() -> None:
    (note,) = (n for n in read_model(PROGRAMS / "broken_other_module.py").notes if "batch" not in n)
    assert note == "line 6: models.resnet is not followed; what it computes is not counted"


def test_reading_a_program_imports_nothing_that_it_names(tmp_path: Path) -> None:
    module = tmp_path / "sideeffect.py"
    module.write_text("import os\nopen('made', 'w').write('x')\nos.system('touch made')\n")
    program = tmp_path / "program.py"
    program.write_text(
        "import sideeffect\nfrom sideeffect import *\nimport tensorflow as tf\n"
        "y = tf.layers.dense(tf.placeholder(tf.float32, [2, 3]), 4, name='y')\n"
    )
    assert [layer.name for layer in read_layers(program)] == ["y"]
    assert {path.name for path in tmp_path.iterdir()} == {"sideeffect.py", "program.py"}
