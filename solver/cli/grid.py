"""Options that give many accelerators: lists and ranges of sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from solver.cli.command import Choice, option_group
from solver.cli.values import ENERGY_TABLE, HARDWARE, HERTZ

if TYPE_CHECKING:
    from solver.questions.sweep.grid import Grid

BOTH = ("dn_bw", "rn_bw")
"""What `--bandwidth` is together."""

SWITCH = {"yes": (True,), "no": (False,), "both": (True, False)}


@dataclass(frozen=True)
class GridFlags:
    """Which accelerators the user asks for."""

    hardware: str | None
    energy_table: str | None
    num_ms: str | None
    dn_bw: str | None
    rn_bw: str | None
    bandwidth: str | None
    accumulation_buffer: str | None
    buffer: str | None
    dram_bandwidth: str | None
    count_setup: bool | None
    clock: int | None

    def read(self, start: Grid | None = None, defaults: Mapping[str, str] | None = None) -> Grid:
        """Return the grid.

        Parameters
        ----------
        start
            Of a file; the flags replace what it says of the same parameter.
        defaults
            Values, as a user writes them, of parameters that are not given.
        """
        from solver.questions.sweep.grid import Grid
        from solver.questions.sweep.values import parse_values

        names = ("num_ms", "dn_bw", "rn_bw", "bandwidth", "buffer", "dram_bandwidth")
        given = {name: text for name in names if (text := getattr(self, name)) is not None}
        axes: dict[str, Any] = dict(start.axes) if start else {}
        words = dict(defaults or {})
        if "bandwidth" in given:  # it is both of them
            axes, words = ({name: each[name] for name in each if name not in BOTH} for each in (axes, words))
        if not given.keys().isdisjoint(BOTH):
            axes.pop("bandwidth", None)
        for name, text in (words | given).items():
            option = f"--{name.replace('_', '-')}"
            shares = name in ("dn_bw", "rn_bw", "bandwidth")
            kinds = {"sizes": name == "buffer", "shares": shares, "rates": name == "dram_bandwidth"}
            axes[name] = parse_values(text, option, **kinds)
        if self.accumulation_buffer is not None:
            axes["accumulation_buffer"] = SWITCH[self.accumulation_buffer]
        fixed: dict[str, Any] = dict(start.fixed) if start else {}
        for name in ("energy_table", "count_setup", "clock"):
            if getattr(self, name) is not None:
                fixed[name] = getattr(self, name)
        source = self.hardware if self.hardware is not None else (start.source if start else None)
        return Grid(source, axes, fixed)


grid_options = option_group(
    "Accelerators",
    GridFlags,
    "grid_flags",
    [
        click.option(
            "--hardware",
            type=HARDWARE,
            metavar="PRESET|FILE",
            help="What the accelerators are variations of [default: maeri-256].",
        ),
        click.option(
            "--energy-table",
            type=ENERGY_TABLE,
            metavar="NAME|FILE",
            help="Energies and areas [default: synthesis].",
        ),
        click.option("--num-ms", metavar="LIST", help="Multiplier switches, such as 64,256 or 64..512."),
        click.option("--dn-bw", metavar="LIST", help="Words read per cycle; /4 means num_ms / 4."),
        click.option("--rn-bw", metavar="LIST", help="Words written per cycle; /4 means num_ms / 4."),
        click.option("--bandwidth", metavar="LIST", help="dn_bw and rn_bw together."),
        click.option(
            "--accumulation-buffer",
            type=Choice(list(SWITCH)),
            help="Whether folds are summed beside the reduction network.",
        ),
        click.option("--buffer", metavar="LIST", help="Prefetch buffer, such as 32KiB,64KiB or 32KiB..1MiB."),
        click.option(
            "--dram-bandwidth",
            metavar="LIST",
            help="Words per cycle to and from DRAM, or with --clock bytes, e.g. 19.2GB/s.",
        ),
        click.option(
            "--count-setup/--no-count-setup",
            default=None,
            help="Whether latencies have the cycles of setting up in them [default: no].",
        ),
        click.option("--clock", type=HERTZ, help="Show results in seconds too, e.g. '600 MHz'."),
    ],
)
