"""A folder that holds a two-level mapping: its schedule, and the configurations of its buffer tiles.

The configuration of every different buffer tile has a folder of its own, written and read by
`solver.writers.config_folder`.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import asdict
from pathlib import Path

from solver.array.adder_tree_config import AdderTreeConfig
from solver.errors import InputError
from solver.execution.pieces import PiecesConfig
from solver.execution.whole_layers.whole import AnyConfig
from solver.files import read_text
from solver.mapping.tile import Tile
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import (
    FILES,
    MANIFEST,
    PARTS_FILES,
    SCHEDULE_FILES,
    ConfigFolder,
    folder_of,
    listed_files,
    manifest_text,
    read_folder,
)
from solver.writers.pieces_folder import PIECES, read_piece_folder, read_pieces_folder
from solver.writers.ports.run_files import RunFiles
from solver.writers.schedule.json_file import read_schedule, schedule_text
from solver.writers.vmh import rn_config_text

SCHEDULE, TRANSFERS = SCHEDULE_FILES
(PARTS,) = PARTS_FILES
TREE = "RN_Config.vmh"


def schedule_folder_of(schedule: Schedule, run: RunFiles | None = None) -> ConfigFolder:
    """Return the files of a schedule and its configurations.

    Parameters
    ----------
    schedule
        The schedule.
    run
        With what the real hardware's RTL runs it.
    """
    files = {SCHEDULE: schedule_text(schedule), TRANSFERS: transfers_text(schedule)}
    told = dict(SCHEDULE_FILES)
    missing: dict[str, str] = {}
    if run is not None:
        # All buffer tiles run in one tree.
        tree = next(iter(schedule.configs.values())).tree
        assert isinstance(tree, AdderTreeConfig)
        files |= {TREE: rn_config_text(tree), **run.files}
        told |= {name: FILES[name] for name in (TREE, *run.files)}
        missing |= run.missing
    for name, config in schedule.configs.items():
        inside = folder_of(config).within(name)
        files |= inside.files
        missing |= inside.missing
        told[f"{name}/{MANIFEST}"] = f"configuration of the buffer tiles {Tile.of(config.nest.sizes)}"
    what = {"layer": schedule.name, **schedule.mapping.to_dict()}
    files[MANIFEST] = manifest_text(what, told, missing)
    return ConfigFolder(files, missing)


def transfers_text(schedule: Schedule) -> str:
    """Return the content of transfers.csv: a line per phase, the ranges of the loop indices first."""
    dims = [loop.dim for loop in schedule.loops]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    words = ("weights", "inputs", "partial_sums", "written")
    writer.writerow(("phase", *(dim.lower() for dim in dims), "repetitions", "configuration", *words))
    for number, phase in enumerate(schedule.phases):
        spans = (phase.when.get(loop.dim, (0, loop.trips - 1)) for loop in schedule.loops)
        ranges = (str(low) if low == high else f"{low}-{high}" for low, high in spans)
        moved = asdict(phase.words)
        writer.writerow(
            (number, *ranges, schedule.repetitions(phase), phase.config, *(moved[name] for name in words))
        )
    return text.getvalue()


def read_any_folder(path: str | Path) -> tuple[SwitchConfig | Schedule | PiecesConfig, tuple[str, ...]]:
    """Read what `configure` wrote: a configuration, a schedule of several, or those of pieces, with notes.

    Parameters
    ----------
    path
        The folder, or a configuration.json, schedule.json or pieces.json.

    Raises
    ------
    InputError
        If a file is missing or wrong.
    """
    folder = Path(path)
    if os.path.exists(folder / PIECES) if os.path.isdir(folder) else folder.name == PIECES:
        return read_pieces_folder(path, _read_one)
    if os.path.exists(folder / PARTS) if os.path.isdir(folder) else folder.name == PARTS:
        raise InputError(file=str(folder), found="a layer made of parts", expected="that layer for it")
    return _read_one(folder)


def _read_one(path: Path) -> tuple[SwitchConfig | Schedule, tuple[str, ...]]:
    """Read a configuration, or a schedule of several, as `read_any_folder`."""
    schedule = os.path.exists(path / SCHEDULE) if os.path.isdir(path) else path.name == SCHEDULE
    return read_schedule_folder(path) if schedule else read_folder(path)


def read_given_folder(path: str | Path) -> tuple[AnyConfig, tuple[str, ...]]:
    """Read what `configure` wrote, as `read_any_folder`, or one piece's folder of it as that piece."""
    return read_piece_folder(path, _read_one) or read_any_folder(path)


def read_schedule_folder(path: str | Path) -> tuple[Schedule, tuple[str, ...]]:
    """Read the schedule of a folder and the configurations in it.

    Parameters
    ----------
    path
        The folder, or its schedule.json.

    Returns
    -------
    tuple of Schedule and notes
        The configurations are what the files that the hardware loads say, with a sentence for every file that
        says something else than its configuration.json.

    Raises
    ------
    InputError
        If a file is missing or wrong, or transfers.csv contradicts schedule.json.
    """
    folder = Path(path) if os.path.isdir(path) else Path(path).parent
    notes: list[str] = []

    def config_of(name: str) -> SwitchConfig:
        config, said = read_folder(folder / name)
        notes.extend(f"{name}: {note}" for note in said)
        return config

    schedule = read_schedule(folder / SCHEDULE, config_of)
    if os.path.isdir(path):
        known = {**SCHEDULE_FILES, **FILES, **{f"{name}/{MANIFEST}": "" for name in schedule.configs}}
        if TRANSFERS in listed_files(folder / MANIFEST, known):
            _check_transfers(folder / TRANSFERS, schedule)
    return schedule, tuple(notes)


def _check_transfers(path: Path, schedule: Schedule) -> None:
    found, expected = read_text(path).splitlines(), transfers_text(schedule).splitlines()
    for line, text in enumerate(expected, start=1):
        if line > len(found) or found[line - 1] != text:
            told = found[line - 1] if line <= len(found) else "the end of the file"
            raise InputError(file=str(path), line=line, found=told, expected=f"{text}, as {SCHEDULE} says")
    if len(found) > len(expected):
        extra = len(expected) + 1
        raise InputError(file=str(path), line=extra, found=found[extra - 1], expected="the end of the file")
