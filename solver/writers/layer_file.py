"""Layers as the YAML files that this project reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from solver.files import usable_name, write_all, write_text
from solver.layer import Layer

ONE_FILE = (".yaml", ".yml")
"""Endings of a file that holds all layers; any other name is that of a folder."""


def network_text(name: str, layers: Sequence[Layer], *, source: str) -> str:
    """Return a whole network as YAML, a layer a line.

    Parameters
    ----------
    name
        Of the network.
    layers
        Its layers, each with a name; host operations too.
    source
        What they were read from, for a comment.

    Returns
    -------
    str
        A text that `solver.readers.read.read_layers` turns into the same layers.
    """
    lines = [f"  - {_entry(layer)}" for layer in layers]
    return f"{_comment(source)}name: {_scalar(name)}\nlayers:\n" + "\n".join(lines) + "\n"


def layer_text(layer: Layer, *, source: str) -> str:
    """Return one layer as a YAML file of its own; as `network_text`."""
    return f"{_comment(source)}{_entry(layer)}\n"


def write_layers(out: str | Path, name: str, layers: Sequence[Layer], *, source: str, force: bool) -> None:
    """Write layers as `network_text` into a file that ends in .yaml, or into a folder, a file each."""
    path = Path(out)
    if path.suffix.lower() in ONE_FILE:
        write_text(path, network_text(name, layers, source=source), force=force)
        return
    files = {
        path / layer_file_name(position, len(layers), layer): layer_text(layer, source=source)
        for position, layer in enumerate(layers, start=1)
    }
    write_all(files, within=str(out), force=force)


def layer_file_name(position: int, count: int, layer: Layer) -> str:
    """Return a file name that keeps the order of the layers and is valid everywhere."""
    return f"{position:0{len(str(count))}d}_{usable_name(layer.name, layer.kind)}.yaml"


def _entry(layer: Layer) -> str:
    return yaml.safe_dump(
        layer.to_dict(), default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True
    ).strip()


def _scalar(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', width=10**9, allow_unicode=True).strip()


def _comment(source: str) -> str:
    return f"# Converted from {source if source.isprintable() else ascii(source)}\n"
