"""Why the optimum is what it is: what binds it, how far physics is, what more of a resource would bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from solver.answers.displayed import Displayed
from solver.answers.solution import Solution, Status
from solver.arithmetic.exact import total
from solver.cost.bounds import least_cycles, least_energy
from solver.cost.result import value_of
from solver.errors import ExitCode, InfeasibleError, InputError
from solver.forms.form import DIRECT
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.hardware.words import OPERANDS
from solver.keyed import keyed
from solver.layer import Primitive
from solver.questions.explain.remark import remark
from solver.questions.map_layer import Question
from solver.search.progress import Progress
from solver.search.solve import solve

RESOURCES: tuple[str, ...] = (
    "num_ms",
    "dn_bw",
    "rn_bw",
    "buffer",
    "DRAM bandwidth",
    "buffer bandwidth",
    "weights per switch",
)
"""What is doubled, each alone; the last two only where the hardware limits them."""


@dataclass(frozen=True)
class Doubling:
    """What twice as much of one resource brings.

    Attributes
    ----------
    resource
        Of `RESOURCES`.
    before, after
        How much of it there is, in the hardware's own unit; None where it cannot be doubled.
    solution
        The best mapping then, or None.
    reason
        Why there is none.
    remark
        What one would not expect of the outcome, and why it is so; mostly empty.
    """

    resource: str
    before: int | None = None
    after: int | None = None
    solution: Solution | None = None
    reason: str = ""
    remark: str = ""

    def to_dict(self, value: Decimal) -> dict[str, Any]:
        """Return the JSON form; `ratio` is the objective's value in units of `value`, today's."""
        if self.solution is None:
            return keyed(self, "resource reason")
        solution = self.solution
        return {
            **keyed(self, "resource before after"),
            "objective_value": solution.objective_value,
            "ratio": float(solution.objective_value / value) if value else None,
            **keyed(solution, "proved gap bottleneck=cost.bottleneck close_to_bottleneck=cost.close"),
            **keyed(solution, "cycles=cost.cycles energy=cost.energy mapping=mapping_dict"),
            "remark": self.remark,
        }


@dataclass(frozen=True, repr=False)
class Explanation(Displayed):
    """An optimum, explained.

    Attributes
    ----------
    solution
        The best mapping; `solution.cost.waits` says what its cycles wait for.
    cycle_bounds, energy_bounds
        What no mapping of this lowering can beat: cycles by what sets them (the largest counts), energy by
        what needs it (the sum counts).
    doublings
        One per resource that the hardware has.
    written
        The best mapping of the layer's loops as they are written, where the optimum is of another form.
    """

    solution: Solution
    cycle_bounds: dict[str, int]
    energy_bounds: dict[str, Decimal]
    doublings: tuple[Doubling, ...]
    written: Solution | None = None

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        return self.solution.summary

    @property
    def bound(self) -> Decimal:
        """The lower bound of the objective: largest cycle bound, sum of the energies, or their product."""
        cycles, energy = max(self.cycle_bounds.values()), total(list(self.energy_bounds.values()))
        return value_of(self.solution.objective, cycles, energy)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the worst of the searches."""
        others = (self.written, *(doubling.solution for doubling in self.doublings))
        solutions = [self.solution, *(each for each in others if each is not None)]
        if any(solution.status is Status.INTERRUPTED for solution in solutions):
            return ExitCode.INTERRUPTED
        return ExitCode.PROVED if all(each.proved for each in solutions) else ExitCode.NOT_PROVED

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form documented in the README: that of the solution, and what explains it."""
        value = self.solution.objective_value
        solution, written = self.solution.to_dict(), self.written
        for key in ("baselines", "simulator"):
            solution.pop(key)
        return {
            **solution,
            "lower_bounds": {
                **keyed(self, "cycles_by_resource=cycle_bounds energy_by_cause=energy_bounds value=bound"),
                "distance": float(value / self.bound) if self.bound else None,
            },
            "doublings": [doubling.to_dict(value) for doubling in self.doublings],
            "written": written
            and {
                "objective_value": written.objective_value,
                "ratio": float(written.objective_value / value) if value else None,
                **keyed(written, "proved mapping=mapping_dict"),
            },
        }


def explain(
    layer: Primitive, question: Question, on_progress: Callable[[str, Progress], None] | None = None
) -> Explanation:
    """Solve a layer, and solve it again as it is written and with twice as much of each resource alone.

    Parameters
    ----------
    layer, question
        What is asked; the time limit holds for every search.
    on_progress
        Told what is searched, and how far the search is.

    Raises
    ------
    InfeasibleError
        If no mapping is legal.
    KeyboardInterrupt
        If the user interrupts before the optimum is known. Later, the doublings that are done are given.
    """
    solution = _solve(layer, question, question.hardware, "optimum", on_progress)
    doublings: list[Doubling] = []
    stopped = solution.status is Status.INTERRUPTED
    written = None
    if solution.form != DIRECT and not stopped:
        try:
            written = _solve(layer, question, question.hardware, "as written", on_progress, Wish(only=DIRECT))
        except InfeasibleError:
            pass  # its loops have no legal mapping as they are written
        except KeyboardInterrupt:
            stopped = True
            solution = replace(solution, notes=(*solution.notes, "interrupted: the comparisons are missing"))
        else:
            stopped = written.status is Status.INTERRUPTED
    for resource in () if stopped else RESOURCES:
        changed = doubled(question.hardware, resource)
        if changed is None:
            continue
        if isinstance(changed, str):
            doublings.append(Doubling(resource, reason=changed))
            continue
        hardware, before = changed
        try:
            answer = _solve(layer, question, hardware, f"{resource} doubled", on_progress)
        except InfeasibleError as error:
            doublings.append(Doubling(resource, before, 2 * before, reason=str(error)))
        except KeyboardInterrupt:
            solution = replace(
                solution, notes=(*solution.notes, f"interrupted: {resource} and what follows is missing")
            )
            break
        else:
            said = remark(resource, solution, answer)
            doublings.append(Doubling(resource, before, 2 * before, answer, remark=said))
            if answer.status is Status.INTERRUPTED:
                break
    nest = solution.nest
    return Explanation(
        solution=solution,
        cycle_bounds=least_cycles(nest, question.hardware),
        energy_bounds=least_energy(nest, question.hardware),
        doublings=tuple(doublings),
        written=written,
    )


def doubled(hardware: Hardware, resource: str) -> tuple[Hardware, int] | str | None:
    """Return hardware with twice as much of a resource, and how much there was.

    Returns
    -------
    tuple of Hardware and int, str or None
        A sentence where it cannot be doubled; None where the hardware does not limit it.
    """
    name = f"{hardware.name} with twice the {resource}"
    if resource in ("num_ms", "dn_bw", "rn_bw"):
        before: int = getattr(hardware, resource)
        try:
            more: dict[str, Any] = {resource: 2 * before}
            return replace(hardware, name=name, **more), before
        except InputError as error:
            return f"{resource} = {2 * before} is not possible: {error.expected}"
    memory = hardware.memory
    if memory is None:
        levels = resource in ("buffer", "DRAM bandwidth")
        return "the hardware describes no prefetch buffer and DRAM" if levels else None
    try:
        change = _doubled_memory(memory, resource)
    except InputError as error:
        return f"twice the {resource} is not possible: {error.expected}"
    return None if change is None else (replace(hardware, name=name, memory=change[0]), change[1])


def _doubled_memory(memory: Memory, resource: str) -> tuple[Memory, int] | None:
    buffer = memory.buffer
    if resource == "buffer":
        sizes = {key: size for key in ("capacity", *OPERANDS) if (size := getattr(buffer, key)) is not None}
        larger: dict[str, Any] = {key: 2 * size for key, size in sizes.items()}
        return replace(memory, buffer=replace(buffer, **larger)), sum(sizes.values())
    if resource == "DRAM bandwidth":
        before = memory.dram_bandwidth
        return replace(memory, dram_bandwidth=2 * before), before
    if resource == "buffer bandwidth":
        speed = buffer.bandwidth
        if speed is None:
            return None
        return replace(memory, buffer=replace(buffer, bandwidth=2 * speed)), speed
    limit = memory.weights_per_switch
    return None if limit is None else (replace(memory, weights_per_switch=2 * limit), limit)


def _solve(
    layer: Primitive,
    question: Question,
    hardware: Hardware,
    what: str,
    on_progress: Callable[[str, Progress], None] | None,
    wish: Wish | None = None,
) -> Solution:
    def report(progress: Progress) -> None:
        if on_progress is not None:
            on_progress(what, progress)

    return solve(
        layer,
        hardware,
        question.objective,
        limits=question.limits,
        time_limit=question.time_limit,
        workers=question.workers,
        seed=question.seed,
        wish=wish or question.wish,
        pieces=question.most_pieces if wish is None else 1,
        on_progress=report,
    )
