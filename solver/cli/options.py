"""Options that several commands share, and the small records in which commands receive them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from solver.cli.command import Choice, option_group
from solver.cli.completion import layers_of_model
from solver.cli.values import (
    BYTE_COUNT,
    ENERGY_TABLE,
    HARDWARE,
    HERTZ,
    SECONDS,
    Bandwidth,
    NamedSize,
    NamedValue,
    OutputFile,
    TileBound,
    Whole,
)
from solver.errors import InputError

if TYPE_CHECKING:
    from solver.hardware import Hardware
    from solver.jobs.base import Executor
    from solver.legal.tiles import Limits
    from solver.readers.dims import Dims
    from solver.search.provers import Prover


class HardwareFlags:
    """Which accelerator the user asks for: a source, and what the other options of the group change of it."""

    def __init__(self, hardware: str | None, **changes: Any) -> None:
        self.hardware, self.changes = hardware, changes

    @property
    def clock(self) -> int | None:
        """Cycles per second, if given."""
        clock: int | None = self.changes["clock"]
        return clock

    @property
    def given(self) -> bool:
        """Whether any of the flags was used; the clock is none of the accelerator's figures."""
        rest = (value for name, value in self.changes.items() if name != "clock")
        return any(value is not None for value in (self.hardware, *rest))

    def read(self) -> Hardware:
        """Return the hardware: the preset or file, with the flags in place of its values."""
        from solver.hardware import read_hardware

        return read_hardware(self.hardware, **self.changes)


hardware_options = option_group(
    "Accelerator",
    HardwareFlags,
    "hardware_flags",
    [
        click.option(
            "--hardware",
            type=HARDWARE,
            metavar="PRESET|FILE",
            help="maeri-64, maeri-128, maeri-256 (default); with -rtl (64, 256) the public RTL, with -dram a "
            "prefetch buffer and DRAM; or a YAML file.",
        ),
        click.option("--num-ms", type=Whole(), help="Multiplier switches, a power of two."),
        click.option("--dn-bw", type=Whole(), help="Words that the distribution network reads per cycle."),
        click.option("--rn-bw", type=Whole(), help="Words that the reduction network writes per cycle."),
        click.option(
            "--accumulation-buffer/--no-accumulation-buffer",
            default=None,
            help="Whether folds are summed beside the reduction network.",
        ),
        click.option(
            "--energy-table",
            type=ENERGY_TABLE,
            metavar="NAME|FILE",
            help="synthesis (default), mrna, or a YAML file with your own energies.",
        ),
        click.option(
            "--reduction",
            type=Choice(["simulator", "rtl"]),
            help="Array of the reference simulator (default), or the public RTL's: its real adder tree, "
            "one weight per multiplier, no accumulation buffer.",
        ),
        click.option(
            "--forwarding",
            type=Choice(["sliding", "none"]),
            help="Whether multipliers hand on inputs as the window slides [default: sliding; none with rtl, "
            "where sliding means a repaired multiplier controller].",
        ),
        click.option(
            "--buffer",
            type=BYTE_COUNT,
            help="Size of the prefetch buffer between DRAM and array, e.g. '64 KiB'.",
        ),
        click.option(
            "--double-buffered/--no-double-buffered",
            default=None,
            help="Whether the next buffer tile is fetched while the array works on this one [default: yes].",
        ),
        click.option(
            "--dram-bandwidth",
            type=Bandwidth(),
            help="Words per cycle between DRAM and buffer, or with --clock bytes, e.g. '19.2 GB/s'.",
        ),
        click.option(
            "--buffer-bandwidth",
            type=Bandwidth(),
            help="Words per cycle that the prefetch buffer reads and writes [default: no limit].",
        ),
        click.option(
            "--controller",
            type=Choice(["fixed", "programmable"]),
            help="Whether the array runs MAERI's weight-stationary order only (fixed, the default), or also "
            "input- and output-stationary orders.",
        ),
        click.option(
            "--weights-per-switch",
            type=Whole(),
            help="Stationary words that a multiplier switch holds, a limit of the folds [default: none].",
        ),
        click.option(
            "--count-setup/--no-count-setup",
            default=None,
            help="Whether latencies, and so what is best, have the cycles of setting up adder tree and "
            "multipliers in them [default: no].",
        ),
        click.option(
            "--clock",
            type=HERTZ,
            help="Show results in seconds and per second too, e.g. '600 MHz'; bandwidths may then be GB/s.",
        ),
    ],
)


@dataclass(frozen=True)
class SolverFlags:
    """How long and how the search runs."""

    time_limit: float | None
    workers: int | None
    seed: int
    prover: Prover | None


