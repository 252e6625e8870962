"""Networks in mRNA's form: a folder with a text file for each layer."""

from __future__ import annotations

import re
from pathlib import Path

from solver.errors import InputError
from solver.files import read_text
from solver.readers.blocks import is_block, read_block
from solver.readers.reading import Gathering, Reading


def read_folder(path: Path) -> Reading:
    """Return the layers of a folder of layer files in mRNA's block format.

    Parameters
    ----------
    path
        The folder. Its text files are read in the order of their names, numbers by their value. Profiles,
        energy factors and other texts without a layer are passed over, with a note.

    Returns
    -------
    Reading
        The layers, and the errors of the files that are wrong.

    Raises
    ------
    InputError
        If no file of the folder describes a layer.
    """
    gathering = Gathering()
    errors: list[InputError] = []
    other: list[str] = []
    for file in sorted(path.glob("*.txt"), key=_natural):
        try:
            if file.stat().st_size == 0:  # its front end leaves one for every kind of layer that is not there
                other.append(file.name)
                continue
            text = read_text(file)
            if is_block(text) and not re.match(r"\s*Energy_factors", text):
                notes: list[str] = []
                gathering.add(read_block(text, notes))
                for note in notes:
                    gathering.note(note)
            else:
                other.append(file.name)
        except InputError as error:
            errors.append(error.at(file=str(file)))
    if other:
        gathering.note(f"no layer in {', '.join(other)}")
    if not gathering.layers and not errors:
        raise InputError(
            file=str(path),
            found="a folder without layer files",
            expected="text files with Layer_Type = ... (mRNA's format)",
        )
    return gathering.reading(*errors)


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", path.name)]
