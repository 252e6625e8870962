"""Hardware from presets, YAML files and command-line flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, get_args

from solver.arithmetic.numbers import BYTES, CLOCK, bytes_text, parse_clock
from solver.errors import InputError, placed, unknown
from solver.hardware.array_kind import KINDS, RTL, SIMULATOR, Forwarding, Reduction
from solver.hardware.energy_table import EnergyTable
from solver.hardware.hardware import Hardware, check_size
from solver.hardware.memory import PrefetchBuffer
from solver.hardware.read_energy import read_energy_table, table_from
from solver.hardware.read_memory import (
    Bandwidth,
    MemoryChanges,
    MemoryKeys,
    Rate,
    buffer_from,
    changed_memory,
    memory_from,
    read_size,
)
from solver.yamlfile import (
    Count,
    Name,
    Reads,
    Unreadable,
    load,
    one_of,
    parse,
    read_any,
    read_flag,
    read_name,
    validate,
)
from solver.yamlfile.values import YamlList, YamlMap, YamlScalar, YamlValue, from_python, line_of

DEFAULT_PRESET = "maeri-256"
DEFAULT_TABLE = "synthesis"


def _read_clock(value: Any) -> int:
    hertz = parse_clock(value) if isinstance(value, YamlScalar) else None
    if hertz is None:
        raise Unreadable(value)
    return hertz


ReductionKey = Annotated[Reduction, one_of(get_args(Reduction), "simulator or rtl")]
ForwardingKey = Annotated[Forwarding | None, one_of(get_args(Forwarding), "sliding or none")]
ClockKey = Annotated[int | None, Reads(_read_clock, CLOCK)]
FlagKey = Annotated[bool | None, Reads(read_flag, "true or false")]


class ArrayKeys(MemoryKeys):
    """The keys of the array that a description may leave out."""

    name: Name = ""
    accumulation_buffer: FlagKey = None
    energy_table: Annotated[Any, Reads(read_any, "a table's name, a file or a mapping")] = None
    forwarding: ForwardingKey = None
    count_setup: FlagKey = None
    clock: ClockKey = None


class HardwareFile(ArrayKeys):
    """What a hardware YAML file holds."""

    num_ms: Count
    dn_bw: Count
    rn_bw: Count
    reduction: ReductionKey = "simulator"


class HardwareChanges(ArrayKeys):
    """What a Python program may give instead of a file: changes of a source, under a file's keys or flags."""

    source: Annotated[str | None, Reads(read_name, "a preset or file")] = None
    num_ms: Count | None = None
    dn_bw: Count | None = None
    rn_bw: Count | None = None
    reduction: ReductionKey | None = None
    buffer: Annotated[int | None, Reads(read_size, BYTES)] = None
    double_buffered: FlagKey = None
    buffer_bandwidth: Bandwidth = None


def preset_names() -> list[str]:
    """Return the names of the hardware presets, smallest first."""
    names = (entry.name for entry in _presets().iterdir())
    presets = [name.removesuffix(".yaml") for name in names if name.endswith(".yaml")]
    return sorted(presets, key=lambda name: (len(name), name))


OTHERS = {
    "kind": ("a layer", "LAYER"),
    "layers": ("layers", "MODEL"),
    "mappings": ("mappings", "--mapping FILE"),
    "networks": ("a sweep", "the file of the command sweep"),
}
"""Keys of other files that people give as hardware: what they describe, and where they belong."""
ARRAY = tuple(
    each.name for each in fields(Hardware) if each.name not in ("name", "energy_table", "memory", "clock")
)
"""The fields of the hardware that are the array's own."""