solver_options = option_group(
    "Search",
    SolverFlags,
    "solver_flags",
    [
        click.option(
            "--time-limit", type=SECONDS, help="Stop the search of a layer after this time [default: none]."
        ),
        click.option(
            "--workers",
            type=Whole(most=1024),
            help="Search threads [default: one per core]. With 1, the same seed gives the same answer.",
        ),
        click.option(
            "--seed",
            type=Whole(least=0),
            default=0,
            show_default=True,
            help="Seed of the search and of the random baseline.",
        ),
        click.option(
            "--prover",
            type=Choice(["bounds", "cpsat", "both"]),
            help="Who proves: bounds alone, CP-SAT alone (slower, an independent check), or both, each by "
            "itself [default: bounds discard mappings and CP-SAT lists the rest; with a prefetch buffer "
            "bounds].",
        ),
    ],
)


@dataclass(frozen=True)
class ExecutorFlags:
    """Where the layers are searched."""

    jobs: int
    scheduler: str | None

    def read(self) -> Executor:
        """Return the executor; connects to the cluster, if one is given."""
        from solver.jobs.executor import executor_for

        return executor_for(self.jobs, self.scheduler)


executor_options = option_group(
    "Where it runs",
    ExecutorFlags,
    "executor_flags",
    [
        click.option(
            "--jobs",
            type=Whole(most=1024),
            default=1,
            show_default=True,
            help="Layers that are searched at once, each in a process. The mappings are the same.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Search on the workers of a Dask cluster, e.g. tcp://10.0.0.1:8786 [needs distributed].",
        ),
    ],
)


@dataclass(frozen=True)
class LimitFlags:
    """What the user demands of the tile."""

    fix: tuple[tuple[str, int], ...]
    most: tuple[tuple[str, int], ...]
    least: tuple[tuple[str, int], ...]

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return bool(self.fix or self.most or self.least)

    def read(self) -> Limits:
        """Return the bounds of every dimension, or refuse demands that contradict each other.

        Raises
        ------
        InputError
            If an option gives a dimension two sizes, or the bounds leave nothing.
        """
        from solver.legal.tiles import Limits

        given = (("--fix", self.fix), ("--min", self.least), ("--max", self.most))
        return Limits.of(*(_single(option, sizes, "one size", "T_") for option, sizes in given))


limit_options = option_group(
    "Limits of the mapping",
    LimitFlags,
    "limit_flags",
    [
        click.option(
            "--fix", type=TileBound(), multiple=True, help="Pin a tile size, e.g. T_C=4. Repeatable."
        ),
        click.option(
            "--max", "most", type=TileBound(), multiple=True, help="Bound a tile size from above. Repeatable."
        ),
        click.option(
            "--min",
            "least",
            type=TileBound(),
            multiple=True,
            help="Bound a tile size from below. Repeatable.",
        ),
    ],
)


@dataclass(frozen=True)
class ModelFlags:
    """What the user says of a model: the sizes that it leaves open, and which of its layers are wanted."""

    batch: int | None
    dim: tuple[tuple[str, int], ...]
    value: tuple[tuple[str, float], ...]
    call: str | None
    layer: tuple[str, ...]

    def read(self) -> Dims:
        """Return what was said, or refuse two sizes or values for one name."""
        from solver.readers.dims import Dims

        sizes = _single("--dim", self.dim, "one size")
        values = _single("--value", self.value, "one value")
        return Dims(self.batch, sizes, values, self.call, self.layer)


def _single(option: str, given: Sequence[tuple[str, Any]], expected: str, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given:
        if found.setdefault(name, value) != value:
            both = " and ".join(f"{before}{name}={each}" for each in (found[name], value))
            raise InputError(field=option, found=both, expected=expected)
    return found


model_options = option_group(
    "Open sizes of a model",
    ModelFlags,
    "model_flags",
    [
        click.option("--batch", type=Whole(), help="Batch of a model that leaves it open [default: 1]."),
        click.option(
            "--dim",
            type=NamedSize(),
            multiple=True,
            help="Another size that the model leaves open, e.g. sequence=128. Repeatable.",
        ),
        click.option(
            "--value",
            type=NamedValue(),
            multiple=True,
            help="Value of an input of an ONNX model that decides a branch, e.g. sr=16000. Repeatable.",
        ),
        click.option(
            "--call",
            metavar="EXPRESSION",
            help="For a program that only defines a builder: the call, e.g. 'net((224, 224, 3))'.",
        ),
        click.option(
            "--layer",
            metavar="NAME",
            multiple=True,
            shell_complete=layers_of_model,
            help="Only the layer of this name; MODEL:NAME says the same. Repeatable.",
        ),
    ],
)


@dataclass(frozen=True)
class OutputFlags:
    """Where the result goes besides the tables."""

    json: str | None
    force: bool


output_options = option_group(
    "Output",
    OutputFlags,
    "output_flags",
    [
        click.option(
            "--json",
            type=OutputFile("json", printed=True),
            metavar="FILE|-",
            is_flag=False,
            flag_value="-",
            help="Write the result as JSON too; with - or no name to the standard output, and no tables.",
        ),
        click.option("--force", is_flag=True, help="Replace output files that exist already."),
    ],
)
