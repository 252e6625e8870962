"""What the search is compared with: the least replayed cost of all legal tiles, one by one."""

from __future__ import annotations

from decimal import Decimal

from solver.cost import Objective, evaluate
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping import Tile
from solver.model.array import build
from solver.model.figures import figures
from solver.model.presolve import whole_space
from solver.model.search import enumerate_all
from solver.space import Limits, legal_tiles
from tests.instances import Question


def legal_costs(question: Question) -> dict[Tile, Decimal]:
    """Return the objective value of every legal tile, each evaluated by itself."""
    tiles = legal_tiles(question.nest, question.hardware, question.limits)
    costs = (evaluate(question.nest, question.hardware, tile) for tile in map(Tile.of, tiles))
    return {Tile.of(sizes): cost.value(question.objective) for sizes, cost in zip(tiles, costs, strict=True)}


def cp_sat_space(nest: LoopNest, hardware: Hardware, limits: Limits) -> set[Tile]:
    """Return the tiles that CP-SAT's own constraints call legal."""
    rows = figures(nest, hardware, whole_space(nest, hardware, limits).tiles)
    outcome = enumerate_all(build(nest, hardware, Objective.LATENCY, limits, rows), seconds=None, seed=0)
    assert outcome.complete
    return set(outcome.tiles)
