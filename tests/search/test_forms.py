"""The optimum of a layer over its forms: the least of all of them, however the layer is written."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.form import DIRECT, PRODUCT
from solver.forms.mirror import Mirror
from solver.forms.wish import AS_WRITTEN, Wish, form_named
from solver.hardware import Hardware, read_hardware
from solver.layer import INPUTS, LoopNest, Primitive
from solver.layer import Loops as BareLoops
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.readers.read import read_layers
from solver.search.solve import solve
from solver.search.two_level.solve import pareto_levels, solve_levels

ARRAYS = (
    read_hardware(num_ms=16, dn_bw=4, rn_bw=4),
    read_hardware(num_ms=16, dn_bw=8, rn_bw=2, accumulation_buffer=False),
    read_hardware("maeri-64-rtl", num_ms=16, dn_bw=4, rn_bw=4),
)
LEVELS = read_hardware("maeri-64-dram", num_ms=16, dn_bw=4, rn_bw=4)


def some_layer(rng: Random) -> Primitive:
    nest = LoopNest(
        R=rng.randint(1, 3),
        S=rng.randint(1, 3),
        C=rng.randint(1, 4),
        K=rng.randint(1, 4),
        G=rng.choice((1, 1, 2)),
        N=rng.choice((1, 1, 2)),
        X=rng.randint(1, 5),
        Y=rng.randint(1, 5),
        stride=(rng.randint(1, 2), rng.randint(1, 2)),
        dilation=(rng.choice((1, 1, 2)), rng.choice((1, 1, 2))),
    )
    return BareLoops(loops=nest)


def apart(layer: Primitive, hardware: Hardware, objective: Objective, wish: Wish) -> dict[str, object]:
    """Return the optimum of every form by itself; forms without a legal mapping are left out."""
    found: dict[str, object] = {}
    for form in wish.forms(layer, hardware):
        try:
            alone = solve(BareLoops(loops=form.nest), hardware, objective, workers=1)
        except InfeasibleError:
            continue
        assert alone.proved and alone.form == DIRECT
        found[form.name] = alone.objective_value
    return found


@pytest.mark.parametrize("seed", range(5, 8))  # `python -m benchmarks.proofs.forms_oracle` takes more
@pytest.mark.parametrize("array", range(3))
def test_the_answer_is_the_least_optimum_of_all_forms(seed: int, array: int) -> None:
    rng = Random(f"{seed} {array}")
    layer, hardware = some_layer(rng), ARRAYS[array]
    objective, wish = rng.choice(list(Objective)), Wish(copying=rng.random() < 0.6)
    optima = apart(layer, hardware, objective, wish)
    answer = solve(layer, hardware, objective, wish=wish, workers=1)
    assert answer.proved and answer.objective_value == answer.bound == min(optima.values())
    # Of forms that cost the same the simplest is named.
    assert answer.form == min(optima, key=lambda name: optima[name])
    assert answer.nest == form_named(layer, answer.form).nest
    assert answer.space.forms == len(optima)


@pytest.mark.parametrize("seed", range(2))  # --written N, with a buffer, takes more
def test_two_levels_are_the_least_optimum_of_all_forms(seed: int) -> None:
    rng = Random(seed)
    layer, objective = some_layer(rng), rng.choice(list(Objective))
    forms = Wish().forms(layer, LEVELS)
    alone = [solve_levels(layer, LEVELS, objective, wish=Wish(only=form.name)) for form in forms]
    answer = solve_levels(layer, LEVELS, objective, wish=Wish())
    assert answer.proved
    values = [float(each.objective_value) for each in alone]
    assert float(answer.objective_value) == pytest.approx(min(values), rel=1e-9)
    front = pareto_levels(layer, LEVELS, wish=Wish())
    assert front.proved
    assert min(point.cost.cycles for point in front.points) == min(
        each.cost.cycles
        for form in forms
        for each in pareto_levels(layer, LEVELS, wish=Wish(only=form.name)).points
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_layer_its_mirror_image_and_its_product_have_one_optimum(seed: int) -> None:
    rng = Random(seed)
    nest = replace(some_layer(rng).nest(), dilation=(1, 1))
    if seed % 2:
        nest = replace(nest, R=1, S=1, stride=(1, 1))
    values = {
        solve(BareLoops(loops=way), ARRAYS[0], Objective.LATENCY, wish=Wish(), workers=1).objective_value
        for way in written(nest)
    }
    assert len(values) == 1


@pytest.mark.parametrize(
    ("nest", "objective"),
    [
        # The best mapping has the inner dimension in R.
        (LoopNest(C=7, K=11, G=2, X=10, Y=3), Objective.ENERGY),
        (LoopNest(C=5, K=9, X=7, Y=5, N=3), Objective.EDP),
        (LoopNest(R=3, S=2, C=3, K=4, X=5, Y=7), Objective.LATENCY),
        (LoopNest(R=4, S=3, C=3, K=7), Objective.ENERGY),
    ],
)
def test_on_two_levels_too(nest: LoopNest, objective: Objective) -> None:
    hardware = read_hardware("maeri-64-dram", num_ms=32, dn_bw=8, rn_bw=8)
    assert hardware.memory is not None
    small = replace(hardware.memory, buffer=replace(hardware.memory.buffer, capacity=256))
    hardware = replace(hardware, memory=small)
    ways = written(nest)
    assert len(ways) > 1
    values = {
        solve_levels(BareLoops(loops=way), hardware, objective, wish=Wish()).objective_value for way in ways
    }
    assert len(values) == 1


def written(nest: LoopNest) -> list[LoopNest]:
    """Return the ways to write a nest: itself, its mirror image, and the products that it is."""
    forms = Wish().forms(BareLoops(loops=nest), ARRAYS[0])
    products = [form.nest for form in forms if PRODUCT in form.families and not form.varied]
    return list(dict.fromkeys([nest, Mirror().nest(nest), *products]))


def test_strips_are_searched_where_images_run_at_once() -> None:
    (layer,) = read_layers("conv 16x12x12 -> 8, 1x1")
    assert isinstance(layer, Primitive)
    for array, expected in zip((*ARRAYS, LEVELS), (True, True, False, False), strict=True):
        forms = Wish().forms(layer, array)
        assert any("strips" in form.families for form in forms) == expected
        assert any("strips" in form.families for form in Wish.of("strips").forms(layer, array)) == expected
        assert len(forms) == (19 if expected else 5 if array is LEVELS else 7)


@pytest.mark.parametrize(
    ("layer", "hardware", "direct", "moving", "form"),
    [
        ("conv 3x224x224 -> 64, 7x7, stride 2, pad 3", "maeri-256", 1844176, 618444,
         "space to depth of rows and columns"),
        ("conv 128x17x17 -> 128, 7x1, pad 3x0", "maeri-256", 260748, 162844, "mirrored"),
        ("conv 960x1x1 -> 240, 1x1", "maeri-256", 5784, 3672, "product, inputs stationary"),
        ("conv 512x13x13 -> 64, 1x1", "maeri-256", 87052, 44556, "product, weights stationary, 2 strips"),
    ],
)  # fmt: skip
def test_known_gains(layer: str, hardware: str, direct: int, moving: int, form: str) -> None:
    (read,) = read_layers(layer)
    assert isinstance(read, Primitive)
    used = read_hardware(hardware)
    before = solve(read, used, Objective.LATENCY, wish=AS_WRITTEN, workers=1)
    after = solve(read, used, Objective.LATENCY, wish=Wish(), workers=1)
    assert (before.cost.cycles, after.cost.cycles, after.form) == (direct, moving, form)


def test_a_wish_restricts_the_forms() -> None:
    (layer,) = read_layers("conv 4x9x7 -> 4, 3x3, stride 2")
    assert isinstance(layer, Primitive)

    def names(forms: str | None, stationary: str | None = None) -> set[str]:
        return {form.name for form in Wish.of(forms, stationary).forms(layer, ARRAYS[0])}

    assert names("direct") == {DIRECT}
    assert names("mirrored") == {DIRECT, "mirrored"}
    assert names(None) < names("all")
    assert all(form.copies == 1 for form in Wish().forms(layer, ARRAYS[0]))
    inputs = "full patches as a product, inputs stationary"
    assert names("all", INPUTS) >= {inputs, f"{inputs}, 2 strips", f"{inputs}, 4 strips"}
    assert all("inputs stationary" in name for name in names("all", INPUTS))
    assert names(None, INPUTS) == names(None)


def test_baselines_keep_to_the_direct_form_and_searching_ones_follow_the_answer() -> None:
    (layer,) = read_layers("conv 8x7x7 -> 4, 3x1")
    assert isinstance(layer, Primitive)
    question = Question(hardware=ARRAYS[0], objective=Objective.LATENCY, limits=Limits(), workers=1)
    answer, _ = map_layer(layer, question)
    chosen = {b.name: b.form for b in answer.baselines if b.tile}
    assert chosen["filter-per-vn"] == DIRECT
    exhaustive = next(b for b in answer.baselines if b.name == "exhaustive")
    assert (exhaustive.form, exhaustive.cost) == (answer.form, answer.cost) and answer.form != DIRECT
    assert f"{answer.space.size} mappings of {answer.space.forms} forms" in exhaustive.note
