"""Hardware as the YAML file that ``--hardware`` reads, with every digit of its energies."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

import yaml

from solver.hardware import EnergyTable, Hardware, read_energy_table, table_names


class ExactDumper(yaml.SafeDumper):
    """Writes decimals digit by digit."""


def hardware_text(hardware: Hardware) -> str:
    """Return hardware as YAML that `solver.hardware.read_hardware` turns into the same hardware."""
    clock = {"clock": f"{hardware.clock} Hz"} if hardware.clock else {}
    return yaml.dump(
        {**hardware_entry(hardware), **clock}, Dumper=ExactDumper, sort_keys=False, allow_unicode=True
    )


def hardware_entry(hardware: Hardware) -> dict[str, Any]:
    """Return hardware under its YAML keys; an energy table that is not shipped is written out."""
    return {**hardware.to_dict(), "energy_table": _table_entry(hardware.energy_table)}


def exact_decimal(value: Decimal) -> str:
    """Write a decimal with all its digits and without exponent."""
    return format(value, "f")


def _table_entry(table: EnergyTable) -> Any:
    if table.name in table_names() and read_energy_table(table.name) == table:
        return table.name
    entries = {field.name: getattr(table, field.name) for field in fields(table)}
    return {key: value for key, value in entries.items() if value not in (None, "")}


def _represent_decimal(dumper: ExactDumper, value: Decimal) -> yaml.ScalarNode:
    text = exact_decimal(value)
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


ExactDumper.add_representer(Decimal, _represent_decimal)