def read_hardware(source: str | Path | None = None, **changes: Any) -> Hardware:
    """Return the hardware of a preset or file, as changed by flags.

    Parameters
    ----------
    source
        Name of a preset or path of a YAML file; the default is the preset maeri-256.
    changes
        What is replaced, None for what is not:

        num_ms, dn_bw, rn_bw
            The sizes: switches, words per cycle. Bandwidths that are not given keep their share of `num_ms`.
        accumulation_buffer, reduction, forwarding
            An accumulation buffer or forwarding that the source states for the simulator's array is dropped
            when `reduction` makes it the real hardware.
        energy_table
            Name of a shipped table, path of a file, or the table itself.
        clock
            In Hz; a bandwidth may then be a `Rate`.
        others
            The prefetch buffer and the DRAM, which are also added to a source without them: the fields of
            `MemoryChanges`.

    Returns
    -------
    Hardware
        Its name tells which sizes were replaced.

    Raises
    ------
    InputError
        If the source is unknown or wrong, or the sizes do not go together.
    """
    source = DEFAULT_PRESET if source is None else source
    file, document = _open(source)
    entry = validate(HardwareFile, document, file=file)
    energy_table, clock = changes.pop("energy_table", None), changes.pop("clock", None)
    given = {name: changes.pop(name, None) for name in ARRAY}
    num_ms = given["num_ms"]
    of_memory = MemoryChanges(**changes)
    flags = {key: value for key, value in given.items() if value is not None}
    stated = {key: getattr(entry, key) for key in given if getattr(entry, key) is not None}
    usual = {**KINDS[entry.reduction].defaults, "count_setup": False}
    name = entry.name or Path(file).stem
    if num_ms is not None and num_ms != entry.num_ms:
        check_size("num_ms", num_ms)
        for field in ("dn_bw", "rn_bw"):
            flags.setdefault(field, max(1, getattr(entry, field) * num_ms // entry.num_ms))
    clock = entry.clock if clock is None else clock
    described = memory_from(entry, document, file, clock)
    memory = changed_memory(described, of_memory, name, clock)
    if isinstance(energy_table, EnergyTable):
        table = energy_table
    else:
        table = read_energy_table(energy_table) if energy_table is not None else _table(document, file, entry)
    changed = {key: value for key, value in flags.items() if value != (usual | stated).get(key)}
    if memory != described:
        changed |= of_memory.given
    if changed:
        name += " with " + ", ".join(f"{key} {_shown(key, value)}" for key, value in changed.items())
    if changed.get("reduction") == RTL.reduction:
        stated = {key: value for key, value in stated.items() if value != SIMULATOR.defaults.get(key)}
    try:
        return Hardware(name=name, energy_table=table, memory=memory, clock=clock, **(stated | flags))
    except InputError as error:
        by_flag = energy_table is not None if error.field == "energy_table" else memory != described
        shared = ("energy_table", "prefetch_buffer", "controller", "weights_per_switch")
        if error.field in flags or (error.field in shared and by_flag):
            # the flag is wrong, not the file
            raise
        raise error.at(file=file, line=_line_of(document, error.field)) from None


def changed_hardware(changes: Mapping[str, Any]) -> Hardware:
    """Return the hardware that a Python program describes by what differs from a preset.

    Parameters
    ----------
    changes
        Under the keys of a hardware file or the parameters of `read_hardware`.

    Raises
    ------
    InputError
        With the messages for files, without a file.
    """
    document = from_python({key: value for key, value in changes.items() if value is not None})
    entry = validate(HardwareChanges, document)
    given: dict[str, Any] = {name: getattr(entry, name) for name in entry.model_fields_set}
    name = given.pop("name", "")
    if "energy_table" in given:
        with placed("energy_table"):
            given["energy_table"] = table_from(given["energy_table"], file=None)
    if "prefetch_buffer" in given:
        given["prefetch_buffer"] = buffer_from(given["prefetch_buffer"], given.get("clock"))
    hardware = read_hardware(**given)
    return replace(hardware, name=name) if name else hardware


def _presets() -> Any:
    return files("solver.hardware") / "presets"


def _open(source: str | Path) -> tuple[str, YamlValue]:
    if not isinstance(source, str | Path):
        expected = "hardware, a preset or file, or a mapping of changes"
        raise InputError(field="hardware", found=f"the type {type(source).__name__}", expected=expected)
    path = Path(source)
    known = str(source).lower() if not os.path.exists(path) else str(source)
    if known in preset_names():
        return known, parse((_presets() / f"{known}.yaml").read_text(encoding="utf-8"), file=known)
    if not path.suffix and not os.path.exists(path):
        raise unknown("hardware", str(source), [*preset_names(), "a YAML file"])
    document = load(path)
    _refuse_others(document, str(source))
    return str(source), document


def _refuse_others(document: YamlValue, file: str) -> None:
    """Raise if a file holds what is given elsewhere than as hardware."""
    keys = document if isinstance(document, YamlMap) else {}
    listed = isinstance(document, YamlList) and not any("num_ms" in item for item in document)
    found = next((key for key in OTHERS if key in keys), "layers" if listed else None)
    if found is None or "num_ms" in keys:
        return
    what, where = OTHERS[found]
    raise InputError(
        f"this describes {what}",
        file=file,
        line=_line_of(document, found) or line_of(document),
        field=found if keys else None,
        found="no accelerator",
        expected=f"an accelerator, and {what} as {where}",
    )


def _table(document: YamlValue, file: str, entry: HardwareFile) -> EnergyTable:
    if entry.energy_table is None:
        return read_energy_table(DEFAULT_TABLE)
    return table_from(entry.energy_table, file=file, line=_line_of(document, "energy_table"))


def _line_of(document: YamlValue, field: str | None) -> int | None:
    return document.line_of(field) if isinstance(document, YamlMap) else None


def _shown(key: str, value: int | bool | str | Rate | PrefetchBuffer) -> str:
    if isinstance(value, PrefetchBuffer):
        return f"of {bytes_text(value.bytes)}"
    if key == "buffer" and isinstance(value, int):
        return bytes_text(value)
    return str(value) if not isinstance(value, bool) else ("on" if value else "off")
