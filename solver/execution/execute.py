"""Executing a configuration: every output of the layer, and the cycles it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.clocks.real_clock import RealClock
from solver.execution.clocks.serial_clock import SerialClock
from solver.execution.clocks.simulator_clock import SimulatorClock
from solver.execution.lowering import Tensors, layer_output, nest_operands
from solver.execution.operands import Operands
from solver.execution.program import Program, load
from solver.execution.values import Values
from solver.forms.form import Form
from solver.forms.wish import form_with
from solver.layer import LoopNest, Primitive
from solver.switches.switch_config import WINDOWS, Operand, SwitchConfig

_KEYS = {Operand.WEIGHT: "weights", Operand.INPUT: "inputs", Operand.PARTIAL_SUM: "psums"}
"""Keys of the JSON."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the phases of a configuration send and multiply.

    Parameters
    ----------
    words, deliveries
        Words that the distribution ports send, and that multipliers receive, by operand.
    products
        Products formed, those of padding included.
    """

    words: dict[Operand, int]
    deliveries: dict[Operand, int]
    products: int


def total_sent(runs: Iterable[tuple[Sent, int]]) -> Sent:
    """Add up what was sent and how many times."""
    runs = list(runs)
    return Sent(
        words={operand: sum(sent.words[operand] * times for sent, times in runs) for operand in Operand},
        deliveries={
            operand: sum(sent.deliveries[operand] * times for sent, times in runs) for operand in Operand
        },
        products=sum(sent.products * times for sent, times in runs),
    )


@dataclass(frozen=True, kw_only=True)
class Computed(Sent):
    """What was computed, and what was sent and multiplied for it.

    Parameters
    ----------
    outputs
        The layer's output, in its own shape.
    """

    outputs: IntArray

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of outputs that were found to be right."""
        return {
            "verdict": "correct",
            "outputs": self.outputs.size,
            "products": self.products,
            "sent": {_KEYS[operand]: count for operand, count in self.words.items()},
            "delivered": {_KEYS[operand]: count for operand, count in self.deliveries.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Execution(Computed):
    """What a configuration computed, and how long it took.

    Parameters
    ----------
    cycles
        Cycles of the run.
    """

    cycles: int


def execute(
    config: SwitchConfig,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
) -> Execution:
    """Run a configuration on the operands of a layer.

    Parameters
    ----------
    config
        The configuration, as decoded or as read from files.
    layer
        The layer that it is for.
    tensors
        The layer's operands.
    arithmetic
        How products and sums are formed.

    Returns
    -------
    Execution
        Outputs and cycles. Whether the outputs are right is asked of `solver.execution.reference`.

    Raises
    ------
    InputError
        If the configuration is for other loops than the layer's.
    SwitchFaultError
        If a word is lost, a value gets stuck, a bus does not keep up or an output is written twice or never;
        the message names the switch.
    """
    form = form_of(layer, config.nest)
    program = load(config)
    operands = Operands(config, *nest_operands(layer, tensors, form, arithmetic))
    outputs = Values(program, operands, arithmetic).run()
    return Execution(
        outputs=layer_output(layer, outputs, form), cycles=run_clock(program), **vars(sent_by(config))
    )


def sent_by(config: SwitchConfig) -> Sent:
    """Count what a configuration sends and multiplies in a run."""
    counts = config.loop_counts
    words = {operand: 0 for operand in Operand}
    deliveries = {operand: 0 for operand in Operand}
    products = 0
    for phase in config.phases:
        runs = phase.repetitions(counts)
        for word in (word for port in phase.ports for word in port):
            words[word.operand] += runs
            deliveries[word.operand] += runs * word.mask.bit_count()
        if phase.kind in WINDOWS:
            products += runs * sum(setting.count for setting in phase.multipliers)
    return Sent(words=words, deliveries=deliveries, products=products)


def run_clock(program: Program) -> int:
    """Return the cycles of a run."""
    if program.config.array.kind.passes:
        return RealClock(program).run()
    if program.config.auxiliary and not program.config.nest.partial:
        return SerialClock(program).run()
    return SimulatorClock(program).run()


def form_of(layer: Primitive, nest: LoopNest) -> Form:
    """Return the form of a layer that the loops of a configuration are of.

    Raises
    ------
    InputError
        If it is for none of them.
    """
    form = form_with(layer, nest)
    if form is not None:
        return form
    raise InputError(
        "the configuration is for another layer",
        field=layer.title,
        found=str(layer.nest()),
        expected=str(nest),
    )
