"""Energy and area per event and component, exact in decimal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class EnergyTable:
    """Energy of every event the cost model counts, and static energy per cycle of every component.

    All values are in the table's own `unit`; they are decimals so that totals are exact. `*_static` entries
    are per component and cycle. The energy of a DRAM word is needed only where the hardware has a DRAM. Areas
    (same shape, `area_unit`) are used by design exploration only.
    """

    name: str
    unit: str
    source: str
    buffer_read: Decimal
    buffer_write: Decimal
    dn_wire: Decimal
    dn_switch: Decimal
    multiplication: Decimal
    psum_forward: Decimal
    rn_wire: Decimal
    mn_wire: Decimal
    bus_wire: Decimal
    add_2_1: Decimal
    add_3_1: Decimal
    accumulate: Decimal
    adder_static: Decimal
    accumulator_static: Decimal
    dn_switch_static: Decimal
    multiplier_static: Decimal
    buffer_static: Decimal
    dram_read: Decimal | None = None
    dram_write: Decimal | None = None
    area_unit: str = ""
    adder_area: Decimal | None = None
    accumulator_area: Decimal | None = None
    dn_switch_area: Decimal | None = None
    multiplier_area: Decimal | None = None
    buffer_area: Decimal | None = None
    rn_wire_area: Decimal | None = None
    mn_wire_area: Decimal | None = None
    bus_wire_area: Decimal | None = None
    dn_wire_area: Decimal | None = None


AREA_ENTRIES: tuple[str, ...] = tuple(f.name for f in fields(EnergyTable) if f.name.endswith("_area"))
DRAM_ENTRIES: tuple[str, ...] = ("dram_read", "dram_write")
ENERGY_ENTRIES: tuple[str, ...] = tuple(
    f.name
    for f in fields(EnergyTable)
    if f.name not in (*AREA_ENTRIES, *DRAM_ENTRIES, "name", "unit", "source", "area_unit")
)
