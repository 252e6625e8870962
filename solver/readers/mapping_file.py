"""Mappings that people type or keep in a file; those that ``map --out`` saves are in `solver.writers`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from solver.errors import InputError, placed
from solver.layer import DIMS
from solver.mapping.buffer_tile import ARRAY_ORDERS
from solver.mapping.levels import ORDER_TEXTS, LevelMapping, read_order
from solver.mapping.tile import Tile, parse_tile
from solver.readers.read import YAML_SUFFIXES
from solver.yamlfile import Count, Reads, Unreadable, YamlModel, load, one_of, read_any, validate
from solver.yamlfile.values import YamlMap, YamlScalar


class TileEntry(YamlModel):
    """The tile of a mapping file; sizes that are left out are 1."""

    R: Count = 1
    S: Count = 1
    C: Count = 1
    K: Count = 1
    G: Count = 1
    N: Count = 1
    X: Count = 1
    Y: Count = 1


def _read_dram_order(value: Any) -> str:
    order = read_order(value) if isinstance(value, YamlScalar) else None
    if order is None:
        raise Unreadable(value)
    return order


class LevelKeys(YamlModel):
    """What a mapping over two levels says beside its array tile."""

    buffer_tile: Annotated[Any, Reads(read_any, f"a mapping of the sizes {' '.join(DIMS)}")] = None
    dram_order: Annotated[str | None, Reads(_read_dram_order, "one of " + ", ".join(ORDER_TEXTS))] = None
    array_order: Annotated[str | None, one_of(ARRAY_ORDERS, "one of " + ", ".join(ARRAY_ORDERS))] = None


def _read_form(value: Any) -> str:
    if isinstance(value, YamlScalar) and value:
        return str(value)
    raise Unreadable(value)


class MappingFile(LevelKeys):
    """A mapping file: a tile, the form that it is of, and for two levels the rest of the mapping."""

    tile: Annotated[
        Any, Reads(read_any, f"a mapping of the sizes {' '.join(DIMS)}, or a text such as R3 S3 K8")
    ]
    form: Annotated[str, Reads(_read_form, "the name of a form of the layer, such as mirrored")] = ""


def read_mapping(source: str | Path) -> tuple[Tile | LevelMapping, str]:
    """Return a mapping that was typed or kept in a file.

    Parameters
    ----------
    source
        A YAML or JSON file with the key ``tile`` (and ``form``; ``buffer_tile``, ``dram_order``,
        ``array_order`` for two levels), or a tile as `solver.mapping.tile.parse_tile` reads it.

    Returns
    -------
    tuple of Tile or LevelMapping, and str
        The mapping, over two levels if there is a buffer tile, and the name of the form that it is of, empty
        if nothing is said; whether both are right for a layer and a hardware is not checked here.

    Raises
    ------
    InputError
        If the file cannot be read or the tile is wrong.
    """
    text = str(source)
    if not text.lower().endswith(YAML_SUFFIXES) and not os.path.exists(text):
        return parse_tile(text), ""
    document = load(text)
    entry = validate(MappingFile, document, file=text)
    assert isinstance(document, YamlMap)
    tile = _tile(entry.tile, "tile", document, text)
    return with_levels(tile, entry, document, file=text) or tile, entry.form


def with_levels(tile: Tile, entry: LevelKeys, document: YamlMap, *, file: str) -> LevelMapping | None:
    """Return the mapping over two levels that an entry of a file describes, or None if it has no buffer tile.

    Parameters
    ----------
    tile
        The array tile.
    entry, document, file
        The other keys as read and as they stand in the file, and the file for messages.

    Raises
    ------
    InputError
        If the buffer tile is wrong, or there is a loop order without one.
    """
    orders = {
        name: value for name in ("dram_order", "array_order") if (value := getattr(entry, name)) is not None
    }
    if entry.buffer_tile is None:
        for name in orders:
            raise InputError(
                file=file,
                line=document.line_of(name),
                field=name,
                found="no buffer_tile beside it",
                expected="a buffer tile that the order is of",
            )
        return None
    return LevelMapping(tile, _tile(entry.buffer_tile, "buffer_tile", document, file), **orders)


def _tile(value: Any, field: str, document: YamlMap, file: str) -> Tile:
    if isinstance(value, YamlScalar):
        with placed(file=file, line=document.line_of(field), field=field):
            return parse_tile(value)
    return Tile(**validate(TileEntry, value, file=file, key=field).model_dump())
