"""A folder that holds one configuration: what the hardware loads, everything in one JSON, and a manifest.

Where there is a prefetch buffer it holds a schedule, and in a folder for each of them the configurations of
the different buffer tiles (`solver.writers.schedule.folder`). The rules for writing are the same.

The JSON holds all; the other files hold parts of it in the forms in which hardware and tools load them. When
a folder is read, those parts are taken from their own files, because they are what is loaded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from solver.array.adder_tree_config import AdderTreeConfig
from solver.errors import InputError
from solver.files import check_folder as check_folder_itself
from solver.files import write_all
from solver.switches.switch_config import SwitchConfig
from solver.version import VERSION
from solver.writers.json_document import read_json
from solver.writers.layer_words import layer_info, why_no_layer_info
from solver.writers.ports.run_files import FILES as RUN_FILES
from solver.writers.ports.run_files import RunFiles
from solver.writers.settings_files import (
    distribution_text,
    multipliers_text,
    with_distribution,
    with_multipliers,
)
from solver.writers.stonne import stonne_command, why_not_stonne
from solver.writers.switch_json import config_text, read_config
from solver.writers.vmh import layer_info_text, read_layer_info, read_rn_config, rn_config_text

MANIFEST = "manifest.json"
FILES = {
    "configuration.json": "everything: loops, hardware, mapping, all settings, words and outputs",
    "multipliers.csv": "settings of the multiplier switches in every phase",
    "distribution.csv": "destination masks and words of every distribution port in every phase",
    "RN_Config.vmh": "memory image of the adder tree's configuration memory",
    "Layer_Info.vmh": "memory image of the layer's sizes (padding counted as input) for the test bench",
    "stonne.sh": "command line of the reference simulator for the same mapping",
    **RUN_FILES,
}
"""The files and what they hold."""

SCHEDULE_FILES = {
    "schedule.json": "buffer tiles in order: what runs for each, what is fetched, kept and written back",
    "transfers.csv": "the words that every phase moves, as a table; must agree with schedule.json",
}
"""The files beside the configurations of a schedule, and what they hold."""

PIECES_FILES = {"pieces.json": "the pieces of the layer in order: ranges, forms, and folders of their own"}
"""The file beside the configurations of a layer in pieces, and what it holds."""

PARTS_FILES = {"parts.json": "the parts of the layer in order, and the folders of their own"}
"""The file beside the configurations of a layer made of parts, and what it holds."""

INNER_FOLDERS = ("part-*", "piece-*", "tile-*")
"""Where the configurations of parts, of pieces and of a schedule's buffer tiles are."""


@dataclass(frozen=True)
class ConfigFolder:
    """The content of a folder.

    Parameters
    ----------
    files
        Text of every file, by its name within the folder.
    missing
        Why a file is not written, by name.
    """

    files: Mapping[str, str]
    missing: Mapping[str, str]

    def within(self, folder: str) -> ConfigFolder:
        """Return the same as part of the folder around it."""
        files = {f"{folder}/{name}": text for name, text in self.files.items()}
        return ConfigFolder(files, {f"{folder}/{name}": reason for name, reason in self.missing.items()})


def folder_of(config: SwitchConfig, run: RunFiles | None = None) -> ConfigFolder:
    """Return the files of a configuration.

    Parameters
    ----------
    config
        The configuration.
    run
        With what the real hardware's RTL runs it.
    """
    files = {
        "configuration.json": config_text(config),
        "multipliers.csv": multipliers_text(config),
        "distribution.csv": distribution_text(config),
    }
    missing: dict[str, str] = {}
    if isinstance(config.tree, AdderTreeConfig):
        files["RN_Config.vmh"] = rn_config_text(config.tree)
    else:
        missing["RN_Config.vmh"] = (
            "the simulator's adder tree has forwarding links and named values, which the format cannot hold; "
            "its settings are in configuration.json"
        )
    reason = why_no_layer_info(config)
    if reason is None:
        files["Layer_Info.vmh"] = layer_info_text(layer_info(config))
    else:
        missing["Layer_Info.vmh"] = reason
    reason = why_not_stonne(config)
    if reason is None:
        files["stonne.sh"] = stonne_command(config) + "\n"
    else:
        missing["stonne.sh"] = reason
    if run is not None:
        files |= run.files
        missing |= run.missing
    what = {"layer": config.name, "tile": config.tile.to_dict()}
    files[MANIFEST] = manifest_text(what, {name: FILES[name] for name in files}, missing)
    return ConfigFolder(files, missing)


