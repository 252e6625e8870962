"""Energy tables: the shipped ones, YAML files, inline mappings, and mRNA's own factor files."""

from __future__ import annotations

import os
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import create_model

from solver.arithmetic.numbers import BYTES
from solver.errors import InputError, placed, unknown
from solver.files import read_text
from solver.hardware.energy_table import AREA_ENTRIES, DRAM_ENTRIES, ENERGY_ENTRIES, SIZE_ENTRIES, EnergyTable
from solver.hardware.read_memory import read_size
from solver.parsing.blocks import parse_energy_factors
from solver.yamlfile import Exact, Name, Reads, Unreadable, YamlModel, load, parse, read_decimal, validate
from solver.yamlfile.values import YamlMap, YamlScalar, YamlValue, describe


def _read_exponent(value: Any) -> Decimal:
    power = read_decimal(value)
    if power > 2:
        raise Unreadable(value)
    return power


# The entries are named once, in `EnergyTable`; the model of the file follows.
_ENTRIES: dict[str, Any] = {entry: (Exact, ...) for entry in ENERGY_ENTRIES}
_OPTIONAL: dict[str, Any] = {entry: (Exact, None) for entry in (*AREA_ENTRIES, *DRAM_ENTRIES, *SIZE_ENTRIES)}
_OPTIONAL["buffer_energy_exponent"] = (
    Annotated[Decimal | None, Reads(_read_exponent, "a number from 0 to 2")],
    None,
)
_OPTIONAL["buffer_bytes"] = _OPTIONAL["word_bytes"] = (Annotated[int | None, Reads(read_size, BYTES)], None)
_TEXTS: dict[str, Any] = {key: (Name, None) for key in ("name", "unit", "source", "area_unit")}
EnergyTableFile = create_model("EnergyTableFile", __base__=YamlModel, **_TEXTS, **_ENTRIES, **_OPTIONAL)


def table_names() -> list[str]:
    """Return the names of the energy tables that are shipped."""
    names = (entry.name for entry in _tables().iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def read_energy_table(source: str | Path) -> EnergyTable:
    """Return an energy table.

    Parameters
    ----------
    source
        Name of a shipped table, or path of a file: YAML with the keys of `EnergyTable`, or the text of mRNA's
        ``Energy_factors { ... }``.

    Returns
    -------
    EnergyTable
        Entries in the table's own unit, exact.

    Raises
    ------
    InputError
        If the name is unknown, the file cannot be read, or an entry is missing, negative or no number.
    """
    path = Path(source)
    known = str(source).lower() if not os.path.exists(path) else str(source)
    if known in table_names():
        return _shipped(known)
    if not path.suffix and not os.path.exists(path):
        raise unknown("energy table", str(source), [*table_names(), "a file"]).at(field="energy_table")
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return _from_mapping(load(path), name=path.stem, file=str(path))
    return _from_factors(read_text(path), name=path.stem, file=str(path))


def table_from(value: YamlValue, *, file: str | None, line: int | None = None) -> EnergyTable:
    """Return the energy table that a hardware file names or holds.

    Parameters
    ----------
    value
        A shipped name, a path relative to the hardware file, or the mapping itself.
    file, line
        The hardware file and the line of the entry; no file if a Python program gives it.

    Returns
    -------
    EnergyTable
        The table.

    Raises
    ------
    InputError
        As `read_energy_table`.
    """
    if isinstance(value, YamlMap):
        return _from_mapping(value, name=f"{Path(file or 'given').stem} energy", file=file)
    if not isinstance(value, YamlScalar) or value.is_null:
        expected = f"one of {', '.join(table_names())}, a file or a mapping"
        raise InputError(file=file, line=line, field="energy_table", found=describe(value), expected=expected)
    with placed(file=file, line=line, field="energy_table"):
        return read_energy_table(value if value in table_names() else _beside(file, str(value)))


def _beside(file: str | None, name: str) -> str:
    path = Path(file or "").parent / name
    return str(path) if path.suffix or os.path.exists(path) else name


def _tables() -> Any:
    return files("solver.hardware") / "energy_tables"


@cache
def _shipped(name: str) -> EnergyTable:
    text = (_tables() / f"{name}.yaml").read_text(encoding="utf-8")
    return _from_mapping(parse(text, file=name), name=name, file=name)


def _from_mapping(value: YamlValue, *, name: str, file: str | None) -> EnergyTable:
    entry = validate(EnergyTableFile, value, file=file).model_dump(exclude_none=True)
    return EnergyTable(**{"name": name, "unit": "energy units", "source": file or "a Python program"} | entry)


def _from_factors(text: str, *, name: str, file: str) -> EnergyTable:
    """Translate mRNA's factors as energy_tables/mrna.yaml explains."""
    with placed(file=file):
        factor = parse_energy_factors(text)
    forward = factor["msaccess_eng"] - factor["reg_eng"]
    if forward < 0:
        raise InputError(
            "a forward between multipliers replaces a register read, so it cannot cost less",
            file=file,
            field="msaccess_eng",
            found=str(factor["msaccess_eng"]),
            expected=f"at least reg_eng = {factor['reg_eng']}",
        )
    entries: dict[str, Any] = dict.fromkeys(ENERGY_ENTRIES, Decimal(0)) | {
        "buffer_read": factor["spm_eng"],
        "buffer_write": factor["spm_eng"],
        "dn_switch": factor["dsaccess_eng"],
        "multiplication": factor["multiply_eng"] + 2 * factor["reg_eng"],
        "psum_forward": factor["msaccess_eng"],
        "rn_wire": factor["rsaccess_eng"],
        "mn_wire": forward,
        "add_2_1": factor["reduce_eng"],
        # mRNA counts v - 1 additions per virtual neuron: an adder that adds three makes two of them.
        "add_3_1": 2 * factor["reduce_eng"],
        "accumulate": factor["reduce_eng"],
    }
    dram: dict[str, Any] = dict.fromkeys(DRAM_ENTRIES, factor["dram_eng"])
    return EnergyTable(name=name, unit="MAC energies", source=file, **entries, **dram)
