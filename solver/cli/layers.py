"""The layers that a command is given, and what is asked about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from solver.cli.command import Choice, gathered, option_group
from solver.cli.completion import forms_in_list
from solver.cli.options import HardwareFlags, LimitFlags, SolverFlags
from solver.errors import InputError

if TYPE_CHECKING:
    from solver.cost.result import Objective
    from solver.layer import Layer, Primitive
    from solver.questions.map_layer import Question
    from solver.readers.dims import Dims
    from solver.readers.reading import Reading


@dataclass(frozen=True)
class FormFlags:
    """Which forms of a layer the user wants; None is what is usual."""

    forms: str | None
    stationary: str | None


FORM_OPTIONS = (
    click.option(
        "--forms",
        metavar="LIST",
        shell_complete=forms_in_list,
        help="Other ways to write the layer that are searched too: some of direct, mirrored, space-to-depth, "
        "product, patches, dilation-phases, stacked-images and strips, separated by commas; direct is the "
        "layer as it is written, all has those that hold input words several times (patches, strips of "
        "windows with several rows) too [default: all that "
        "only change the order of addresses; of a given mapping, and beside --fix, --min or --max: direct].",
    ),
    click.option(
        "--stationary",
        type=Choice(["best", "weights", "inputs"]),
        help="Search only forms in which this operand stays in the multipliers [default: best]; layers that "
        "have no such form keep theirs.",
    ),
)
pieces_option = click.option(
    "--pieces",
    metavar="N|all",
    help="In how many pieces a layer may run, each a range of its filters (or groups, or outputs of a "
    "product) with a form and a tile of its own [default: all; 1 with a prefetch buffer, beside "
    "--fix, --min or --max, --max-power, --prover cpsat or both, and for pareto].",
)


form_options = option_group("Forms of the layer", FormFlags, "form_flags", list(FORM_OPTIONS))


@dataclass(frozen=True)
class AskedFlags:
    """What is asked of layers: on which accelerator, in which forms and pieces, how they are searched."""

    hardware: HardwareFlags
    forms: FormFlags
    pieces: str | None
    limits: LimitFlags
    solver: SolverFlags

    def question(
        self, objective: Objective | str, *, baselines: bool = True, beside_simulator: bool = False
    ) -> Question:
        """Return the question, or refuse flags that contradict each other."""
        from solver.cost.result import Objective
        from solver.layer import BEST
        from solver.questions.map_layer import Question

        return Question(
            hardware=self.hardware.read(),
            objective=Objective(objective),
            limits=self.limits.read(),
            time_limit=self.solver.time_limit,
            workers=self.solver.workers,
            seed=self.solver.seed,
            prover=self.solver.prover,
            baselines=baselines,
            stationary=self.forms.stationary or BEST,
            forms=self.forms.forms,
            pieces=self.pieces,
            beside_simulator=beside_simulator,
        )


asked_flags = gathered(
    AskedFlags,
    "asked",
    hardware="hardware_flags",
    forms="form_flags",
    pieces="pieces",
    limits="limit_flags",
    solver="solver_flags",
)
"""Hands the options of these groups over as one, below all of them."""


def read_primitives(sources: Iterable[str], dims: Dims | None = None) -> list[Primitive]:
    """Return the layers of some sources, each of them one loop nest.

    What a model leaves to the host is passed over, and the standard error says so.

    Parameters
    ----------
    sources
        As `solver.readers.read.read_model` takes them.
    dims
        The sizes that models leave open.

    Raises
    ------
    InputError
        If a source is wrong, one of its layers is made of several parts, or all of it runs on the host.
    """
    return [layer for source in sources for layer in primitives_of(_read(source, dims), source)]


def read_array_layers(sources: Iterable[str], dims: Dims | None = None) -> list[Layer]:
    """Return the layers of some sources as `read_primitives` does, those made of parts too."""
    return [layer for source in sources for layer in array_layers(_read(source, dims), source)]


def _read(source: str, dims: Dims | None) -> Reading:
    from solver.readers.read import read_model

    reading = read_model(source, dims).complete()
    for note in reading.notes:
        click.echo(f"note: {note}", err=True)
    return reading


def primitives_of(reading: Reading, source: str) -> list[Primitive]:
    """Return the layers of a reading, each of them one loop nest, as `read_primitives` does."""
    from solver.layer import Primitive

    primitives = []
    for layer in array_layers(reading, source):
        if not isinstance(layer, Primitive):
            parts = ", ".join(part.name or part.layer.kind for part in layer.parts())
            raise InputError(
                "this layer is not a single loop nest on the array",
                file=source,
                field=layer.name or None,
                found=f"the kind {layer.kind}, made of {parts}",
                expected="a layer of one loop nest, such as conv or fc; `network` takes every kind",
            )
        primitives.append(layer)
    return primitives


def array_layers(reading: Reading, source: str) -> list[Layer]:
    """Return the layers of a reading that the array runs; what is left to the host is passed over aloud."""
    from solver.layer import HostOperation

    layers = [layer for layer in reading.layers if not isinstance(layer, HostOperation)]
    if passed := len(reading.layers) - len(layers):
        click.echo(f"note: {source}: {passed} host operations passed over (`convert` lists them)", err=True)
    if not layers:
        raise InputError(file=source, found="host operations only", expected="a layer for the array")
    return layers