def manifest_text(what: Mapping[str, Any], files: Mapping[str, str], missing: Mapping[str, str]) -> str:
    """Return the content of manifest.json.

    Parameters
    ----------
    what
        What the folder is for.
    files, missing
        What its files hold, and why others are not written.
    """
    manifest = {
        "written_by": f"maeri-solver {VERSION}",
        **what,
        "files": dict(files),
        "not_written": dict(missing),
    }
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def check_folder(path: str | Path, *, force: bool) -> None:
    """Refuse a folder that cannot be written, before the work starts.

    Raises
    ------
    InputError
        If it is no folder, its parent does not exist, or it holds one of the files and `force` is false.
    """
    check_folder_itself(path)
    for file in _ours(Path(path)):
        if not force:
            raise InputError("the file exists already; say --force to replace it", file=str(file))


def _ours(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, and of those in it, that bear the name of one that is written here."""
    names = (*FILES, *SCHEDULE_FILES, *PIECES_FILES, *PARTS_FILES, MANIFEST)
    yield from (folder / name for name in names if (folder / name).exists())
    for inside in sorted(inside for pattern in INNER_FOLDERS for inside in folder.glob(pattern)):
        yield from _ours(inside)


def write_folder(path: str | Path, content: ConfigFolder, *, force: bool = False) -> None:
    """Write the files of one folder; see `write_folders`."""
    write_folders({Path(path): content}, within=path, force=force)


def write_folders(contents: Mapping[Path, ConfigFolder], *, within: str | Path, force: bool = False) -> None:
    """Write the files of folders, all or none.

    Parameters
    ----------
    contents
        The files, by folder.
    within
        The outermost folder that is made if it does not exist.
    force
        Whether files may be replaced. Those that an earlier configuration left and this one lacks are
        removed.

    Raises
    ------
    InputError
        If something exists already and `force` is false, or cannot be written.
    """
    check_folder_itself(within)
    texts: dict[Path, str] = {}
    for path, content in contents.items():
        if os.path.exists(path):
            check_folder(path, force=force)
        texts |= {path / name: text for name, text in content.files.items()}
    stale = [file for path in contents for file in _ours(path) if file not in texts]
    write_all(texts, within=within, stale=stale, force=force)


def read_folder(path: str | Path) -> tuple[SwitchConfig, tuple[str, ...]]:
    """Read the configuration of a folder.

    Parameters
    ----------
    path
        The folder, or a configuration.json on its own.

    Returns
    -------
    tuple of SwitchConfig and notes
        The configuration as the hardware's files say it, and a sentence for every file that says something
        else than configuration.json.

    Raises
    ------
    InputError
        If a file is missing or wrong.
    """
    folder = Path(path)
    if not os.path.isdir(folder):
        return read_config(path), ()
    if not os.path.exists(folder / MANIFEST):
        raise InputError(
            file=str(path), found=f"a folder without {MANIFEST}", expected="one that `configure` wrote"
        )
    listed = listed_files(folder / MANIFEST, FILES)
    config = whole = read_config(folder / "configuration.json")
    notes = []
    for name in listed:
        before = config
        if name == "multipliers.csv":
            config = with_multipliers(config, folder / name)
        elif name == "distribution.csv":
            config = with_distribution(config, folder / name)
        elif name == "RN_Config.vmh":
            config = replace(config, tree=read_rn_config(folder / name, config.array.num_ms))
        elif name == "Layer_Info.vmh":
            _check_layer_info(folder / name, whole)
        if config != before:
            notes.append(f"{name} differs from configuration.json; {name} is what is executed")
    return config, tuple(notes)


def listed_files(path: Path, known: Mapping[str, str]) -> list[str]:
    """Return which of the known files a manifest lists.

    Raises
    ------
    InputError
        If it lists another, or is no manifest.
    """
    manifest = read_json(path)
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not set(files) <= {*known, MANIFEST}:
        raise InputError(file=str(path), field="files", expected=f"a mapping of some of {', '.join(known)}")
    return [name for name in known if name in files]


def _check_layer_info(path: Path, config: SwitchConfig) -> None:
    """Refuse a Layer_Info.vmh with which the test bench would run something else."""
    found, reason = read_layer_info(path), why_no_layer_info(config)
    if reason is not None:
        raise InputError(reason, file=str(path))
    if found != layer_info(config):
        raise InputError("for another layer or mapping than configuration.json", file=str(path))
