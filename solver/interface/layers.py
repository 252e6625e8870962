"""The Python interface: what the command line does, for notebooks and scripts; here what asks about a layer.

Every function takes layers, networks and hardware as the command line does (names, files, one-line notation),
or the dataclasses themselves, and returns a dataclass with ``to_dict()``, in notebooks with a rich display,
and ``to_frame()`` where pandas is installed.

>>> import solver
>>> best = solver.map("conv 16x8x8 -> 8, 3x3", {"num_ms": 32, "dn_bw": 8, "rn_bw": 8})
>>> best.status.value, str(best.tile), best.cost.cycles
('optimal', 'S3 K8', 2505)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from solver.answers.displayed import Displayed
from solver.answers.evaluation import Evaluation
from solver.answers.exploration import Exploration
from solver.answers.front import ParetoFront
from solver.answers.infeasible import Infeasible
from solver.answers.solution import Solution
from solver.errors import InfeasibleError
from solver.interface.inputs import (
    HardwareLike,
    LayerLike,
    SearchOptions,
    hardware_of,
    objective_of,
    primitive_of,
    question_of,
    search_options,
)
from solver.interface.shown import write_report
from solver.interface.told import told
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.explain.run import Explanation
from solver.questions.explain.run import explain as explain_layer
from solver.questions.explore.run import explore as explore_layer
from solver.questions.front import find_front
from solver.questions.map_layer import map_layer


@told
def map(
    layer: LayerLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    **options: Unpack[SearchOptions],
) -> Solution:
    """Find the best mapping of a layer and prove it.

    Parameters
    ----------
    layer, hardware
        See `LayerLike` and `HardwareLike` of `solver.interface.inputs`.
    objective
        ``latency``, ``energy`` or ``edp``.
    limits
        Bounds on tile sizes; or `fix`, `min` and `max`, such as ``{"K": 4}``.
    time_limit
        Seconds for the search of a layer; by default it goes on to the proof.
    workers, seed
        Search threads (one per core), and the seed of the search and of the random baseline (0).
    baselines
        Whether the heuristics are run too (yes).
    stationary, forms, pieces, prover
        What may be searched and what proves it, as the flags of the same names say it; see
        `solver.questions.map_layer.Question`.

    Returns
    -------
    Solution
        With its proof or gap, and the baselines.

    Raises
    ------
    InputError
        If something is wrong in what was given.
    InfeasibleError
        If no mapping is legal; the message names the constraint.

    Examples
    --------
    >>> import solver
    >>> solution = solver.map("fc 64 -> 10", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}, "energy")
    >>> solution.proved, solution.gap
    (True, 0.0)
    >>> solution.to_frame().name[0]
    'optimum'
    """
    primitive = primitive_of(layer)
    answer, _ = map_layer(
        primitive,
        question_of(hardware, objective, search_options(options)),
    )
    if isinstance(answer, Infeasible):
        raise InfeasibleError(answer.reason)
    return answer


@told
def evaluate(
    layer: LayerLike,
    mapping: Tile | LevelMapping | str | Path,
    hardware: HardwareLike = None,
    *,
    stationary: str | None = None,
    forms: str | None = None,
    objective: str = "latency",
) -> Evaluation:
    """Return what a given mapping costs.

    Parameters
    ----------
    layer, hardware
        See `LayerLike` and `HardwareLike` of `solver.interface.inputs`.
    mapping
        A mapping, a tile such as ``R3 S3 K28``, or a file with one; of a file that ``map --out`` saved, the
        entry of the layer, by default on the hardware that it was saved with.
    stationary, forms
        The forms that the mapping may be of, as the flags say it (``"all"``, ``"direct,mirrored"``); by
        default that of a saved mapping, else the layer as it is written.
    objective
        Which buffer tile is best for a mere array tile, where the hardware has a prefetch buffer.

    Raises
    ------
    InputError
        If the mapping is illegal; the message says why.

    Examples
    --------
    >>> import solver
    >>> small = {"num_ms": 32, "dn_bw": 8, "rn_bw": 8}
    >>> solver.evaluate("conv 16x8x8 -> 8, 3x3", "S3 K8", small).cost.cycles
    2505
    """
    from solver.questions.evaluate import evaluate_given

    used = None if hardware is None else hardware_of(hardware)
    (found,) = evaluate_given(
        [primitive_of(layer)], mapping, used, stationary, objective_of(objective), forms
    )
    return found


@told
def explain(
    layer: LayerLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    **options: Unpack[SearchOptions],
) -> Explanation:
    """Say what the best mapping of a layer waits for, and what more hardware would bring.

    Parameters are those of `map`; it raises the same errors.

    Examples
    --------
    >>> import solver
    >>> why = solver.explain("fc 64 -> 10", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> why.solution.cost.bottleneck
    'distribution'
    """
    asked = {"baselines": False, **search_options(options)}
    return explain_layer(primitive_of(layer), question_of(hardware, objective, asked))


@told
def explore(
    layer: LayerLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    *,
    samples: int = 20_000,
    tolerance: float = 0.05,
    **options: Unpack[SearchOptions],
) -> Exploration:
    """Evaluate the mapping space of a layer.

    Parameters
    ----------
    layer, hardware, objective
        As for `map`.
    samples
        Mappings to draw where the space is too large (prefetch buffer and DRAM).
    tolerance
        How much more than the optimum an alternative may cost, as a share of it.
    limits, time_limit, workers, seed, baselines, stationary, forms, pieces, prover
        As for `map`, which raises the same errors.

    Examples
    --------
    >>> import solver
    >>> space = solver.explore("conv 4x6x6 -> 4, 3x3", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> len(space.to_frame()) == space.space.size
    True
    """
    question = question_of(hardware, objective, search_options(options))
    return explore_layer(primitive_of(layer), question, samples=samples, tolerance=tolerance)


@told
def pareto(
    layer: LayerLike,
    hardware: HardwareLike = None,
    **options: Unpack[SearchOptions],
) -> ParetoFront:
    """Find every mapping that no other beats in both latency and energy.

    Parameters are those of `map`, without an objective; it raises the same errors.

    Examples
    --------
    >>> import solver
    >>> front = solver.pareto("fc 64 -> 10, batch 3", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> front.proved
    True
    """
    return find_front(
        primitive_of(layer),
        question_of(hardware, "latency", search_options(options)),
    )


def report(
    answers: Displayed | Sequence[Displayed],
    path: str | Path,
    *,
    seed: int | None = None,
    force: bool = False,
) -> None:
    """Write answers as a page that needs nothing else, as ``--report`` does.

    Parameters
    ----------
    answers
        One answer, or several of the same function (`map`, `network`, `pareto`, `explain`).
    seed
        Of the searches, for the section on how to reproduce them.
    force
        Whether an existing file may be replaced.

    Raises
    ------
    InputError
        If there is no page for such answers, or the file exists or cannot be written.
    MissingDependencyError
        If the packages of the extra ``report`` are not installed.

    Examples
    --------
    >>> import solver, tempfile
    >>> best = solver.map("fc 64 -> 10", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     solver.report(best, folder + "/best.html", seed=0)
    ...     best.report(folder + "/best.html", force=True)
    """
    several = list(answers) if isinstance(answers, Sequence) else [answers]
    write_report(several, path, seed=seed, force=force)
