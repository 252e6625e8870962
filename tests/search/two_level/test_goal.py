"""What can still improve on an incumbent, or on a front."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.cost.result import Objective
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.two_level.goal import Best, Front, Point

MAPPING = LevelMapping(Tile(), Tile())
POINTS = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=1, max_size=30)


def point(latency: int, energy: float, mapping: LevelMapping = MAPPING) -> Point:
    return Point(latency, energy, mapping)


def is_open(goal: Best | Front, latency: float, energy: float) -> bool:
    return bool(goal.open(np.array([latency]), np.array([energy]))[0])


@given(POINTS)
def test_a_front_is_what_no_other_point_dominates(points: list[tuple[int, int]]) -> None:
    front = Front()
    for latency, energy in points:
        front.offer(point(latency, float(energy)))
    expected = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    assert [(p.latency, int(p.energy)) for p in front.points] == sorted(expected)


@given(POINTS, st.integers(1, 20), st.integers(1, 20))
def test_a_front_is_open_exactly_where_it_does_not_dominate(
    points: list[tuple[int, int]], latency: int, energy: int
) -> None:
    front = Front()
    for each in points:
        front.offer(point(each[0], float(each[1])))
    beaten = any(lat <= latency and en <= energy for lat, en in points)
    assert is_open(front, latency, energy) is not beaten


@given(POINTS, st.sampled_from(list(Objective)))
def test_the_best_is_the_least_value_and_nothing_worse_is_open(
    points: list[tuple[int, int]], objective: Objective
) -> None:
    goal = Best(objective)
    assert is_open(goal, 1, 1)
    for each in points:
        goal.offer(point(each[0], float(each[1])))
    value = {
        Objective.LATENCY: lambda p: p[0],
        Objective.ENERGY: lambda p: p[1],
        Objective.EDP: lambda p: p[0] * p[1],
    }[objective]
    assert goal.best == min(map(value, points))
    for latency, energy in points:
        worse = value((latency, energy)) > goal.best or objective is Objective.LATENCY
        assert is_open(goal, latency, energy) is not worse, "equal energies may differ by rounding"
        assert is_open(goal, 0, 0.5)


def test_ties_of_latency_are_settled_by_energy() -> None:
    goal = Best(Objective.LATENCY)
    for energy in (5.0, 3.0, 4.0):
        goal.offer(point(10, energy))
    assert goal.point == point(10, 3.0)


def test_ties_of_both_are_settled_by_the_mapping_whatever_the_order() -> None:
    mappings = [LevelMapping(Tile(K=k), Tile(K=8)) for k in (3, 1, 2)]
    for order in (mappings, mappings[::-1]):
        goal = Best(Objective.EDP)
        for mapping in order:
            goal.offer(point(10, 2.0, mapping))
        assert goal.point is not None and goal.point.mapping.tile.K == 1


def test_points_above_the_cap_on_cycles_are_neither_open_nor_taken() -> None:
    goal = Best(Objective.ENERGY, most_cycles=10)
    assert is_open(goal, 10, 1) and not is_open(goal, 11, 1)
    goal.offer(point(11, 1.0))
    assert goal.point is None


def test_rounding_closes_nothing() -> None:
    """A bound that comes out a little high may belong to a mapping that is better."""
    goal = Best(Objective.ENERGY)
    goal.offer(point(10, 0.3))
    assert is_open(goal, 1, 0.1 + 0.2) and not is_open(goal, 1, 0.3 * (1 + 1e-9))


def test_candidates_are_looked_at_best_first() -> None:
    latency, energy = np.array([5.0, 3.0, 3.0]), np.array([1.0, 9.0, 4.0])
    assert np.argsort(Best(Objective.LATENCY).rank(latency, energy)).tolist() == [2, 1, 0]
    assert np.argsort(Best(Objective.ENERGY).rank(latency, energy)).tolist() == [0, 2, 1]
    assert np.argsort(Front().rank(latency, energy)).tolist() == [0, 2, 1]
