"""The area against the reference simulator's."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.hardware import read_hardware
from solver.hardware.area import area_of

SIMS = Path(__file__).parents[2].parent / "shared/data/stonne_sims.csv"


@pytest.mark.skipif(not SIMS.exists(), reason="the simulator's data are not here")
def test_the_area_is_that_of_every_simulated_accelerator() -> None:
    with SIMS.open() as file:
        rows = {
            (int(r["num_ms"]), int(r["dn_bw"]), int(r["rn_bw"]), r["accumulation_buffer"] == "1"): r[
                "area_total"
            ]
            for r in csv.DictReader(file)
            if r["status"] == "OK"
        }
    assert len(rows) > 300
    for (num_ms, dn_bw, rn_bw, buffer), area in rows.items():
        hardware = read_hardware(num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw, accumulation_buffer=buffer)
        # The file has eight significant digits.
        assert f"{float(area_of(hardware)):.8g}" == f"{float(area):.8g}"


def test_the_area_by_hand() -> None:
    hardware = read_hardware(num_ms=4, dn_bw=2, rn_bw=1)
    switches = 4 * 1001 + 3 * Decimal("1059.156") * 2 + 2 * Decimal("108.99") + 115029
    # Adder tree: 4 leaves and 2 inner wires, no forwarding link, 3 into accumulators; 3 between multipliers.
    wires = Decimal("9.46") * (6 + 0 + 3 + 3 + 4 + 2) + Decimal("11.48") * 6
    assert area_of(hardware) == switches + wires


def test_a_table_without_areas_is_refused() -> None:
    with pytest.raises(InputError, match="adder_area"):
        area_of(read_hardware(energy_table="mrna"))
