"""The area of an accelerator from the table's areas, exact."""

from __future__ import annotations

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
    """Return the area in the table's `area_unit`: components, links, buffer and ports; DRAM is outside.

    It never falls with switches, ports, lines or the capacity of a described buffer, whatever the table has.
    In the sum of components (`components_area`) a port costs nothing and saves a distribution switch and a
    wire. Here it costs at least as much as it saves:

    * With a described prefetch buffer every port adds `port_area` (a bank that is read by itself), or what it
      saves where that is more.
    * Without one, what a port saves is added for every port beyond `usual_ports`, and taken off for every
      port below them. So accelerators with the ports of the presets have the reference simulator's area to
      the last digit, and those with more or fewer ports have the same.

    Raises
    ------
    InputError
        If the energy table has no areas.
    """
    table, saved = hardware.energy_table, _saved_by_a_port(hardware)
    if hardware.memory is None:
        return total([components_area(hardware), product(saved, hardware.dn_bw - usual_ports(hardware))])
    return total([components_area(hardware), product(max(saved, table.port_area or saved), hardware.dn_bw)])


def usual_ports(hardware: Hardware) -> int:
    """Return the read ports that the presets have for as many switches: one for four."""
    return hardware.num_ms // 4


def components_area(hardware: Hardware) -> Decimal:
    """Return the sum of the components' areas, without a described buffer the simulator's `area_total`.

    The buffer follows the capacity of a described prefetch buffer (`EnergyTable.for_capacity`). Without one
    it is the table's, whatever its size, as the reference simulator has it.

    Raises
    ------
    InputError
        If the energy table has no areas.
    """
    table, prices = hardware.energy_table, hardware.prices
    entries = {name: getattr(table, name) for name in AREA_ENTRIES}
    missing = [name for name, area in entries.items() if area is None]
    if missing or prices.buffer_area is None:
        raise InputError(
            field="energy_table",
            found=f"{table.name}, which has no {', '.join(missing)}",
            expected="a table with the area of every component, such as synthesis",
        )
    counts = component_counts(hardware)
    return total([product(entries[name], count) for name, count in counts.items()] + [prices.buffer_area])


def _saved_by_a_port(hardware: Hardware) -> Decimal:
    """Return the area by which one port more makes the sum of components smaller."""
    table = hardware.energy_table
    return total([table.dn_switch_area or Decimal(0), table.dn_wire_area or Decimal(0)])


def known_area(hardware: Hardware) -> Decimal | None:
    """Return the area, or None if the energy table has no areas."""
    known = all(getattr(hardware.energy_table, name) is not None for name in AREA_ENTRIES)
    return area_of(hardware) if known else None


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
