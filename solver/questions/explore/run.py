"""Explore the mapping space of a layer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from solver.answers.exploration import Alternative, Exploration, Landmark
from solver.answers.infeasible import Infeasible
from solver.answers.mapped import Mapped
from solver.answers.solution import Solution, Space
from solver.cost.result import Cost, Objective
from solver.errors import InfeasibleError, InputError, InternalError
from solver.landscape.distribution import Distribution
from solver.landscape.landscape import Landscape, array_landscape
from solver.landscape.sensitivity import sensitivities
from solver.landscape.traits import common_traits
from solver.layer import Primitive
from solver.legal.tiles import Limits, candidate_tiles
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.explore.pareto import front, left_open
from solver.questions.explore.ranking import best, least_property
from solver.questions.explore.sample import level_sample
from solver.questions.map_layer import Question, map_layer
from solver.search.solve import describe_space
from solver.search.two_level.solve import pareto_levels

BEST_COUNT = 20
SAMPLES = 20_000
TOLERANCE = 0.05
WANTED = ("switches", "buffer_accesses", "buffer_words", "dram_words")
"""Properties of which an alternative has least, where the landscape knows them."""


def explore(
    layer: Primitive,
    question: Question,
    *,
    samples: int = SAMPLES,
    tolerance: float = TOLERANCE,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> Exploration:
    """Evaluate the mapping space of a layer and describe it.

    On the array alone every legal array tile is evaluated, for the layer in one piece; what several pieces
    bring is told beside it. With a prefetch buffer and DRAM behind it the
    joint space is too large, and a random sample stands for it; the optimum and the front are proved over all
    of it nevertheless.

    Parameters
    ----------
    layer
        One loop nest; all its forms are explored that the question allows.
    question
        Hardware, objective, limits; its seed is the sample's too.
    samples
        Mappings to draw where the space is sampled.
    tolerance
        Near-optimal alternatives cost at most the optimum x (1 + tolerance).
    on_stage
        Told what is being done.

    Returns
    -------
    Exploration
        With the proved optimum, the baselines and the proved front as landmarks; after Ctrl-C with what was
        known of them.

    Raises
    ------
    InputError
        If `samples` or `tolerance` are no such numbers.
    InfeasibleError
        If no mapping is legal.
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    InternalError
        If a mapping of the space beats the optimum that was proved.
    """
    if not isinstance(samples, int) or samples < 1:
        raise InputError(field="samples", found=samples, expected="an integer from 1")
    if not (isinstance(tolerance, int | float) and 0 <= tolerance < float("inf")):
        raise InputError(field="tolerance", found=tolerance, expected="a share from 0")
    started = time.perf_counter()
    hardware, objective = question.hardware, question.objective
    on_stage("evaluating the space")
    landscape, space = _space(layer, question, samples)
    evaluated = time.perf_counter() - started
    on_stage("proving the optimum")
    answer, interrupted = map_layer(layer, question)
    if isinstance(answer, Infeasible):
        raise InfeasibleError(answer.reason)
    solution = answer.in_one_piece()
    on_stage("proving the front")
    if landscape.buffers is None:
        landscape = _weeded(landscape, solution, tolerance)
        space = Space(len(landscape), _words(question, landscape), len(landscape.forms))
    chosen = best(landscape, objective, BEST_COUNT)
    _check(landscape, chosen[0], solution)
    if landscape.buffers is None:
        on_front = [_named("", landscape, index) for index in front(landscape)]
        proved = not left_open(landscape)
    elif interrupted:
        on_front, proved = [], False
    else:
        found = pareto_levels(
            layer,
            hardware,
            limits=question.limits,
            time_limit=question.time_limit,
            wish=question.wish,
        )
        interrupted = found.interrupted
        on_front = [("", p.levels.mapping, p.form, p.cost) for p in found.points if p.levels]
        proved = found.proved
    on_stage("describing the space")
    place = _Place(landscape, objective, solution.objective_value)
    figures = {"cycles": Objective.LATENCY, "energy": Objective.ENERGY, "edp": Objective.EDP}
    return Exploration(
        layer=layer,
        hardware=hardware,
        objective=objective,
        space=space,
        sampled=landscape.buffers is not None,
        seed=question.seed,
        solution=solution,
        landscape=landscape,
        distributions={name: Distribution.of(landscape.values(each)) for name, each in figures.items()},
        optimum=place.landmark("optimum" if solution.proved else "best", *_of_solution(solution)),
        baselines=tuple(
            replace(
                place.landmark(
                    baseline.name,
                    baseline.levels.mapping if baseline.levels else baseline.tile,
                    baseline.form,
                    baseline.cost,
                ),
                outside=baseline.outside,
            )
            for baseline in solution.baselines
            if baseline.cost and baseline.tile
        ),
        in_pieces=place.landmark("in pieces", answer, answer.form, answer.cost) if answer.pieces else None,
        front=tuple(
            place.landmark(f"front {number}", *entry[1:]) for number, entry in enumerate(on_front, start=1)
        ),
        front_proved=proved,
        best=tuple(chosen),
        sensitivity=sensitivities(landscape, objective, float(solution.objective_value)),
        traits=common_traits(landscape, chosen),
        alternatives=tuple(
            _alternatives(_near(landscape, solution, question, samples), solution, tolerance, place)
        ),
        tolerance=tolerance,
        evaluation_seconds=evaluated,
        wall_seconds=time.perf_counter() - started,
        interrupted=interrupted,
    )


def _space(layer: Primitive, question: Question, samples: int) -> tuple[Landscape, Space]:
    """Evaluate the space or draw a sample of it."""
    hardware, limits = question.hardware, question.limits
    choices = question.wish.forms(layer, question.hardware)
    within = f" with {limits}" if str(limits) else ""
    if hardware.memory is not None:
        sample = level_sample(choices, hardware, limits, samples, question.seed)
        words = f"a random sample (seed {question.seed}) of array tiles, buffer tiles and loop orders{within}"
        return sample, Space(len(sample), words)
    pairs = [(choice, candidate_tiles(choice.nest, hardware, limits)) for choice in choices]
    pairs = [(choice, tiles) for choice, tiles in pairs if len(tiles)]
    if not pairs:
        # The search knows which rule forbids them all.
        answer, _ = map_layer(layer, replace(question, baselines=False))
        assert isinstance(answer, Infeasible)
        raise InfeasibleError(answer.reason)
    landscape = array_landscape([c for c, _ in pairs], hardware, [tiles for _, tiles in pairs])
    return landscape, Space(len(landscape), _words(question, landscape), len(landscape.forms))


def _words(question: Question, landscape: Landscape) -> str:
    doubtful = 0 if landscape.unchecked is None else int(landscape.unchecked.sum())
    return describe_space(question.limits, len(landscape.forms), doubtful)


def _weeded(landscape: Landscape, solution: Solution, tolerance: float) -> Landscape:
    """Return a landscape of which nothing that is told is wrong: weights do not overtake inputs in it."""
    objective = solution.objective
    best(landscape, objective, BEST_COUNT)
    front(landscape)
    most = _most(solution, tolerance)
    for column in (landscape.properties[name] for name in WANTED if name in landscape.properties):
        least_property(landscape, objective, column, most)
    return landscape.without_wrong()


def _most(solution: Solution, tolerance: float) -> Decimal:
    """Return the highest objective value of a nearly optimal mapping."""
    return solution.objective_value * (1 + Decimal(repr(tolerance)))


def _check(landscape: Landscape, first: int, solution: Solution) -> None:
    """Hold the best of the evaluated mappings against the optimum; they were found in different ways."""
    value = landscape.settle(first).value(solution.objective)
    least = solution.objective_value
    whole = landscape.buffers is None
    if solution.proved and (value < least or (whole and value != least)):
        raise InternalError(
            f"the best mapping of the space, {landscape.mapping(first)}, costs {value}, "
            f"but the proved optimum {solution.tile} costs {least}"
        )


def _of_solution(solution: Solution) -> tuple[Tile | LevelMapping, str, Cost]:
    mapping = solution.levels.mapping if solution.levels else solution.tile
    return mapping, solution.form, solution.cost


def _named(name: str, landscape: Landscape, index: int) -> tuple[str, Tile | LevelMapping, str, Cost]:
    return name, landscape.mapping(index), landscape.form(index), landscape.settle(index)


class _Place:
    """Knows where in the space a cost lies."""

    def __init__(self, landscape: Landscape, objective: Objective, optimum: Decimal) -> None:
        self.values = landscape.values(objective)
        self.objective, self.optimum = objective, optimum

    def landmark(self, name: str, where: Tile | LevelMapping | Mapped, form: str, cost: Cost) -> Landmark:
        value = cost.value(self.objective)
        return Landmark(
            name=name,
            where=where,
            form=form,
            cycles=cost.cycles,
            energy=cost.energy,
            edp=cost.edp,
            ratio=float(value / self.optimum) if self.optimum else 1.0,
            # Rounding must not make a mapping better than itself.
            better=float((self.values < float(value) * (1 - 1e-9)).mean()),
        )


def _near(landscape: Landscape, solution: Solution, question: Question, samples: int) -> Landscape:
    """Return the mappings among which alternatives are looked for.

    A sample of a space of 10^12 mappings seldom comes near the optimum, so another one is drawn of the
    mappings with the optimum's array tile.
    """
    if landscape.buffers is None:
        return landscape
    sizes = solution.tile.to_dict()
    forms = [solution.written]
    return level_sample(forms, solution.hardware, Limits(sizes, sizes), samples, question.seed)


def _alternatives(
    landscape: Landscape, solution: Solution, tolerance: float, place: _Place
) -> list[Alternative]:
    """Return for each property the mapping with least of it among the nearly optimal ones."""
    objective = solution.objective
    most = _most(solution, tolerance)
    optimum = _properties(solution)
    found = []
    for name in (name for name in WANTED if name in landscape.properties):
        column = landscape.properties[name]
        at = least_property(landscape, objective, column, most)
        if at is None:  # a sample need not come near enough
            continue
        index, among = at
        value, named = int(column[index]), _named("", landscape, index)
        if landscape.buffers is not None and value >= optimum[name]:
            # A sample without the optimum may have nothing better.
            value, named = optimum[name], ("", *_of_solution(solution))
        landmark = place.landmark(f"least {name}", *named[1:])
        found.append(Alternative(name, value, optimum[name], among, landmark))
    return found


def _properties(solution: Solution) -> dict[str, int]:
    """Return the optimum's values of the properties of which alternatives have least."""
    properties = {"switches": solution.tile.vn_size * solution.tile.num_vns}
    if solution.levels is None:
        counts = solution.cost.counts
        reads = counts.weight_reads + counts.input_reads + counts.psum_reads
        return properties | {"buffer_accesses": reads + counts.writes}
    return properties | {
        "buffer_accesses": sum(solution.levels.words["buffer"].values()),
        "buffer_words": sum(solution.levels.tile_words.values()),
        "dram_words": sum(solution.levels.words["DRAM"].values()),
    }
