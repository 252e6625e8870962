"""Einstein summations as matrix products, against NumPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.layer import BatchMatmul, Gemm
from solver.readers.operators import einsum_product

# The equation, the shapes, and the multiplications that it takes.
PRODUCTS = [
    ("ij,jk->ik", (2, 3), (3, 4), 2 * 3 * 4),
    ("ij,jk", (2, 3), (3, 4), 2 * 3 * 4),
    ("kj,ik", (2, 3), (4, 2), 2 * 3 * 4),
    ("...j,jk->...k", (2, 7, 3), (3, 4), 2 * 7 * 3 * 4),
    ("...ij,...jk", (5, 2, 2, 3), (5, 2, 3, 4), 5 * 2 * 2 * 3 * 4),
    ("...ij,...kj->...ik", (2, 3), (4, 3), 2 * 3 * 4),
    ("b...i,bj->b...ij", (2, 5, 3), (2, 4), 2 * 5 * 3 * 4),
    ("...ij,...jk->...ik", (6, 2, 3), (3, 4), 6 * 2 * 3 * 4),
    ("bqhd,bkhd->bhqk", (2, 6, 4, 8), (2, 9, 4, 8), 2 * 4 * 6 * 9 * 8),
]


@pytest.mark.parametrize(("equation", "left", "right", "macs"), PRODUCTS)
def test_products_have_numpys_shape_and_work(
    equation: str, left: tuple[int, ...], right: tuple[int, ...], macs: int
) -> None:
    found = einsum_product("n", equation, left, right)
    assert found is not None
    assert found[1] == np.einsum(equation, np.ones(left), np.ones(right)).shape
    assert found[0].macs == macs


@pytest.mark.parametrize(
    ("equation", "left", "right"),
    [
        ("ii,ik->k", (3, 3), (3, 4)),
        ("ik,j->ij", (3, 6), (4,)),
        ("...ij,...jk->...ik", (6, 2, 3), (1, 3, 4)),
        ("ij,jk,kl->il", (2, 3), (3, 4)),
    ],
)
def test_what_is_no_single_product_is_none(
    equation: str, left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    assert einsum_product("n", equation, left, right) is None


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "..."]), unique=True, max_size=4)


@given(WORDS, WORDS, st.none() | WORDS, st.integers(0, 2), st.integers(0, 2))
def test_any_equation_has_numpys_shape_or_is_none(
    first: list[str], second: list[str], result: list[str] | None, before: int, behind: int
) -> None:
    sizes = {"a": 2, "b": 3, "c": 4, "d": 5}
    spread = (6, 7)  # the axes of an ellipsis; a shorter one has the last of them

    def shape(words: list[str], axes: int) -> tuple[int, ...]:
        parts = [spread[2 - axes :] if word == "..." else (sizes[word],) for word in words]
        return sum(parts, ())

    equation = "".join(first) + "," + "".join(second)
    if result is not None:
        equation += "->" + "".join(result)
    left, right = shape(first, before), shape(second, behind)
    found = einsum_product("n", equation, left, right)
    if found is None:
        return
    assert isinstance(found[0], (Gemm, BatchMatmul))
    try:
        expected = np.einsum(equation, np.ones(left), np.ones(right))
    except ValueError:
        return  # NumPy keeps the axes of an ellipsis, other libraries add over them
    assert found[1] == expected.shape
    summed = set(first) & set(second) - set(result if result is not None else [])
    work = math.prod(found[1]) * math.prod(sizes[word] for word in summed if word in sizes)
    assert found[0].macs == work
