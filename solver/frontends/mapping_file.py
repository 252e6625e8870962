"""Mappings that were saved, or typed."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import simplejson
import yaml

from solver.errors import InputError
from solver.files import write_text
from solver.frontends.read import YAML_SUFFIXES
from solver.layer import DIMS
from solver.mapping import Tile, parse_tile
from solver.yamlfile import Count, Name, Reads, YamlMap, YamlModel, YamlScalar, load, read_any, validate

Saved = Annotated[Any, Reads(read_any, "what --out wrote")]


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
    """A mapping file: the tile, and what it was found for, which is kept for people to read."""

    tile: Annotated[
        Any, Reads(read_any, f"a mapping of the sizes {' '.join(DIMS)}, or a text such as R3 S3 K8")
    ]
    layer: Saved = None
    hardware: Saved = None
    objective: Name = ""
    cost: Saved = None
    version: Name = ""


def read_mapping(source: str | Path) -> Tile:
    """Return a mapping that was saved or typed.

    Parameters
    ----------
    source
        A YAML or JSON file as `write_mapping` makes it (only its ``tile`` counts), or a tile as
        `solver.mapping.parse_tile` reads it.

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
    if not isinstance(source, Path) and not text.lower().endswith(YAML_SUFFIXES) and not os.path.exists(text):
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


def write_mapping(path: str | Path, tile: Tile, *, force: bool = False, **found_for: Any) -> None:
    """Save a mapping so that `read_mapping` gives it back.

    Parameters
    ----------
    path
        Where to; JSON if it ends in ``.json``, else YAML.
    tile
        The mapping.
    force
        Whether an existing file may be replaced.
    **found_for
        The other keys of `MappingFile`, in plain lists, dictionaries, texts and numbers; decimals stay
        exact.

    Raises
    ------
    InputError
        If the file exists and `force` is false, or it cannot be written.
    """
    unknown = found_for.keys() - MappingFile.model_fields.keys()
    if unknown:
        raise TypeError(f"a mapping file has no keys {', '.join(sorted(unknown))}")
    content = {"tile": tile.to_dict()} | found_for
    if Path(path).suffix.lower() == ".json":
        text = simplejson.dumps(content, indent=2, use_decimal=True) + "\n"
    else:
        text = yaml.dump(
            content, Dumper=_Dumper, sort_keys=False, default_flow_style=None, allow_unicode=True
        )
    write_text(path, text, force=force)


class _Dumper(yaml.SafeDumper):
    """Writes decimals with all their digits."""


_Dumper.add_representer(
    Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", str(value))
)
