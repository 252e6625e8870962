"""The question that the flags of a command ask about a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.cli.layers import FormFlags
from solver.cli.options import HardwareFlags, LimitFlags, SolverFlags

if TYPE_CHECKING:
    from solver.cost.result import Objective
    from solver.questions.map_layer import Question
    from solver.search.provers import Prover


def question_of(
    hardware_flags: HardwareFlags,
    objective: Objective | str,
    form_flags: FormFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
    *,
    pieces: str | None,
    prover: Prover | None = None,
    baselines: bool = True,
    beside_simulator: bool = False,
) -> Question:
    """Return it, or refuse flags that contradict each other (`solver.questions.map_layer.Question`)."""
    from solver.cost.result import Objective
    from solver.layer import BEST
    from solver.questions.map_layer import Question

    return Question(
        hardware=hardware_flags.read(),
        objective=Objective(objective),
        limits=limit_flags.read(),
        time_limit=solver_flags.time_limit,
        workers=solver_flags.workers,
        seed=solver_flags.seed,
        prover=prover,
        baselines=baselines,
        stationary=form_flags.stationary or BEST,
        forms=form_flags.forms,
        pieces=pieces,
        beside_simulator=beside_simulator,
    )
