"""The latency-energy front of one layer, on any hardware."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from solver.answers.evidence import Evidence, FormEvidence
from solver.answers.front import ParetoFront, pareto_front, unproved
from solver.answers.infeasible import Infeasible
from solver.answers.solution import Solution, Space, Status
from solver.cost.bounds import least_value
from solver.cost.overtaking import may_overtake
from solver.cost.result import Cost, Objective
from solver.errors import InfeasibleError
from solver.landscape.landscape import Landscape
from solver.layer import Primitive
from solver.legal.tiles import candidate_tiles, forbidding_rule
from solver.mapping.tile import Tile
from solver.questions.explore.pareto import array_front, front, left_open
from solver.questions.map_layer import Question, map_layer
from solver.search.pieces.solve import corners, in_pieces_space, oracle_of, searched_cuts
from solver.search.progress import Clock, Progress
from solver.search.solve import describe_space
from solver.search.two_level.solve import pareto_levels


def find_corners(layer: Primitive, question: Question) -> ParetoFront:
    """Find the corners of the lower hull of the front in pieces: each the best under some weights.

    A single one is the whole front: the fastest mapping then needs the least energy, too.

    Raises
    ------
    InfeasibleError
        If no mapping is legal.
    """
    clock = Clock(question.time_limit, None)
    asked = replace(question, pieces=1, objective=Objective.EDP, baselines=False)
    answer, interrupted = map_layer(layer, asked)
    if isinstance(answer, Infeasible):
        raise InfeasibleError(answer.reason)
    oracle = oracle_of(answer, question.wish, question.limits, clock, question.most_pieces)
    found, status = corners(oracle, interrupted=interrupted)
    proved = status is Status.OPTIMAL
    space = in_pieces_space(answer.space, question.most_pieces)
    replayed = answer.replayed + oracle.found.replayed
    points = [replace(point, space=space, replayed=replayed) for point in found]
    bounds = [point.cost.energy for point in points]
    if not proved:
        nests = (form.nest for form in question.wish.forms(layer, question.hardware))
        least = least_value(nests, question.hardware, Objective.ENERGY)
        points = [unproved(point) for point in points]
        bounds = [max(least, oracle.least_energy(point.cost.cycles)) for point in points]
    return ParetoFront(
        tuple(points),
        tuple(bounds),
        proved,
        clock.seconds,
        interrupted=status is Status.INTERRUPTED,
        corners=len(points) > 1,
    )


def find_front(
    layer: Primitive, question: Question, on_progress: Callable[[Progress], None] | None = None
) -> ParetoFront:
    """Find every mapping that no other beats in both latency and energy.

    With a prefetch buffer and DRAM the two-level search proves the front, or says after the time limit what
    is left open. On the array alone every legal tile is costed by its lower bounds, and those that no point
    dominates are replayed one by one: that ends in a proof unless some are too long to replay, and the time
    limit does not apply.

    Parameters
    ----------
    layer, question
        What is asked; the question's objective does not matter.

    In several pieces, where these are asked for, only the corners are found (`find_corners`).

    Raises
    ------
    InfeasibleError
        If no mapping is legal.
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    """
    if question.pieces is not None and question.most_pieces != 1:
        return find_corners(layer, question)
    found = _whole_front(layer, question, on_progress)
    if not searched_cuts(layer, question.hardware, question.wish):
        return found
    points = tuple(replace(point, space=in_pieces_space(point.space, 1)) for point in found.points)
    return replace(found, points=points)


def _whole_front(
    layer: Primitive, question: Question, on_progress: Callable[[Progress], None] | None
) -> ParetoFront:
    hardware, limits, wish = question.hardware, question.limits, question.wish
    if hardware.memory is not None:
        return pareto_levels(
            layer,
            hardware,
            limits=limits,
            time_limit=question.time_limit,
            wish=wish,
            on_progress=on_progress,
        )
    clock = Clock(None, on_progress)
    landscape = array_front(layer, hardware, limits, wish)
    choices = [(c, candidate_tiles(c.nest, hardware, limits)) for c in wish.forms(layer, hardware)]
    doubtful = sum(int(may_overtake(choice.nest, hardware, tiles).sum()) for choice, tiles in choices)
    forms = sum(len(tiles) > 0 for _, tiles in choices)
    words = describe_space(limits, forms, doubtful)
    space = Space(sum(len(tiles) for _, tiles in choices), words, forms)
    on_front = front(landscape)
    if not on_front:
        raise InfeasibleError(forbidding_rule(choices[0][0].nest, hardware, limits))
    points = []
    for index in on_front:
        tile = landscape.mapping(index)
        assert isinstance(tile, Tile)
        cost = landscape.settle(index)
        points.append(
            Solution(
                layer=layer,
                hardware=hardware,
                objective=Objective.EDP,
                status=Status.OPTIMAL,
                tile=tile,
                cost=cost,
                bound=cost.edp,
                wall_seconds=clock.seconds,
                space=space,
                replayed=len(landscape.costs),
                form=landscape.form(index),
            )
        )
    found = pareto_front(points, left_open(landscape), clock.seconds)
    sizes = {form.name: len(tiles) for form, tiles in choices}
    return replace(found, evidence=_evidence(landscape, sizes))


def _evidence(landscape: Landscape, sizes: Mapping[str, int]) -> Evidence:
    """Return what was settled of the forms of so many mappings each."""
    found = {name: dict[Tile, Cost | None]() for name in sizes}
    for index in (*landscape.costs, *(landscape.wrong - landscape.unclear.keys())):
        tile = landscape.mapping(index)
        assert isinstance(tile, Tile)
        found[landscape.form(index)][tile] = landscape.costs.get(index)
    return {name: FormEvidence(size, found[name]) for name, size in sizes.items()}
