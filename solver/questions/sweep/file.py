"""A sweep from a YAML file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from solver.cost.result import Objective
from solver.errors import InputError
from solver.forms.form import FAMILIES
from solver.forms.wish import ALL, Wish
from solver.hardware import read_hardware
from solver.layer import STATIONARY
from solver.questions.sweep.grid import AXES, Grid
from solver.questions.sweep.values import EXPECTED, EXPECTED_BYTES, parse_values
from solver.yamlfile import Reads, Unreadable, YamlModel, load, read_flag, read_name, validate
from solver.yamlfile.values import YamlList, YamlMap, YamlScalar


def _items(value: Any) -> list[Any]:
    items = list(value) if isinstance(value, YamlList) else [value]
    if not items:
        raise Unreadable(value)
    return items


def _read_names(value: Any) -> tuple[str, ...]:
    return tuple(read_name(item) for item in _items(value))


def _read_flags(value: Any) -> tuple[bool, ...]:
    return tuple(dict.fromkeys(read_flag(item) for item in _items(value)))


def _read_objectives(value: Any) -> tuple[Objective, ...]:
    known = {str(objective): objective for objective in Objective}
    for item in _items(value):
        if not isinstance(item, YamlScalar) or item not in known:
            raise Unreadable(item)
    return tuple(dict.fromkeys(known[item] for item in _items(value)))


def _read_forms(value: Any) -> str:
    names = ",".join(str(item).strip() for item in _items(value))
    try:
        Wish.of(names)
    except InputError:
        raise Unreadable(value) from None
    return names


def _read_stationary(value: Any) -> str:
    if str(value) not in STATIONARY:
        raise Unreadable(value)
    return str(value)


def _reader(**kind: bool) -> Callable[[Any], tuple[Any, ...]]:
    def read(value: Any) -> tuple[Any, ...]:
        found: dict[Any, None] = {}
        for item in _items(value):
            if not isinstance(item, YamlScalar) or item.is_null:
                raise Unreadable(item)
            try:
                found |= dict.fromkeys(parse_values(str(item), "", **kind))
            except InputError:
                raise Unreadable(item) from None
        return tuple(found)

    return read


Names = Annotated[tuple[str, ...], Reads(_read_names, "a name or a list of names")]
Flags = Annotated[tuple[bool, ...] | None, Reads(_read_flags, "true, false or a list of both")]
Objectives = Annotated[
    tuple[Objective, ...] | None, Reads(_read_objectives, "latency, energy, edp or a list of them")
]
Counts = Annotated[tuple[Any, ...] | None, Reads(_reader(), EXPECTED)]
Bandwidths = Annotated[tuple[Any, ...] | None, Reads(_reader(shares=True), EXPECTED)]
Sizes = Annotated[tuple[Any, ...] | None, Reads(_reader(sizes=True), EXPECTED_BYTES)]


class SweepFile(YamlModel):
    """What a sweep file holds; a parameter that is not there keeps the value of `hardware`."""

    networks: Names
    hardware: Annotated[str | None, Reads(read_name, "a preset or file")] = None
    energy_table: Annotated[str | None, Reads(read_name, "a table's name or file")] = None
    objectives: Objectives = None
    forms: Annotated[str | None, Reads(_read_forms, f"{ALL}, or some of {', '.join(FAMILIES)}")] = None
    stationary: Annotated[str | None, Reads(_read_stationary, "one of " + ", ".join(STATIONARY))] = None
    num_ms: Counts = None
    dn_bw: Bandwidths = None
    rn_bw: Bandwidths = None
    bandwidth: Bandwidths = None
    accumulation_buffer: Flags = None
    buffer: Sizes = None
    dram_bandwidth: Counts = None
    count_setup: Annotated[bool | None, Reads(read_flag, "true or false")] = None


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep file asks for.

    Attributes
    ----------
    networks
        Sources of layers.
    objectives
        What is minimised; empty if the file does not say.
    forms, stationary
        Which forms of a layer are searched; None if the file does not say.
    """

    networks: tuple[str, ...]
    grid: Grid
    objectives: tuple[Objective, ...]
    forms: str | None = None
    stationary: str | None = None


def read_sweep(path: str | Path) -> SweepPlan:
    """Read a sweep file.

    Files that it names are looked for beside it first.

    Raises
    ------
    InputError
        If the file is wrong; the message names line and key.
    """
    document = load(path)
    entry = validate(SweepFile, document, file=str(path))
    assert isinstance(document, YamlMap)
    folder = Path(path).parent
    axes = {name: values for name in AXES if (values := getattr(entry, name)) is not None}
    fixed: dict[str, Any] = {}
    if entry.energy_table is not None:
        fixed["energy_table"] = _beside(folder, entry.energy_table)
    if entry.count_setup is not None:
        fixed["count_setup"] = entry.count_setup
    source = None if entry.hardware is None else _beside(folder, entry.hardware)
    field = "hardware"
    try:
        read_hardware(source)
        field = "energy_table"
        read_hardware(source, **fixed)
        grid = Grid(source, axes, fixed)
    except InputError as error:
        field = error.field or field
        raise error.at(file=str(path), line=document.line_of(field), field=field) from None
    networks = tuple(_beside(folder, name) for name in entry.networks)
    return SweepPlan(networks, grid, entry.objectives or (), entry.forms, entry.stationary)


def _beside(folder: Path, name: str) -> str:
    beside = folder / name
    return str(beside) if os.path.exists(beside) else name
