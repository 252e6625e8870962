"""Columns as a CSV text, a Parquet file or a pandas DataFrame.

pandas and pyarrow are optional: `pip install 'maeri-solver[data]'`.
"""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.errors import MissingDependencyError

Column = Sequence[Any] | NDArray
Columns = Mapping[str, Column]
"""Columns of equal length by name."""


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
    return columns_in(dict.fromkeys(name for row in rows for name in row), rows)


def columns_in(names: Iterable[str], records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns of these names; what a row lacks is None.

    Raises
    ------
    ValueError
        If a row has something else.
    """
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in records:
        if extra := row.keys() - columns.keys():
            raise ValueError(f"no columns for {', '.join(sorted(extra))}")
        for name, column in columns.items():
            column.append(row.get(name))
    return columns


def csv_text(columns: Columns) -> str:
    """Return columns as CSV with a header; decimals keep all their digits, truth values are
    as in JSON, None is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    plain = [_plain_list(column) for column in columns.values()]
    writer.writerows([_csv(value) for value in row] for row in zip(*plain, strict=True))
    return text.getvalue()


def parquet_bytes(columns: Columns) -> bytes:
    """Return columns as a Parquet file; decimals become double-precision numbers.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    """
    pyarrow = require("pyarrow", "data", "a Parquet file")
    parquet = require("pyarrow.parquet", "data", "a Parquet file")
    table = pyarrow.table({name: _arrow(column) for name, column in columns.items()})
    sink = io.BytesIO()
    parquet.write_table(table, sink)
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
