"""What the joint model is told of each array tile: what its steps take, and what they cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

import numpy as np

from solver.arithmetic.algebra import Value
from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import event_prices
from solver.cost.two_level.step import WORDS
from solver.cost.two_level.unavoidable import WAITS
from solver.cost.two_level.work import step_events
from solver.hardware import Hardware

_CLOSED_FORM = ("most_weights", "most_inputs", "most_slides", "per_line", "plain_drain")


def time_figures(shapes: ArrayShapes, orders: Collection[str]) -> dict[str, IntArray]:
    """Return the figures of array tiles that time their steps under some stationary orders.

    The waits where the weights stay; for other orders the port words, drains and outputs per line of the
    closed form.
    """
    figures = _numbered("wait", shapes.waits, WAITS)
    if tuple(orders) == ("weights",):
        return figures
    most = shapes.ports.max(axis=1)
    closed = (*most[:, :3].T, shapes.wave.max_per_line, shapes.plain_drain)
    return figures | _numbered("port", shapes.ports, WORDS) | dict(zip(_CLOSED_FORM, closed, strict=True))


def _numbered(name: str, columns: IntArray, kinds: tuple[str, ...]) -> dict[str, IntArray]:
    """Return columns, shape (tiles, numbers, kinds), by names; those of zeros are left out."""
    return {
        f"{name} {number} {kind}": columns[:, number, place]
        for number in range(columns.shape[1])
        for place, kind in enumerate(kinds)
        if columns[:, number, place].any()
    }


def by_number(name: str, shape: Mapping[str, Value]) -> list[dict[str, Value]]:
    """Return the figures of one name (wait, port) by kind of step, one after the other."""
    found: dict[str, dict[str, Value]] = {}
    for column, value in shape.items():
        if column.startswith(f"{name} "):
            _, number, kind = column.split()
            found.setdefault(number, {})[kind] = value
    return list(found.values())


def step_prices(hardware: Hardware, shapes: ArrayShapes) -> dict[str, list[Decimal]]:
    """Return the energy of a step of each kind (`solver.cost.two_level.step.Steps`) of array tiles, exact."""
    prices = event_prices(hardware)
    return {
        kind: [
            sum((prices[event] * int(count[row]) for event, count in counts.items()), start=Decimal(0))
            for row in range(len(shapes.tiles))
        ]
        for kind, counts in step_events(hardware, shapes).items()
    }


def price_figures(prices: Mapping[str, list[Decimal]], scale: int) -> dict[str, IntArray]:
    """Return the energies of steps in units of 1 / scale, rounded down."""
    return {
        f"price {kind}": np.array([int(price * scale) for price in column], dtype=np.int64)
        for kind, column in prices.items()
    }
