"""A folder that holds a layer made of parts: a list of them, and what each different one runs in a folder.

Parts of equal loops share a folder. Each holds what `configure` writes for a layer of one loop nest: a
configuration, a schedule of several, or those of pieces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solver.answers.whole import WholeMapping
from solver.errors import InputError
from solver.execution.pieces import PiecesConfig
from solver.execution.whole_layers.whole import AnyConfig
from solver.layer import ConvTranspose, Decomposition, HostOperation, Layer, Primitive
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import MANIFEST, PARTS_FILES, ConfigFolder, manifest_text
from solver.writers.json_document import pretty_json, read_json
from solver.writers.schedule.folder import PARTS, read_any_folder, read_given_folder

DEEPEST = 2
"""Folders from that of a layer made of parts down to a piece of a part."""


@dataclass(frozen=True)
class PartsConfig:
    """The configurations of a layer's parts.

    Parameters
    ----------
    way
        How the layer is taken apart.
    configs
        What each different primitive among the parts runs.
    """

    way: Decomposition
    configs: Mapping[Primitive, SwitchConfig | Schedule | PiecesConfig]


def folders_of(way: Decomposition) -> dict[Primitive, str]:
    """Return the name of the folder of each different primitive among the parts, in their order."""
    primitives = (part.layer for part in way.parts if isinstance(part.layer, Primitive))
    return {layer: f"part-{place}" for place, layer in enumerate(dict.fromkeys(primitives), start=1)}


def parts_folder_of(mapped: WholeMapping, contents: Mapping[Primitive, ConfigFolder]) -> ConfigFolder:
    """Return the files of a layer made of parts: those of every different part in a folder of its own.

    Parameters
    ----------
    mapped, contents
        The layer with its parts, and the files of each different one.
    """
    files = {PARTS: pretty_json(parts_document(mapped.layer, mapped.way)) + "\n"}
    told, missing = dict(PARTS_FILES), dict[str, str]()
    for primitive, folder in folders_of(mapped.way).items():
        inside = contents[primitive].within(folder)
        files |= inside.files
        missing |= inside.missing
        names = ", ".join(part.name for part in mapped.parts(primitive) if part.name) or "the layer"
        runs = mapped.runs(primitive)
        told[f"{folder}/{MANIFEST}"] = f"configuration of {names}; {runs} run{'s' * (runs != 1)}"
    what = {"layer": mapped.name, "parts": len(mapped.mappings)}
    files[MANIFEST] = manifest_text(what, told, missing)
    return ConfigFolder(files, missing)


def parts_document(layer: Layer, way: Decomposition) -> dict[str, Any]:
    """Return the content of parts.json."""
    folders, ranges = folders_of(way), _ranges(layer, way)
    parts = []
    for part in way.parts:
        entry: dict[str, Any] = {"part": part.name, "runs": part.repeats}
        if isinstance(part.layer, HostOperation):
            entry |= {"host": part.layer.operation, "elements": part.layer.elements}
        else:
            assert isinstance(part.layer, Primitive)
            entry |= {"folder": folders[part.layer], "layer": part.layer.to_dict(), **next(ranges, {})}
        parts.append(entry)
    return {"layer": layer.to_dict(), "way": way.name, "parts": parts}


def _ranges(layer: Layer, way: Decomposition) -> Iterator[dict[str, Any]]:
    """Yield which inputs, filter taps and outputs of a transposed convolution each of its phases has."""
    if not isinstance(layer, ConvTranspose) or way.name != "phases":
        return
    for down in layer.phases(0):
        for right in layer.phases(1):
            found = {
                "inputs": (layer.inputs_of(0, down), layer.inputs_of(1, right)),
                "taps": (down.filter_taps, right.filter_taps),
                "outputs": (layer.outputs_of(0, down), layer.outputs_of(1, right)),
            }
            yield {
                what: {
                    name: [at[0], at[-1], at.step] for name, at in zip(("rows", "cols"), ranges, strict=True)
                }
                for what, ranges in found.items()
            }


def is_parts_folder(path: str | Path) -> bool:
    """Return whether a folder holds a layer made of parts; its parts.json stands for it."""
    return os.path.exists(Path(path) / PARTS) if os.path.isdir(path) else Path(path).name == PARTS


def read_parts_folder(path: str | Path, layer: Layer) -> tuple[PartsConfig, tuple[str, ...]]:
    """Read the configurations of a layer made of parts.

    Parameters
    ----------
    path
        The folder, or its parts.json.
    layer
        The layer.

    Returns
    -------
    tuple of PartsConfig and notes
        With a sentence for every file that says something else than its configuration.json.

    Raises
    ------
    InputError
        If a file is missing or wrong, or the parts are those of another layer.
    """
    folder = Path(path) if os.path.isdir(path) else Path(path).parent
    way = _read_way(folder / PARTS, layer)
    configs, notes = {}, list[str]()
    for primitive, name in folders_of(way).items():
        configs[primitive], said = read_any_folder(folder / name)
        notes += [f"{name}: {note}" for note in said]
    return PartsConfig(way, configs), tuple(notes)


def read_part_folder(path: str | Path, layer: Layer) -> tuple[Primitive, AnyConfig, tuple[str, ...]]:
    """Read the folder of one part, or of a piece of it: the parts.json above it says of what.

    Parameters are those of `read_parts_folder`.

    Raises
    ------
    InputError
        If a file is missing or wrong, or the folder is not that of a part of the layer.
    """
    inner = Path(path).resolve()
    inner = inner if inner.is_dir() else inner.parent
    for own in (inner, *inner.parents)[:DEEPEST]:
        if (own.parent / PARTS).is_file():
            way = _read_way(own.parent / PARTS, layer)
            for primitive, name in folders_of(way).items():
                if name == own.name:
                    return primitive, *read_given_folder(path)
    raise InputError(
        file=str(path),
        found="no parts.json in it or above it",
        expected=f"what `configure` wrote for the kind {layer.kind}, made of parts, or the folder of a part",
    )


def _read_way(file: Path, layer: Layer) -> Decomposition:
    """Return how a parts.json takes a layer apart."""
    document = read_json(file)
    document = document if isinstance(document, dict) else {}
    told, asked = document.get("layer"), layer.to_dict()
    told = told if isinstance(told, dict) else {}
    others = [key for key in asked if key != "name" and told.get(key) != asked[key]]
    if others or told.keys() - asked.keys() - {"name"}:
        found, expected = ({key: given.get(key) for key in others} for given in (told, asked))
        raise InputError(
            "the parts are those of another layer",
            file=str(file),
            field="layer",
            found=str(found),
            expected=str(expected),
        )
    ways = {way.name: way for way in layer.decompositions()}
    name = document.get("way")
    if not isinstance(name, str) or name not in ways:
        known = ", ".join(map(repr, ways))
        raise InputError(file=str(file), field="way", found=repr(name), expected=f"one of {known}")
    if document.get("parts") != parts_document(layer, ways[name])["parts"]:
        raise InputError("not the parts of the layer taken apart in this way", file=str(file), field="parts")
    return ways[name]
