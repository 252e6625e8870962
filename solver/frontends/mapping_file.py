"""Mappings that people type or keep in a file; those that ``map --out`` saves are in `solver.export`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from solver.errors import InputError
from solver.frontends.read import YAML_SUFFIXES
from solver.layer import DIMS
from solver.mapping import Tile, parse_tile
from solver.yamlfile import Count, Reads, YamlMap, YamlModel, YamlScalar, load, read_any, validate


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


class MappingFile(YamlModel):
    """A mapping file: a tile."""

    tile: Annotated[
        Any, Reads(read_any, f"a mapping of the sizes {' '.join(DIMS)}, or a text such as R3 S3 K8")
    ]


def read_mapping(source: str | Path) -> Tile:
    """Return a mapping that was typed or kept in a file.

    Parameters
    ----------
    source
        A YAML or JSON file with the key ``tile``, or a tile as `solver.mapping.parse_tile` reads it.

    Returns
    -------
    Tile
        The mapping; whether it is legal for a layer and a hardware is not checked here.

    Raises
    ------
    InputError
        If the file cannot be read or the tile is wrong.
    """
    text = str(source)
    if not text.lower().endswith(YAML_SUFFIXES) and not os.path.exists(text):
        return parse_tile(text)
    document = load(text)
    tile = validate(MappingFile, document, file=text).tile
    assert isinstance(document, YamlMap)
    if isinstance(tile, YamlScalar):
        try:
            return parse_tile(tile)
        except InputError as error:
            raise error.at(file=text, line=document.line_of("tile"), field="tile") from None
    return Tile(**validate(TileEntry, tile, file=text).model_dump())
