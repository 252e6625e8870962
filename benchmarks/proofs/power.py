"""Limits on power in pieces, against all choices from the fronts over all splits.

    python -m benchmarks.proofs.power [--networks 100] [--seed 0] [--largest 7]

Small random networks on small arrays, four limits each between the power of the slowest and of the fastest
choice, every objective, any number of pieces, two or three.
"""

from __future__ import annotations

import argparse

from solver.cost.result import Objective, value_of
from solver.errors import InfeasibleError
from solver.questions.design.search import run_design
from solver.questions.map_layer import Question
from tests.oracles.limited import case, kept, powers_of
from tests.support.examples.network_examples import small_question


def main() -> None:
    """Print how many answers differ, and how many are not proved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--largest", type=int, default=7)
    flags = parser.parse_args()
    asked = none = different = unproved = cut = number = 0
    seed = flags.seed
    while number < flags.networks:
        try:
            one = case(seed, flags.largest)
        except InfeasibleError:
            continue
        finally:
            seed += 1
        if not all(one.fronts):
            continue
        number += 1
        free = {o: run_design("net", one.layers, [one.hardware], _asked(one.pieces, o)) for o in Objective}
        for power in powers_of(one.fronts):
            figures = [*kept(one.fronts, power)]
            for objective in Objective:
                question = _asked(one.pieces, objective)
                answer = run_design("net", one.layers, [one.hardware], question, max_power=power)
                least = min((value_of(objective, *each) for each in figures), default=None)
                asked += 1
                none += least is None
                different += answer.objective_value != least
                unproved += least is not None and not answer.proved
                cut += least is not None and least != free[objective].objective_value
    print(
        f"{number} networks, {asked} answers: {different} differ from all choices, {unproved} not proved; "
        f"the limit is kept by none in {none}, and costs something in {cut}"
    )


def _asked(pieces: int | str, objective: Objective) -> Question:
    return small_question(objective, pieces=pieces, forms="direct")


if __name__ == "__main__":
    main()
