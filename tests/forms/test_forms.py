"""Every form computes what its loop nest computes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.forms.enumerate import every_form, forms_of, images_of
from solver.forms.form import DIRECT, FAMILIES, families_of
from solver.layer import LoopNest


@st.composite
def nests(draw: st.DrawFn) -> LoopNest:
    small = st.integers(1, 4)
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    loops = {dim: draw(small) for dim in "RSCK"} | {dim: draw(st.integers(1, 3)) for dim in "GN"}
    return LoopNest(
        **loops,
        X=draw(st.integers(1, 5)),
        Y=draw(st.integers(1, 5)),
        stride=draw(pair),
        dilation=draw(pair),
        operation=draw(st.sampled_from(["mac", "mac", "max"])),
    )


def operands(nest: LoopNest, seed: int) -> tuple[IntArray, IntArray]:
    rng = np.random.default_rng(seed)
    inputs = rng.integers(1, 100, (nest.N, nest.G, nest.C, nest.input_rows, nest.input_cols))
    weights = rng.integers(1, 100, (nest.G, nest.K, nest.C, nest.R, nest.S))
    return inputs, np.ones_like(weights) if nest.operation == "max" else weights


def computed(nest: LoopNest, inputs: IntArray, weights: IntArray) -> IntArray:
    """Compute a nest from the definition of its loops, shape (N, G, K, X, Y)."""
    assert inputs.shape[:3] == (nest.N, nest.G, nest.C)
    assert inputs.shape[3] >= nest.input_rows and inputs.shape[4] >= nest.input_cols
    assert weights.shape == (nest.G, nest.K, nest.C, nest.R, nest.S)
    products = []
    for r in range(nest.R):
        for s in range(nest.S):
            top, left = r * nest.dilation[0], s * nest.dilation[1]
            seen = inputs[:, :, :, top :: nest.stride[0], left :: nest.stride[1]][..., : nest.X, : nest.Y]
            products.append(seen[:, :, None] * weights[None, :, :, :, r, s, None, None])
    stacked = np.stack(products)
    return stacked.max(axis=(0, 4)) if nest.operation == "max" else stacked.sum(axis=(0, 4))


@given(nest=nests(), seed=st.integers(0, 2**16))
def test_every_form_computes_the_layer(nest: LoopNest, seed: int) -> None:
    inputs, weights = operands(nest, seed)
    expected = computed(nest, inputs, weights)
    for form in forms_of(nest, copying=True):
        result = form.outputs(computed(form.nest, *form.operands(inputs, weights)))
        np.testing.assert_array_equal(result, expected, err_msg=form.name)


@settings(max_examples=20)
@given(nest=nests(), rows=st.integers(2, 4), columns=st.integers(2, 4), seed=st.integers(0, 2**16))
def test_every_image_of_a_product_computes_the_layer(
    nest: LoopNest, rows: int, columns: int, seed: int
) -> None:
    nest = replace(nest, R=1, S=1, N=1, X=rows, Y=columns, stride=(1, 1), operation="mac")
    inputs, weights = operands(nest, seed)
    expected = computed(nest, inputs, weights)
    products = [form for form in every_form(nest) if form.over_channels and form.nest.N == 1]
    images = [image for form in products for image in images_of(form)]
    assert len(images) >= 1 and replace(nest, dilation=(1, 1)) in [image.nest for image in images]
    for image in images:
        result = image.outputs(computed(image.nest, *image.operands(inputs, weights)))
        np.testing.assert_array_equal(result, expected, err_msg=image.name)


@given(nest=nests())
def test_forms_are_different_and_the_direct_one_is_first(nest: LoopNest) -> None:
    forms = forms_of(nest, copying=True)
    assert forms[0].name == DIRECT and forms[0].nest == nest
    assert len({form.nest for form in forms}) == len(forms)
    assert set(forms_of(nest)) <= set(forms)


@given(nest=nests())
def test_a_layer_and_its_mirror_image_have_the_same_nests(nest: LoopNest) -> None:
    mirrored = LoopNest(
        **{d: getattr(nest, o) for d, o in zip("RSXYCKGN", "SRYXCKGN", strict=True)},
        stride=nest.stride[::-1],
        dilation=nest.dilation[::-1],
        operation=nest.operation,
    )
    assert {form.nest for form in forms_of(nest)} == {form.nest for form in forms_of(mirrored)}


@given(nest=nests())
def test_copies_are_the_words_that_are_held_over_those_that_are_needed(nest: LoopNest) -> None:
    numbered = np.arange(1, nest.N * nest.G * nest.C * nest.input_rows * nest.input_cols + 1)
    inputs = numbered.reshape(nest.N, nest.G, nest.C, nest.input_rows, nest.input_cols)
    weights = np.ones((nest.G, nest.K, nest.C, nest.R, nest.S), dtype=np.int64)
    for form in forms_of(nest, {"patches"}, copying=True):
        held, _ = form.operands(inputs, weights)
        needed = {
            int(word)
            for r in range(nest.R)
            for s in range(nest.S)
            for word in inputs[
                ..., r * nest.dilation[0] :: nest.stride[0], s * nest.dilation[1] :: nest.stride[1]
            ][..., : nest.X, : nest.Y].ravel()
        }
        touched = held[..., :: form.nest.stride[0], :: form.nest.stride[1]] if form.steps else held
        if len(form.steps) == 2:  # patches along both axes: every word that is held is read
            assert form.copies == Fraction(touched.size, len(needed))


def test_strips_hold_the_rows_between_them_twice() -> None:
    nest = LoopNest(R=3, S=3, C=4, K=8, X=14, Y=14)
    moving = {form.name for form in forms_of(nest, {"strips"})}
    halves = {form.name: form for form in forms_of(nest, {"strips"}, copying=True)}["2 strips"]
    assert moving == {DIRECT}
    assert halves.nest == LoopNest(R=3, S=3, C=4, K=8, N=2, X=7, Y=14)
    assert halves.copies == Fraction(9 + 9, 16)
    assert halves.layout == "input as 2 images of 4 channels of 9 x 16, each input word 1.12 times"


def test_strips_of_single_rows_only_move_words() -> None:
    nest = LoopNest(S=7, C=4, K=8, X=9, Y=9)
    strips = {form.name: form for form in forms_of(nest, {"strips"})}
    assert {form.copies for form in strips.values()} == {1}
    assert strips["4 strips"].nest == LoopNest(S=7, C=4, K=8, N=4, X=3, Y=9)


def test_a_product_and_its_convolution_have_the_same_products() -> None:
    convolution = LoopNest(C=12, K=8, X=5, Y=4)
    product = LoopNest(S=12, K=8, X=20)
    assert {form.nest for form in forms_of(product)} < {form.nest for form in forms_of(convolution)}


@pytest.mark.parametrize(
    ("nest", "name", "written"),
    [
        (
            LoopNest(R=7, S=7, C=3, K=64, X=112, Y=112, stride=(2, 2)),
            "space to depth of rows and columns",
            LoopNest(R=4, S=4, C=12, K=64, X=112, Y=112),
        ),
        (
            LoopNest(C=256, K=64, X=56, Y=56),
            "product, inputs stationary",
            LoopNest(S=256, K=3136, X=64),
        ),
        (
            LoopNest(R=7, S=7, C=512, K=4096, X=1, Y=1),
            "product, inputs stationary",
            LoopNest(S=25088, K=1, X=4096),
        ),
        (
            LoopNest(R=7, C=128, K=128, X=17, Y=17),
            "mirrored",
            LoopNest(S=7, C=128, K=128, X=17, Y=17),
        ),
        (
            LoopNest(R=16, S=16, C=3, K=768, X=14, Y=14, stride=(16, 16)),
            "product, weights stationary",
            LoopNest(S=768, K=768, X=196),
        ),
    ],
)
def test_forms_that_only_move_words(nest: LoopNest, name: str, written: LoopNest) -> None:
    assert {form.name: form.nest for form in forms_of(nest)}[name] == written


def test_full_patches_hold_words_several_times() -> None:
    nest = LoopNest(R=3, S=3, C=3, K=32, X=112, Y=112, stride=(2, 2))
    forms = {form.name: form for form in forms_of(nest, copying=True)}
    full = forms["full patches as a product, inputs stationary"]
    assert full.nest == LoopNest(S=27, K=12544, X=32)
    assert full.copies == Fraction(336 * 336, 225 * 225)
    vectors = "operands as 32 streamed and 12,544 stationary vectors of 27 words"
    assert full.layout == f"{vectors}, each input word 2.23 times"
    assert full.name not in {form.name for form in forms_of(nest)}


@pytest.mark.parametrize(
    ("nest", "name", "layout"),
    [
        (  # 147 words of a filter become 12 phases of 4 x 4 words: 45 of 192 are zeros
            LoopNest(R=7, S=7, C=3, K=64, X=112, Y=112, stride=(2, 2)),
            "space to depth of rows and columns",
            "input as 2 x 2 phases: 12 channels of 115 x 115, 23 % of the filter words are zeros",
        ),
        (
            LoopNest(R=4, S=3, C=2, K=4, X=5, Y=6, stride=(2, 3)),
            "space to depth of rows",
            "input as 2 x 1 phases: 4 channels of 6 x 18",
        ),
        (LoopNest(R=5, C=1, K=2, X=4, Y=6), "mirrored", "input as 1 channel of 6 x 8"),
        (
            LoopNest(C=6, K=5, G=2, N=3, X=4, Y=7),
            "product, inputs stationary",
            "operands as 2 groups of 5 streamed and 84 stationary vectors of 6 words",
        ),
    ],
)
def test_a_form_says_what_it_asks_of_memory(nest: LoopNest, name: str, layout: str) -> None:
    assert {form.name: form.layout for form in forms_of(nest, copying=True)}[name] == layout


def test_products_have_all_images_on_one_side() -> None:
    nest = LoopNest(C=6, K=5, G=2, N=3, X=4, Y=7)
    products = {form.name: form.nest for form in forms_of(nest, {"product"})}
    assert products["product, weights stationary"] == LoopNest(S=6, K=5, G=2, X=3 * 4 * 7)
    assert products["product, inputs stationary"] == LoopNest(S=6, K=3 * 4 * 7, G=2, X=5)


def test_the_zeros_that_are_told_are_those_of_the_filters() -> None:
    nest = LoopNest(R=3, S=5, C=2, K=3, X=4, Y=4, stride=(2, 2))
    inputs, weights = operands(nest, 1)
    for form in forms_of(nest, {"space-to-depth"}):
        _, padded = form.operands(inputs, weights)
        share = 100 * np.count_nonzero(padded == 0) / padded.size
        told = f", {share:.2g} % of the filter words are zeros" if share else ""
        assert form.layout.endswith(told) and bool(told) == ("zeros" in form.layout)


def test_families_restrict() -> None:
    nest = LoopNest(R=3, S=3, C=4, K=4, X=6, Y=8, stride=(2, 2))
    assert [form.name for form in forms_of(nest, {DIRECT})] == [DIRECT]
    assert {family for form in forms_of(nest, {"mirrored"}) for family in form.families} == {"mirrored"}
    assert families_of(FAMILIES) == set(FAMILIES)
    with pytest.raises(InputError, match="direct, mirrored"):
        families_of(("sideways",))
