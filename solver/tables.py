"""Columns as a CSV text, a Parquet file or a pandas DataFrame.

pandas and pyarrow are optional: `pip install 'maeri-solver[data]'`.
"""

from __future__ import annotations

import csv
import importlib
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.errors import MissingDependencyError

Column = Sequence[Any] | NDArray
Columns = Mapping[str, Column]
"""Columns of equal length by name."""

ROWS_AT_ONCE = 4096
"""Rows of a long table that are columns at the same time."""


def require(module: str, extra: str, purpose: str) -> Any:
    """Import an optional dependency.

    Parameters
    ----------
    module
        What to import, such as ``pyarrow.parquet``.
    extra
        The extra of this package that installs it.
    purpose
        What it is needed for, for the message.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is not None and error.name.split(".")[0] != module.split(".")[0]:
            raise  # it is installed, but broken
        name = module.split(".")[0]
        raise MissingDependencyError(
            f"{purpose} needs {name}, which is not installed: pip install 'maeri-solver[{extra}]'"
        ) from None


def columns_of(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns, in the order in which their names first come up; what a row lacks is None."""
    rows = list(records)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def in_parts(records: Iterable[Mapping[str, Any]]) -> Iterator[Columns]:
    """Yield rows as columns, so many at a time that a long table is never held as columns whole.

    Raises
    ------
    ValueError
        If a row has other names than the first.
    """
    names: list[str] = []
    rows = iter(records)
    while some := list(itertools.islice(rows, ROWS_AT_ONCE)):
        columns = columns_of(some)
        names = names or list(columns)
        if list(columns) != names:
            raise ValueError(f"a row has the columns {', '.join(columns)}, the first {', '.join(names)}")
        yield columns


def csv_text(parts: Iterable[Columns]) -> str:
    """Return columns, whole or in parts of the same names, as CSV with a header.

    Decimals keep all their digits, truth values are as in JSON, None is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for place, columns in enumerate(parts):
        if not place:
            writer.writerow(columns)
        plain = [_plain_list(column) for column in columns.values()]
        writer.writerows([_csv(value) for value in row] for row in zip(*plain, strict=True))
    return text.getvalue()


def parquet_bytes(parts: Callable[[], Iterable[Columns]]) -> bytes:
    """Return columns as a Parquet file; decimals become double-precision numbers.

    Parameters
    ----------
    parts
        Gives the columns, whole or in parts of the same names, each of which becomes a row group; called
        twice, as the type of a column is that of all its parts.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    """
    pyarrow = require("pyarrow", "data", "a Parquet file")
    parquet = require("pyarrow.parquet", "data", "a Parquet file")

    def tables() -> Iterator[Any]:
        for columns in parts():
            yield pyarrow.table({name: _arrow(column) for name, column in columns.items()})

    schemas = [pyarrow.schema([]), *(table.schema for table in tables())]
    schema = pyarrow.unify_schemas(schemas, promote_options="permissive")
    sink = io.BytesIO()
    with parquet.ParquetWriter(sink, schema) as writer:
        for table in tables():
            writer.write_table(table.cast(schema))
    return sink.getvalue()


def data_frame(columns: Columns) -> Any:
    """Return columns as a pandas DataFrame; decimals become double-precision numbers.

    Raises
    ------
    MissingDependencyError
        If pandas is not installed.
    """
    pandas = require("pandas", "data", "to_frame()")
    return pandas.DataFrame({name: _arrow(column) for name, column in columns.items()})


def _plain_list(column: Column) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _csv(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _arrow(column: Column) -> Any:
    if isinstance(column, np.ndarray):
        return column
    return [float(value) if isinstance(value, Decimal) else value for value in column]
