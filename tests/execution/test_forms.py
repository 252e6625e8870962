"""Every form of a layer, executed switch by switch, computes what the layer does."""

from __future__ import annotations

from random import Random

import pytest

from solver.execution.arithmetic import Arithmetic
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.layer import Conv, Gemm, MaxPool, Primitive
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile
from tests.support.execution_checks import Case


def some_layer(rng: Random) -> Primitive:
    if rng.random() < 0.15:
        return Gemm(m=rng.randint(1, 4), n=rng.randint(1, 4), k=rng.randint(1, 5))
    shape = {
        "input": (rng.choice((2, 4)), rng.randint(5, 7), rng.randint(5, 7)),
        "kernel": (rng.randint(1, 3), rng.randint(1, 3)),
        "stride": (rng.randint(1, 2), rng.randint(1, 2)),
        "padding": ((rng.randint(0, 1), 0), (0, rng.randint(0, 1))),
        "batch": rng.randint(1, 2),
    }
    if rng.random() < 0.15:
        return MaxPool(**shape)
    dilation = (rng.randint(1, 2), rng.randint(1, 2))
    return Conv(**shape, filters=2 * rng.randint(1, 2), groups=rng.randint(1, 2), dilation=dilation)


@pytest.mark.parametrize("seed", range(16))
@pytest.mark.parametrize("array", ["simulator", "real"])
def test_every_form_computes_the_layer(seed: int, array: str) -> None:
    rng = Random(seed)
    layer = some_layer(rng)
    hardware = read_hardware("maeri-64-rtl" if array == "real" else "maeri-256", num_ms=16, dn_bw=4, rn_bw=4)
    ran = 0
    for form in Wish(copying=True).forms(layer, hardware):
        tiles = legal_tiles(form.nest, hardware)
        if not len(tiles):
            continue
        tile = Tile.of(tiles[rng.randrange(len(tiles))])
        case = Case(layer.kind, layer, form.nest, hardware, tile, Arithmetic.EXACT)
        assert case.run()[1], form.name
        ran += 1
    assert ran or layer.kind == "maxpool"
