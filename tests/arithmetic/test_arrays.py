"""Helpers on numpy arrays beside numpy's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.arithmetic.arrays import distinct_columns


@given(st.data())
def test_distinct_columns_are_those_of_numpy(data: st.DataObject) -> None:
    few = st.integers(-2, 3) | st.integers(-(2**62), 2**62)
    rows, count = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 12))
    columns = np.array(data.draw(st.lists(few, min_size=rows * count, max_size=rows * count)))
    columns = columns.reshape(rows, count)
    distinct, which = distinct_columns(columns)
    expected, place = np.unique(columns, axis=1, return_inverse=True)
    assert (distinct == expected).all() and (which == place.reshape(-1)).all()
    assert (distinct[:, which] == columns).all()
