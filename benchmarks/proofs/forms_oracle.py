"""Forms of random layers: their optimum beside that of every form, their execution, one layer written twice.

    python -m benchmarks.proofs.forms_oracle [--layers 500] [--from 0] [--written 200] [--stonne PATH --runs
    40]

1. The answer to a layer equals the least of the optima of its forms, each mapped by itself as a plain layer
   (and on every fifth layer by evaluating all its legal tiles one by one); every sixteenth layer runs with a
   prefetch buffer. The layers are of all kinds, parts of transposed convolutions among them.
2. Each form, with a random legal tile, is executed switch by switch, on the simulator's array and on the real
   one, and compared with direct convolution in the layout of the layer.
3. A layer, its mirror image, and the products that it is have one optimum, on one level and on two.
4. With `--stonne` (an own build of the simulator): forms that it can run, in its cycles.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measured.fresh_simulations import MOST_WORK, simulate
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.execution.arithmetic import Arithmetic
from solver.forms.form import PRODUCT
from solver.forms.mirror import Mirror
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, ConvTranspose, LoopNest, Loops, Primitive
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile
from solver.search.solve import solve
from solver.writers.stonne import stonne_flags
from tests.support.execution_checks import KINDS, Case, random_layer

REAL = "real"
ARRAYS = {
    "simulator": read_hardware(num_ms=16, dn_bw=4, rn_bw=4),
    "wide ports": read_hardware(num_ms=32, dn_bw=8, rn_bw=8),
    "no accumulation buffer": read_hardware(num_ms=16, dn_bw=8, rn_bw=2, accumulation_buffer=False),
    REAL: read_hardware("maeri-64-rtl", num_ms=16, dn_bw=4, rn_bw=4),
}
LEVELS = {
    f"{hardware.name}, {size} bytes": replace(
        hardware, memory=replace(hardware.memory, buffer=replace(hardware.memory.buffer, capacity=size))
    )
    for hardware in (
        read_hardware("maeri-64-dram", num_ms=16, dn_bw=4, rn_bw=4),
        read_hardware("maeri-64-dram", num_ms=32, dn_bw=8, rn_bw=8),
    )
    if hardware.memory is not None
    for size in (256, 512, 2048, 65536)
}
MOST_TILES = 4000
"""Tiles of a form up to which all are evaluated."""


def drawn_layer(rng: Random, number: int) -> Primitive:
    """Return a layer of the kind whose turn it is; of a transposed convolution a part."""
    turn = number % (len(KINDS) + 2)
    if turn < len(KINDS):
        return random_layer(rng, KINDS[turn])
    groups = rng.randint(1, 2)
    sizes: dict[str, Any] = {
        "batch": rng.randint(1, 2),
        "filters": groups * rng.randint(1, 4),
        "kernel": (rng.randint(1, 4), rng.randint(1, 4)),
        "stride": (rng.randint(1, 3), rng.randint(1, 3)),
        "dilation": (rng.randint(1, 2), rng.randint(1, 2)),
        "groups": groups,
    }
    channels, least = groups * rng.randint(1, 4), 2 if turn == len(KINDS) else 7
    sizes["input"] = (channels, rng.randint(least, least + 3), rng.randint(least, least + 3))
    if turn > len(KINDS):
        return Conv(**sizes)
    parts = [part.layer for part in rng.choice(ConvTranspose(**sizes).decompositions()).parts]
    return rng.choice([part for part in parts if isinstance(part, Primitive)])


def alone(nest: LoopNest, hardware: Hardware, objective: Objective) -> Decimal | None:
    """Return the optimum of a nest as a plain layer, or None if it has no legal mapping."""
    try:
        return solve(Loops(loops=nest), hardware, objective, workers=1).objective_value
    except InfeasibleError:
        return None


def enumerated(nest: LoopNest, hardware: Hardware, objective: Objective) -> Decimal | None:
    """Return the least value of all legal tiles, or None if there are too many or none."""
    tiles = legal_tiles(nest, hardware)
    if not 0 < len(tiles) <= MOST_TILES:
        return None
    return min(evaluate(nest, hardware, Tile.of(sizes)).value(objective) for sizes in tiles)


def check_layers(count: int, first: int) -> None:
    """Print how many answers are the least optimum of all forms, and how many forms compute the layer."""
    found, wins, number = Counter[str](), Counter[str](), first
    while found["layers"] < count:
        rng = Random(f"layer {number}")
        layer, simulated = drawn_layer(rng, number), rng.choice([name for name in ARRAYS if name != REAL])
        wish = Wish(copying=rng.random() < 0.5)
        known = check_optimum(layer, rng, number, wish, found, wins)
        for name in (simulated, REAL) if known else ():
            array = "the real hardware" if name == REAL else "the simulator's array"
            done, right = executed(layer, rng, wish, ARRAYS[name])
            found[f"forms executed on {array}"] += done
            found[f"forms right on {array}"] += right
        number += 1
    print(f"layers drawn: {first} to {number - 1}")
    for what, many in found.items():
        print(f"{what}: {many}")
    print(
        "forms of the answers:",
        ", ".join(f"{form} {many}" for form, many in wins.most_common()),
        flush=True,
    )


def check_optimum(
    layer: Primitive, rng: Random, number: int, wish: Wish, found: Counter[str], wins: Counter[str]
) -> bool:
    """Count whether the answer to a layer is the least optimum of its forms; False if it has no mapping."""
    levels = number % 16 == 7
    hardware = rng.choice(list((LEVELS if levels else ARRAYS).values()))
    objective = rng.choice(list(Objective))
    forms = wish.forms(layer, hardware)
    optima = {form.name: alone(form.nest, hardware, objective) for form in forms}
    known = {form: value for form, value in optima.items() if value is not None}
    if not known:
        return False
    answer = solve(layer, hardware, objective, wish=wish, workers=1)
    found["layers"] += 1
    right = answer.proved and answer.objective_value == min(known.values())
    found["answers that are the least optimum"] += right
    found["of these with a prefetch buffer"] += right and levels
    if not right:
        print(f"differs: layer {number}: {answer.objective_value}, {known}")
    wins[answer.form] += 1
    for form in forms if number % 5 == 0 and not levels else ():
        if (least := enumerated(form.nest, hardware, objective)) is not None:
            found["forms enumerated"] += 1
            found["forms whose optimum is that of the enumeration"] += least == known[form.name]
    return True


def executed(layer: Primitive, rng: Random, wish: Wish, hardware: Hardware) -> tuple[int, int]:
    """Execute a random legal tile of every form; return how many there are and how many are right."""
    done = right = 0
    for form in wish.forms(layer, hardware):
        tiles = legal_tiles(form.nest, hardware)
        if len(tiles):
            tile = Tile.of(tiles[rng.randrange(len(tiles))])
            done += 1
            right += Case(layer.kind, layer, form.nest, hardware, tile, Arithmetic.EXACT).run()[1]
    return done, right


def check_written(count: int, levels: int) -> None:
    """Print how many layers cost the same however they are written, on one level or on two."""
    rng, found = Random(30 + levels), Counter[str]()
    arrays = list((ARRAYS if levels == 1 else LEVELS).values())
    while found["layers"] < count:
        kind = rng.choice(("conv", "strided", "grouped", "pointwise", "pointwise", "gemm"))
        nest = random_layer(rng, kind).nest()
        hardware, objective = rng.choice(arrays), rng.choice(list(Objective))
        forms = Wish().forms(Loops(loops=nest), hardware)
        products = [form.nest for form in forms if PRODUCT in form.families and not form.varied]
        ways = dict.fromkeys([nest, Mirror().nest(nest), *products])
        values = [least(way, hardware, objective) for way in ways]
        found["layers"] += 1
        found["with a product form"] += bool(products)
        if len(set(values)) == 1:
            found["one optimum for all ways"] += 1
        else:
            print(f"differs: {nest} on {hardware}, {objective}: {values}")
    print(f"written in every way, levels: {levels}")
    for what, number in found.items():
        print(f"{what}: {number}", flush=True)


def least(nest: LoopNest, hardware: Hardware, objective: Objective) -> Decimal | None:
    """Return the optimum over the default forms."""
    try:
        return solve(Loops(loops=nest), hardware, objective, wish=Wish(), workers=1).objective_value
    except InfeasibleError:
        return None


def check_simulated(program: Path, runs: int) -> None:
    """Print how many runs of the simulator are right and take our cycles."""
    rng, found = Random(56), Counter[str]()
    while found["runs"] < runs:
        layer: Primitive = random_layer(rng, rng.choice(("conv", "strided", "pointwise", "gemm", "grouped")))
        hardware = ARRAYS[rng.choice(("simulator", "wide ports"))]
        form = rng.choice(Wish(copying=True).forms(layer, hardware))
        nest = form.nest
        tiles = legal_tiles(nest, hardware)
        if not form.steps or nest.stride[0] != nest.stride[1] or nest.dilation != (1, 1) or not len(tiles):
            continue
        question = (nest, hardware, Tile.of(tiles[rng.randrange(len(tiles))]))
        cost = evaluate(*question)
        if cost.cycles * hardware.num_ms > MOST_WORK:
            continue
        flags = stonne_flags(*question)
        status, cycles, _ = simulate(program, flags)
        found["runs"] += 1
        found["right outputs"] += status == "OK"
        found["our cycles"] += cycles == cost.cycles
        found[f"  {' '.join(sorted(form.families))}"] += 1
        if status != "OK" or cycles != cost.cycles:
            print(f"differs: {form.name}: {question}: {cost.cycles}, simulator {cycles}, {status}")
    for what, number in found.items():
        print(f"{what}: {number}", flush=True)


def main() -> None:
    """Print all counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=500)
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first layer drawn")
    parser.add_argument("--written", type=int, default=200)
    parser.add_argument("--stonne", type=Path)
    parser.add_argument("--runs", type=int, default=40)
    asked = parser.parse_args()
    started = time.process_time()
    check_layers(asked.layers, asked.first)
    for levels in (1, 2):
        check_written(asked.written, levels)
    if asked.stonne is not None:
        check_simulated(asked.stonne.resolve(), asked.runs)
    print(f"processor time: {time.process_time() - started:.0f} s")


if __name__ == "__main__":
    main()
