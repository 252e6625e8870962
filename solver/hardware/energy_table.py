"""Energy and area per event and component, exact in decimal."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Context, Decimal

from solver.arithmetic.exact import product

DIGITS = Context(prec=4)
"""Significant digits of a price that follows the capacity: more would be made up."""

EXACT = Context(prec=1000)
"""More digits than the product of a price and a factor has."""

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class EnergyTable:
    """Energy of every event the cost model counts, and static energy per cycle of every component.

    All values are decimals, so that totals are exact.

    Attributes
    ----------
    name, unit, source
        What it is called, the unit of its energies, and where they come from.
    buffer_read, buffer_write
        Of a word of the global (prefetch) buffer.
    dn_wire, dn_switch
        Of a word on a link, and through a switch, of the distribution trees.
    multiplication, psum_forward
        Of a product, and of a partial sum that an auxiliary multiplier hands on.
    rn_wire, mn_wire, bus_wire
        Of a value on a link of adder tree, multipliers (to the neighbour) and collection bus.
    add_2_1, add_3_1, accumulate
        Of an addition of two or of three values in the tree, and of one in the accumulation buffer.
    adder_static, accumulator_static, dn_switch_static, multiplier_static, buffer_static
        Leakage per component and cycle.
    dram_read, dram_write
        Of a DRAM word, needed only where the hardware has a DRAM.
    area_unit
        Unit of the areas, which design exploration uses only.
    adder_area, accumulator_area, dn_switch_area, multiplier_area, buffer_area
        Area of a component.
    rn_wire_area, mn_wire_area, bus_wire_area, dn_wire_area
        Area of a link.
    buffer_bytes
        Capacity of the buffer that the buffer's entries are of; without it they hold for every capacity.
    buffer_energy_exponent
        To which power of its capacity a word of a described prefetch buffer costs; without it, or without
        `buffer_bytes`, `buffer_read`, `buffer_write` and `buffer_static` hold for every capacity.
    port_area
        Area of a read port of a described prefetch buffer, at least what it saves (`area_of`).
    word_bytes
        Bytes of the word that the entries of buffer and DRAM are of; left out, they are of the narrowest word
        of the described prefetch buffer.
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
    buffer_bytes: int | None = None
    buffer_energy_exponent: Decimal | None = None
    port_area: Decimal | None = None
    word_bytes: int | None = None

    def for_capacity(self, capacity: int) -> EnergyTable:
        """Return the table with the prices of a buffer of `capacity` bytes, whose own they then are.

        With x = capacity / `buffer_bytes`, the buffer is x times as large, as cells are most of it, and leaks
        x times as much; a word read or written costs x^`buffer_energy_exponent` times as much. The shipped
        table's exponent is 1/2, as a word drives lines as long as a side of the array of cells: M. Horowitz,
        Computing's energy problem (and what we can do about it), ISSCC 2014, pages 10 to 14, figure 1.1.9 has
        10 pJ at 8 KB, 20 pJ at 32 KB and 100 pJ at 1 MB, the power 0.5 from the first to the second and 0.47
        over all.
        """
        base, area, power = self.buffer_bytes, self.buffer_area, self.buffer_energy_exponent
        if base is None or capacity == base:
            return self
        if area is not None:
            area = (product(area, capacity) / base).quantize(HUNDREDTH)
        table = replace(self, buffer_bytes=capacity, buffer_area=area)
        if power is None:
            return table
        larger = Decimal(capacity) / base
        return replace(
            table,
            buffer_read=DIGITS.multiply(self.buffer_read, larger**power),
            buffer_write=DIGITS.multiply(self.buffer_write, larger**power),
            buffer_static=DIGITS.multiply(self.buffer_static, larger),
        )


SIZE_ENTRIES: tuple[str, ...] = ("buffer_bytes", "buffer_energy_exponent", "port_area", "word_bytes")
"""How a described prefetch buffer differs from the table's own, each of them optional."""

WORD_ENTRIES: tuple[str, ...] = ("buffer_read", "buffer_write", "dram_read", "dram_write")
"""Energies of words between the levels."""

AREA_ENTRIES: tuple[str, ...] = tuple(
    f.name for f in fields(EnergyTable) if f.name.endswith("_area") and f.name not in SIZE_ENTRIES
)
DRAM_ENTRIES: tuple[str, ...] = ("dram_read", "dram_write")
ENERGY_ENTRIES: tuple[str, ...] = tuple(
    f.name
    for f in fields(EnergyTable)
    if f.name not in (*AREA_ENTRIES, *SIZE_ENTRIES, *DRAM_ENTRIES, "name", "unit", "source", "area_unit")
)
