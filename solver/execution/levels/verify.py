"""The proof of a schedule: executed, compared with direct convolution, and with the cost model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from solver.answers.displayed import Shown
from solver.arithmetic.arrays import IntArray
from solver.cost.result import Cost
from solver.cost.two_level.evaluate import evaluate_levels
from solver.cost.two_level.result import LevelFigures
from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import form_of
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.levels.execute import LevelExecution, execute_schedule
from solver.execution.lowering import Tensors
from solver.execution.reference import reference
from solver.execution.verify import CheckedRun, WrongOutput, hardware_of, wrong_outputs
from solver.forms.form import Form
from solver.hardware import Hardware
from solver.keyed import keyed
from solver.layer import DIMS, Primitive
from solver.legal.levels import level_legality
from solver.mapping.levels import LevelMapping
from solver.schedule.schedule import Schedule, place_of


@dataclass(frozen=True, repr=False)
class LevelSimulation(Shown):
    """A schedule that computes its layer and moves the words of the cost model.

    Parameters
    ----------
    layer, schedule, arithmetic
        What was executed, and how.
    execution
        Outputs, words and cycles.
    cost, levels
        What the cost model says of the same mapping.
    notes
        Sentences that the reader should see.
    run
        The program of the real hardware, played or run, if there is one.
    """

    layer: Primitive
    schedule: Schedule
    arithmetic: Arithmetic
    execution: LevelExecution
    cost: Cost
    levels: LevelFigures
    notes: tuple[str, ...] = ()
    run: CheckedRun | None = None

    @property
    def summary(self) -> str:
        """What ran, and that it is right, in a few words."""
        name = self.layer.title
        return f"{name}: {self.mapping}, {self.execution.cycles:,} cycles, every output right"

    @property
    def mapping(self) -> LevelMapping:
        """What was executed."""
        return self.schedule.mapping

    @property
    def form(self) -> Form:
        """The form of the layer that ran."""
        return form_of(self.layer, self.schedule.nest)

    @property
    def model_cycles(self) -> int:
        """What the cost model says."""
        return self.cost.run_cycles

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        execution, cost = self.execution, keyed(self.cost, "cycles=run_cycles method")
        return {
            "layer": self.layer.to_dict(),
            "loops": dict(zip(DIMS, self.schedule.nest.sizes, strict=True)),
            **keyed(self, "form mapping=schedule.mapping arithmetic"),
            **execution.to_dict(),
            "buffer_tiles": execution.tiles,
            "configurations": [keyed(run, "name repeats=runs cycles") for run in execution.configs],
            **keyed(execution, "transfers array_cycles lockstep_cycles=cycles"),
            "model": keyed(self.levels, "transfers array_cycles") | cost,
            **({} if self.run is None else {"run": asdict(self.run)}),
            "notes": list(self.notes),
        }


def verify_schedule(
    schedule: Schedule,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
    *,
    notes: tuple[str, ...] = (),
    on_stage: Callable[[str], None] | None = None,
) -> LevelSimulation:
    """Execute a schedule; compare every output with direct convolution, and its words with the cost model's.

    Parameters
    ----------
    schedule, layer, tensors, arithmetic
        What to execute, on what, and how.
    notes
        Sentences to hand on to the reader.
    on_stage
        Told which buffer tile is running.

    Returns
    -------
    LevelSimulation
        Only if every output is right and exactly the words of the cost model were moved.

    Raises
    ------
    InputError
        If the schedule is for another layer.
    SwitchFaultError
        If something is not where it should be, or an output or a number of words is wrong; the message names
        buffer tile and place.
    """
    execution = execute_schedule(schedule, layer, tensors, arithmetic, on_stage=on_stage)
    expected = reference(layer, tensors, arithmetic)
    return checked_schedule(schedule, layer, execution, expected, arithmetic, notes=notes)


def checked_schedule(
    schedule: Schedule,
    layer: Primitive,
    execution: LevelExecution,
    expected: IntArray,
    arithmetic: Arithmetic,
    *,
    notes: tuple[str, ...] = (),
) -> LevelSimulation:
    """Compare what a schedule computed with the outputs expected, and its words with the cost model's.

    Raises
    ------
    SwitchFaultError
        If an output or a number of words is wrong; the message names buffer tile and place.
    """
    if not np.array_equal(execution.outputs, expected):
        wrong = wrong_outputs(schedule.nest, layer, execution.outputs, expected)
        raise SwitchFaultError(_faults(schedule, wrong))
    hardware = schedule_hardware(schedule)
    reason = level_legality(schedule.nest, hardware, schedule.mapping)
    if reason is not None:
        raise SwitchFaultError((Fault(FaultKind.TRAFFIC, "mapping", (), (f"it is illegal: {reason}",)),))
    cost, levels = evaluate_levels(schedule.nest, hardware, schedule.mapping)
    for between, words in execution.transfers.items():
        for operand, count in words.items():
            told = levels.transfers[between][operand]
            if count != told:
                detail = f"{count} words of {operand}, not {told}"
                raise SwitchFaultError((Fault(FaultKind.TRAFFIC, between, (), (detail,)),))
    return LevelSimulation(layer, schedule, arithmetic, execution, cost, levels, notes)


def schedule_hardware(schedule: Schedule) -> Hardware:
    """Return the hardware of a schedule, with the default energy table, which nothing here depends on."""
    config = next(iter(schedule.configs.values()))
    return replace(hardware_of(config), memory=schedule.memory)


def _faults(schedule: Schedule, wrong: Iterable[WrongOutput]) -> tuple[Fault, ...]:
    """Return a fault for every buffer tile with wrong outputs, with its first one."""
    steps = {loop.dim: loop.step for loop in schedule.loops if loop.dim in "NGKXY"}
    faults: dict[str, Fault] = {}
    for output in wrong:
        places = dict(zip("NGKXY", output.at, strict=True))
        place = place_of({dim: places[dim] // step for dim, step in steps.items()})
        faults.setdefault(place, Fault(FaultKind.WRONG_OUTPUT, place, (), (str(output),)))
    return tuple(faults.values())
