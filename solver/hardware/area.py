"""The area of an accelerator from the table's areas, exact."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from solver.arithmetic.exact import product, total
from solver.arithmetic.numbers import AREA, parse_area
from solver.errors import InputError
from solver.hardware.energy_table import AREA_ENTRIES, EnergyTable
from solver.hardware.hardware import Hardware


def component_counts(hardware: Hardware) -> dict[str, int]:
    """Return how many of each component the accelerator has, by the table's entries for its area.

    With M = num_ms a power of two, and A = 1 with accumulation buffer, else 0:

    * M multipliers, M - 1 adders, A (M - 1) accumulators, M - dn_bw distribution switches;
    * 2 M - dn_bw wires of the distribution trees (dn_bw trees of 2 m - 1 wires, m = M / dn_bw);
    * adder tree: 2 M - 2 wires from below, M / 2 - log2 M forwarding links (level l has 2^(l-1) - 1 pairs),
      and A (M - 1) wires into the accumulators;
    * M - 1 links between multipliers;
    * collection bus: M wires from the adders, and 2 to every line.

    Switches are those of the energy table (rule T20). The numbers of wires were read off the
    reference simulator's `area_total`, which this reproduces to the last digit for all 324 accelerators of
    its 2,685 random simulations (16 to 128 switches). Wires of adder tree, multipliers and bus have one area
    there, so how their sum is shared between the three is not known from it.
    """
    switches, ports, lines = hardware.num_ms, hardware.dn_bw, hardware.rn_bw
    accumulators = (switches - 1) if hardware.accumulation_buffer else 0
    levels = switches.bit_length() - 1
    return {
        "multiplier_area": switches,
        "adder_area": switches - 1,
        "accumulator_area": accumulators,
        "dn_switch_area": switches - ports,
        "dn_wire_area": 2 * switches - ports,
        "rn_wire_area": 2 * switches - 2 + switches // 2 - levels + accumulators,
        "mn_wire_area": switches - 1,
        "bus_wire_area": switches + 2 * lines,
    }


def area_of(hardware: Hardware) -> Decimal:
    """Return the area in the table's `area_unit`: components, links and the buffer; DRAM is outside.

    Raises
    ------
    InputError
        If the energy table has no areas.
    """
    table = hardware.energy_table
    entries = {name: getattr(table, name) for name in AREA_ENTRIES}
    missing = [name for name, area in entries.items() if area is None]
    if missing:
        raise InputError(
            field="energy_table",
            found=f"{table.name}, which has no {', '.join(missing)}",
            expected="a table with the area of every component, such as synthesis",
        )
    counts = component_counts(hardware)
    return total([product(entries[name], count) for name, count in counts.items()] + [buffer_area(hardware)])


def buffer_area(hardware: Hardware) -> Decimal:
    """Return the area of the global buffer in the table's `area_unit`; the table must have one.

    Where a prefetch buffer is described, it follows the capacity (`EnergyTable.for_capacity`), with a further
    `port_area` for every read port (a bank that is read by itself). Without one it is the table's buffer,
    whatever its size, as the reference simulator has it.
    """
    area = hardware.prices.buffer_area
    assert area is not None
    return total([area, product(area_of_port(hardware), hardware.dn_bw)])


def area_of_port(hardware: Hardware) -> Decimal:
    """Return by how much a read port makes the buffer larger; 0 unless a prefetch buffer is described."""
    described = hardware.memory is not None and hardware.prices.buffer_bytes is not None
    return hardware.prices.port_area or Decimal(0) if described else Decimal(0)


def known_area(hardware: Hardware) -> Decimal | None:
    """Return the area, or None if the energy table has no areas."""
    known = all(getattr(hardware.energy_table, name) is not None for name in AREA_ENTRIES)
    return area_of(hardware) if known else None


def ports_shrink(accelerators: Iterable[Hardware]) -> bool:
    """Return whether some of them differ in ports, and more ports make them smaller.

    So it is without a described prefetch buffer: the area is the reference simulator's to the last digit, in
    which every port saves a distribution switch and a wire and costs nothing itself (see `buffer_area`).
    """
    ports: dict[tuple[int, str], set[int]] = {}
    for hardware in accelerators:
        table = hardware.energy_table
        if hardware.memory is None and (table.dn_switch_area or 0) + (table.dn_wire_area or 0) > 0:
            ports.setdefault((hardware.num_ms, table.name), set()).add(hardware.dn_bw)
    return any(len(found) > 1 for found in ports.values())


def area_limit(field: str, given: str, table: EnergyTable) -> Decimal:
    """Return a limit on areas in a table's `area_unit`: ``300000``, or ``0.3 mm2`` where that is um2.

    Raises
    ------
    InputError
        If it is no area above 0, or has a unit that the table's areas have not.
    """
    area = parse_area(given)
    if area is None:
        raise InputError(field=field, found=given, expected=AREA)
    amount, has_unit = area
    if has_unit and table.area_unit != "um2":
        unit = f"its areas are in {table.area_unit}" if table.area_unit else "which does not tell its unit"
        expected = f"a number without unit, as of the energy table {table.name}: {unit}"
        raise InputError(field=field, found=given, expected=expected)
    return amount
