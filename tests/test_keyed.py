"""JSON forms that classes name by their keys."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest

from solver.keyed import Keyed, keyed


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner(Keyed):
    size: int
    words: str = ""


@dataclass(frozen=True)
class Outer(Keyed):
    KEYS = "total inside=inner many size=inner.size rate? colour=tint where exact table"

    inner: Inner
    many: tuple[Inner, ...] = ()
    rate: float | None = None
    tint: Colour = Colour.RED
    where: Path = Path("folder")
    exact: Decimal = Decimal("0.1")

    def total(self) -> int:
        return self.inner.size + sum(each.size for each in self.many)

    @property
    def table(self) -> dict[str, Inner]:
        return {"one": self.inner}


def test_keys_come_in_their_order_with_what_they_name() -> None:
    found = Outer(Inner(2), (Inner(3, "a"),)).to_dict()
    assert list(found) == ["total", "inside", "many", "size", "colour", "where", "exact", "table"]
    assert found == {
        "total": 5,
        "inside": {"size": 2, "words": ""},
        "many": [{"size": 3, "words": "a"}],
        "size": 2,
        "colour": "red",
        "where": "folder",
        "exact": Decimal("0.1"),
        "table": {"one": {"size": 2, "words": ""}},
    }
    assert type(found["colour"]) is str


def test_only_none_is_left_out_and_only_where_a_key_says_so() -> None:
    assert keyed(Outer(Inner(0), rate=0.0), "rate? where") == {"rate": 0.0, "where": "folder"}
    assert keyed(Outer(Inner(0)), "rate? where") == {"where": "folder"}
    assert keyed(Outer(Inner(0)), "rate") == {"rate": None}


def test_a_star_stands_for_the_fields_with_others_before_and_behind() -> None:
    assert list(keyed(Outer(Inner(1)), "table * total")) == [
        "table", "inner", "many", "rate", "tint", "where", "exact", "total",
    ]  # fmt: skip


def test_a_key_of_nothing_is_a_mistake_of_the_program() -> None:
    with pytest.raises(AttributeError, match="colours"):
        keyed(Outer(Inner(1)), "colours")
