"""A folder that holds a mapping in pieces: a list of them, and the configuration of each in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from solver.answers.evaluation import Evaluation
from solver.errors import InputError
from solver.execution.pieces import PieceConfig, PiecesConfig
from solver.files import real_path
from solver.keyed import keyed
from solver.pieces.piece import CUT_LOOPS, Piece
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import (
    MANIFEST,
    PIECES_FILES,
    ConfigFolder,
    manifest_text,
)
from solver.writers.json_document import read_json

(PIECES,) = PIECES_FILES

Reader = Callable[[Path], tuple[SwitchConfig | Schedule, tuple[str, ...]]]
"""Reads the configuration, or the schedule, of a folder, with notes."""


def pieces_folder_of(name: str, configs: PiecesConfig, contents: Sequence[ConfigFolder]) -> ConfigFolder:
    """Return the files of a layer in pieces: those of every configuration in a folder of its own.

    Parameters
    ----------
    name, configs
        The layer's name, and its pieces.
    contents
        The files of every piece.
    """
    files: dict[str, str] = {PIECES: _text(name, configs)}
    told, missing = dict(PIECES_FILES), dict[str, str]()
    for place, (piece, inside) in enumerate(zip(configs.pieces, contents, strict=True), start=1):
        folder = folder_name(place)
        files |= inside.within(folder).files
        missing |= inside.within(folder).missing
        span = f"{CUT_LOOPS[piece.dim]} from {piece.begin}, {piece.count} of them"
        told[f"{folder}/{MANIFEST}"] = f"configuration of the {span}"
    files[MANIFEST] = manifest_text({"layer": name, "pieces": len(configs.pieces)}, told, missing)
    return ConfigFolder(files, missing)


def folder_name(place: int) -> str:
    """Return the name of a piece's folder, from its number."""
    return f"piece-{place}"


def _text(name: str, configs: PiecesConfig) -> str:
    entries = [
        {"folder": folder_name(place), **keyed(piece, "base loop=dim begin count form")}
        for place, piece in enumerate(configs.pieces, start=1)
    ]
    return json.dumps({"layer": name, "pieces": entries}, indent=1, ensure_ascii=False) + "\n"


def piece_config(part: Evaluation, config: Any) -> PieceConfig:
    """Return the configuration of a piece with its range."""
    piece = part.layer
    assert isinstance(piece, Piece)
    return PieceConfig(piece.base, piece.dim, piece.begin, piece.count, part.form, config)


def read_pieces_folder(path: str | Path, read_one: Reader) -> tuple[PiecesConfig, tuple[str, ...]]:
    """Read the pieces of a folder and their configurations.

    Parameters
    ----------
    path
        The folder, or its pieces.json.
    read_one
        Reads the folder of a piece.

    Returns
    -------
    tuple of PiecesConfig and notes
        With a sentence for every file that says something else than its configuration.json.

    Raises
    ------
    InputError
        If a file is missing or wrong.
    """
    folder = Path(path) if os.path.isdir(path) else Path(path).parent
    file = folder / PIECES
    document = read_json(file)
    entries = document.get("pieces") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries or not isinstance(document.get("layer"), str):
        raise InputError(file=str(file), field="pieces", expected="a layer's name and a list of pieces")
    pieces, notes, at = [], list[str](), 0
    for entry in entries:
        _check(entry, at, str(file))
        at += entry["count"]
        config, said = read_one(folder / entry["folder"])
        notes += [f"{entry['folder']}: {note}" for note in said]
        pieces.append(
            PieceConfig(entry["base"], entry["loop"], entry["begin"], entry["count"], entry["form"], config)
        )
    return PiecesConfig(document["layer"], tuple(pieces)), tuple(notes)


def read_piece_folder(path: str | Path, read_one: Reader) -> tuple[PieceConfig, tuple[str, ...]] | None:
    """Read the folder of one piece, None if it is none: the pieces.json beside it says of what.

    Parameters and errors are those of `read_pieces_folder`.
    """
    folder = real_path(path)
    folder = folder if folder.is_dir() else folder.parent
    if not (folder.parent / PIECES).is_file():
        return None
    configs, notes = read_pieces_folder(folder.parent, read_one)
    for place, piece in enumerate(configs.pieces, start=1):
        if folder.name == folder_name(place):
            own = f"{folder.name}: "
            return piece, tuple(note.removeprefix(own) for note in notes if note.startswith(own))
    return None


def _check(entry: Any, at: int, file: str) -> None:
    """Refuse an entry that is not a piece, or does not begin where the one before ends."""
    kinds = {"folder": str, "base": str, "loop": str, "begin": int, "count": int, "form": str}
    if not isinstance(entry, dict) or any(
        not isinstance(entry.get(key), kind) or isinstance(entry.get(key), bool)
        for key, kind in kinds.items()
    ):
        raise InputError(
            file=file, field="pieces", found=repr(entry)[:80], expected=f"the keys {', '.join(kinds)}"
        )
    if entry["loop"] not in CUT_LOOPS or entry["begin"] != at or entry["count"] < 1:
        found = f"{entry['count']} of the loop {entry['loop']} from {entry['begin']}"
        raise InputError(
            file=file, field="pieces", found=found, expected=f"pieces of K, G or X, this one from {at}"
        )
    if Path(entry["folder"]).name != entry["folder"]:
        raise InputError(file=file, field="folder", found=entry["folder"], expected="a folder beside it")
