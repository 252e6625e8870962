"""States of the cache that nothing may come out of, shared by the tests and benchmarks/scale/cache.py."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from solver.questions.cache.row import Row

Change = Callable[[dict[str, Any]], Any]

TEXTS: tuple[object, ...] = (
    "x", '"x"', "null", "[]", "{}", "1", "", b"\xff\xfe", 7, "[" * 200_000, '{"a":' * 200_000,
    '{"tile": ' + "9" * 5000 + "}", " " * 5_000_000, '{"infeasible": true, "reason": "none"}',
)  # fmt: skip
ODD_CELLS: list[dict[str, object]] = [
    *({"answer": text} for text in TEXTS),
    *({"proved": value} for value in ("x", 0, -1)),
    *({"with_baselines": value} for value in ("x", 0)),
    *({"time_limit": value} for value in ("x", b"\x00")),
    *({"digest": value} for value in ("x", 5)),
]
"""Cells of a row that are not what they should be."""

CHANGES: dict[str, Change] = {
    "cycles 1": lambda data: data["cost"].update(cycles=1),
    "cycles -5": lambda data: data["cost"].update(cycles=-5),
    "cycles and bound 1": lambda data: (data["cost"].update(cycles=1), data.update(bound="1")),
    "energy 0": lambda data: data["cost"].update(energy="0"),
    "energy NaN": lambda data: data["cost"].update(energy="NaN"),
    "bound too low": lambda data: data.update(bound="1"),
    "bound too high": lambda data: data.update(bound="1e9"),
    "bound infinite": lambda data: data.update(bound="Infinity"),
    "bound NaN": lambda data: data.update(bound="NaN"),
    "interrupted": lambda data: data.update(status="interrupted"),
    "another tile": lambda data: data["tile"].update(K=1),
    "illegal tile": lambda data: data["tile"].update(R=3, S=3, C=2, K=3, X=4),
    "tile outside": lambda data: data["tile"].update(N=2),
    "tile 0": lambda data: data["tile"].update(R=0),
    "tile of 400 digits": lambda data: data["tile"].update(R=10**400),
    "tile null": lambda data: data.update(tile=None),
    "form inputs": lambda data: data.update(form="product, inputs stationary"),
    "counts": lambda data: data["cost"]["counts"].update(multiplications=0),
    "bottleneck": lambda data: data["cost"].update(bottleneck="DRAM"),
    "levels": lambda data: data.update(levels=None if data["levels"] else {}),
    "space empty": lambda data: data["space"].update(size=0),
    "seconds": lambda data: data.update(wall_seconds=-1.0),
    "no baselines": lambda data: data.update(baselines=[]),
    "baseline better": lambda data: data["baselines"][1]["cost"].update(cycles=1),
    "baseline illegal": lambda data: data["baselines"][1]["tile"].update(K=9999),
    "baseline without cost": lambda data: data["baselines"][1].update(cost=None),
    "field lacking": lambda data: data.pop("space"),
    "field of another type": lambda data: data.update(notes=5),
}
"""Answers that are not right, by what was changed in them."""


def rewrite(path: Path, key: str, **cells: object) -> None:
    with sqlite3.connect(path) as connection:
        for name, value in cells.items():
            connection.execute(f"UPDATE answers SET {name} = ? WHERE fingerprint = ?", (value, key))
    connection.close()


def changed(row: Row, key: str, change: Change, *, forged: bool) -> dict[str, object]:
    """Return the cells of a row whose answer was changed, with its old digest or, forged, the right one."""
    data = json.loads(row.text)
    change(data)
    text = json.dumps(data)
    forgery = Row.of_cells(key, row.proved, row.time_limit, row.with_baselines, text)
    return {"answer": text, "digest": forgery.digest if forged else row.digest}
