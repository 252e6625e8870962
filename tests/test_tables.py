"""Long tables are written in parts, and read back as one."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from solver import tables
from solver.tables import csv_text, in_parts, parquet_bytes

ROWS: list[dict[str, Any]] = [
    {"name": "a", "area": None, "cycles": 3, "proved": True},
    {"name": "b", "area": None, "cycles": 4, "proved": False},
    {"name": "c", "area": Decimal("2.5"), "cycles": None, "proved": True},
]


@pytest.fixture(params=[1, 2, 3, 4])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts of so many rows."""
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", request.param)
    count: int = request.param
    return count


def test_parts_of_a_parquet_file_have_the_types_of_the_whole_column(at_once: int) -> None:
    from pyarrow import parquet

    file = parquet.ParquetFile(io.BytesIO(parquet_bytes(lambda: in_parts(ROWS))))
    assert file.num_row_groups == -(-len(ROWS) // at_once)
    expected = [{**row, "area": None if row["area"] is None else float(row["area"])} for row in ROWS]
    assert file.read().to_pylist() == expected


def test_parts_of_a_csv_have_one_header(at_once: int) -> None:
    read = list(csv.DictReader(io.StringIO(csv_text(in_parts(ROWS)))))
    assert [row["name"] for row in read] == ["a", "b", "c"]
    assert [row["area"] for row in read] == ["", "", "2.5"]
    assert [row["proved"] for row in read] == ["true", "false", "true"]


def test_rows_are_taken_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 2)
    taken = 0

    def rows() -> Any:
        nonlocal taken
        for row in ROWS:
            taken += 1
            yield row

    parts = in_parts(rows())
    assert taken == 0
    next(parts)
    assert taken == 2


def test_a_table_without_rows_is_empty() -> None:
    from pyarrow import parquet

    assert csv_text(in_parts([])) == ""
    assert parquet.read_table(io.BytesIO(parquet_bytes(lambda: in_parts([])))).num_rows == 0


def test_rows_of_other_names_are_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 1)
    with pytest.raises(ValueError, match="name"):
        csv_text(in_parts([{"name": 1}, {"size": 2}]))
