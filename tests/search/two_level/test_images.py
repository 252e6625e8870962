"""Products whose streamed side is an image: found where it is better, and the same however it is written."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from random import Random

import numpy as np

from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.enumerate import images_of
from solver.forms.form import DIRECT
from solver.forms.wish import AS_WRITTEN, Wish, form_named, form_with, images_with
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Loops
from solver.mapping.buffer_tile import S, X
from solver.search.two_level.goal import Best
from solver.search.two_level.images import Suspects, has_images, imaged
from solver.search.two_level.solve import solve_levels

SLACK = Decimal("1e-10")
PRODUCT = LoopNest(S=20, K=6, G=3, X=21)


def behind_buffer(capacity: int, num_ms: int = 32) -> Hardware:
    hardware = read_hardware("maeri-64-dram", num_ms=num_ms, dn_bw=num_ms // 4, rn_bw=num_ms // 4)
    assert hardware.memory is not None
    buffer = replace(hardware.memory.buffer, capacity=capacity)
    return replace(hardware, memory=replace(hardware.memory, buffer=buffer))


def test_a_convolution_and_its_product_cost_the_same_where_rows_and_columns_are_cut_apart() -> None:
    """Tiles of 4 and 3 pixels hide their transfers better than five of 4 and one of a single pixel."""
    hardware = behind_buffer(256)
    written = Loops(loops=LoopNest(C=20, K=6, G=3, X=7, Y=3))
    as_product = Loops(loops=PRODUCT)
    one, other = (
        solve_levels(layer, hardware, Objective.LATENCY, wish=Wish()) for layer in (written, as_product)
    )
    assert one.proved and other.proved
    assert one.objective_value == other.objective_value == 2308
    assert one.form == DIRECT and "image of 3 columns" in other.form
    form = form_with(as_product, written.nest())
    assert form is not None and form.name == other.form


def test_no_image_is_better_than_the_answer() -> None:
    """Each image searched by itself, with all its array tiles."""
    rng, seen = Random(5), 0
    while seen < 2:
        nest = LoopNest(S=rng.randint(2, 9), K=rng.randint(1, 4), X=rng.choice((6, 9, 10, 15)))
        hardware, objective = behind_buffer(rng.choice((48, 96)), 8), rng.choice(list(Objective))
        try:
            answer = solve_levels(Loops(loops=nest), hardware, objective, wish=Wish())
        except InfeasibleError:
            continue
        for image in images_with(Loops(loops=nest), nest):
            found = solve_levels(Loops(loops=image.nest), hardware, objective, wish=AS_WRITTEN)
            assert found.objective_value >= answer.objective_value * (1 - SLACK), (nest, hardware, image.name)
        seen += 1


def test_the_array_tiles_of_an_image_are_those_of_its_product() -> None:
    tile = np.ones((1, 8), dtype=np.int64)
    tile[0, [S, X]] = 5, 6
    found = imaged(tile, LoopNest(C=20, K=6, X=7, Y=3))
    assert {tuple(sizes[[2, 6, 7]].tolist()) for sizes in found} == {(5, 6, 1), (5, 3, 2), (5, 2, 3)}


def test_only_tiles_that_stay_open_are_suspects() -> None:
    suspects, tiles = Suspects(), np.array(list(product([1], [1, 2], *[[1]] * 6)))
    assert not len(suspects.tiles(Best(Objective.LATENCY, cutoff=10.0)))
    suspects.note(np.array([9.0, 10.0]), np.array([1.0, 1.0]), tiles)
    assert suspects.tiles(Best(Objective.LATENCY, cutoff=10.0)).tolist() == tiles[:1].tolist()


def test_a_bound_that_is_the_answer_but_for_rounding_is_no_suspect() -> None:
    suspects, tiles = Suspects(), np.array(list(product([1], [1, 2], *[[1]] * 6)))
    known = 17383035.171954244
    suspects.note(np.array([9.0, 9.0]), np.array([known * (1 - 1e-9), np.nextafter(known, 0)]), tiles)
    assert suspects.tiles(Best(Objective.ENERGY, cutoff=known)).tolist() == tiles[:1].tolist()


def test_products_are_the_nests_with_images() -> None:
    assert (
        has_images(PRODUCT)
        and not has_images(replace(PRODUCT, Y=2))
        and not has_images(replace(PRODUCT, X=3))
    )
    assert len(images_with(Loops(loops=PRODUCT), PRODUCT)) == 2
    assert all(image.nest.X * image.nest.Y == 21 for image in images_with(Loops(loops=PRODUCT), PRODUCT))
    assert not images_of(
        form_named(Loops(loops=replace(PRODUCT, X=7)), "product over channels, weights stationary")
    )
