"""Layers from wherever the user keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from solver.errors import InputError
from solver.frontends.yaml_layers import layer_from_mapping
from solver.layer import Layer
from solver.yamlfile import (
    Name,
    Reads,
    Unreadable,
    YamlList,
    YamlMap,
    YamlModel,
    YamlValue,
    describe,
    line_of,
    load,
    validate,
)

YAML_SUFFIXES = (".yaml", ".yml", ".json")


def read_layers(source: str) -> list[Layer]:
    path = Path(source)
    return named(_layers_of(load(path), str(path)), path.stem)


def _read_list(value: Any) -> YamlList:
    if not isinstance(value, YamlList):
        raise Unreadable(value)
    return value


class NetworkFile(YamlModel):
    """A file that holds several layers under a name of their own."""

    name: Name = ""
    layers: Annotated[list[Any], Reads(_read_list, "a list of layers")]


def _layers_of(value: YamlValue, file: str) -> list[Layer]:
    if isinstance(value, YamlMap) and "layers" in value:
        network = validate(NetworkFile, value, file=file)
        layers = [layer for item in network.layers for layer in _layers_of(item, file)]
        return layers
    if isinstance(value, YamlMap):
        return [layer_from_mapping(value, file=file)]
    if isinstance(value, YamlList):
        return [layer for item in value for layer in _layers_of(item, file)]
    raise InputError(file=file, line=line_of(value), found=describe(value), expected="a layer")


def named(layers: Sequence[Layer], stem: str) -> list[Layer]:
    """Return the layers with a name for each that has none: the stem, or stem/1, stem/2, ... by position."""
    if len(layers) == 1:
        return [layer if layer.name else replace(layer, name=stem) for layer in layers]
    taken = {layer.name for layer in layers}
    result = []
    for position, layer in enumerate(layers, start=1):
        name = layer.name or f"{stem}/{position}"
        while not layer.name and name in taken:
            name += "'"
        taken.add(name)
        result.append(replace(layer, name=name))
    return result
