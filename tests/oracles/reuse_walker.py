"""Walk a two-level loop nest word by word: the oracle of the memory traffic model.

The walker knows no formula. It runs the loops over the buffer tiles in their order, keeps the set of words
that the buffer holds of each operand, and counts the words that really have to be moved; inside a buffer tile
it runs the array's loops and counts the distinct words of each step. For layers of some thousand
multiplications.

What the buffer keeps (the controller's policy, see `solver.cost.two_level.dram`): an operand's tile until
another is needed; when the tile moves on by one step along X or Y alone, the inputs that both tiles want
stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from solver.layer import DIMS, LoopNest
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile

GROUPS = {"K": ("K",), "P": ("N", "X", "Y"), "Q": ("C", "R", "S")}

Ranges = dict[str, range]
Index = dict[str, int]


@dataclass(frozen=True)
class Walk:
    """Words moved, and the room taken.

    Attributes
    ----------
    moved
        Words by the names of the model's events (dram_weights, ..., weight_reads, ...).
    capacity
        Most words held at once, per operand.
    """

    moved: Counter[str]
    capacity: dict[str, int]


def walk(nest: LoopNest, mapping: LevelMapping, *, forwards: bool, adder: bool = False) -> Walk:
    """Run the loops of a layer.

    Parameters
    ----------
    forwards
        Whether the array forwards inputs as the window slides.
    adder
        Whether the buffer adds partial sums; else they go back into the array, padded ones like data.
    """
    moved: Counter[str] = Counter()
    capacity = {"weights": 0, "inputs": 0, "outputs": 0}
    held: dict[str, set[tuple[int, ...]]] = {"weights": set(), "inputs": set(), "outputs": set()}
    finished: Counter[tuple[int, ...]] = Counter()
    last: Index | None = None
    passes = _count_passes(nest, mapping.buffer)
    for index in _buffer_loops(nest, mapping):
        tile = _ranges(nest, mapping.buffer, index)
        wanted = {"weights": _weights(tile), "inputs": _inputs(nest, tile), "outputs": _outputs(tile)}
        for operand, words in wanted.items():
            capacity[operand] = max(capacity[operand], len(words))
        moved["dram_weights"] += len(wanted["weights"] - _kept(held["weights"], wanted["weights"]))
        inputs = wanted["inputs"]
        stay = held["inputs"] if last is None or _one_step(last, index) else _kept(held["inputs"], inputs)
        moved["dram_inputs"] += len(inputs - stay)
        if wanted["outputs"] != held["outputs"]:
            # Sums leave the chip, finished or not, and unfinished ones come back.
            moved["dram_outputs"] += len(held["outputs"])
            moved["dram_psums"] += sum(1 for word in wanted["outputs"] if finished[word])
        if adder:
            moved["psum_reads"] += sum(1 for word in wanted["outputs"] if finished[word])
        elif any(finished[word] for word in wanted["outputs"]):
            came_back = _outputs_of_array_tiles(mapping, tile)
            moved["psum_reads"] += came_back
            moved["psum_forwards"] += came_back
        moved["writes"] += len(wanted["outputs"])
        finished.update(wanted["outputs"])
        held, last = wanted, index
        _walk_array(nest, mapping, tile, forwards, moved)
    moved["dram_outputs"] += len(held["outputs"])
    assert set(finished.values()) == {passes}
    return Walk(moved, capacity)


def _kept(held: set[tuple[int, ...]], wanted: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
    return held if held == wanted else set()


def _one_step(before: Index, after: Index) -> bool:
    """Return whether the input tile moved by one step along X or Y alone (K aside: inputs ignore it)."""
    changed = [dim for dim in DIMS if before[dim] != after[dim] and dim != "K"]
    return len(changed) == 1 and changed[0] in "XY" and after[changed[0]] == before[changed[0]] + 1


def _count_passes(nest: LoopNest, buffer: Tile) -> int:
    count = 1
    for dim in "CRS":
        count *= -(-getattr(nest, dim) // getattr(buffer, dim))
    return count


def _buffer_loops(nest: LoopNest, mapping: LevelMapping) -> Iterator[Index]:
    order = ["G", *(dim for group in mapping.dram_order for dim in GROUPS[group])]
    trips = [range(-(-getattr(nest, dim) // getattr(mapping.buffer, dim))) for dim in order]
    for values in product(*trips):
        yield dict(zip(order, values, strict=True))


def _ranges(nest: LoopNest, buffer: Tile, index: Index) -> Ranges:
    ranges = {}
    for dim in DIMS:
        size, step = getattr(nest, dim), getattr(buffer, dim)
        ranges[dim] = range(index[dim] * step, min(size, (index[dim] + 1) * step))
    return ranges


def _weights(tile: Ranges) -> set[tuple[int, ...]]:
    return set(product(tile["G"], tile["K"], tile["C"], tile["R"], tile["S"]))


def _outputs(tile: Ranges) -> set[tuple[int, ...]]:
    return set(product(tile["N"], tile["G"], tile["K"], tile["X"], tile["Y"]))


def _inputs(nest: LoopNest, tile: Ranges) -> set[tuple[int, ...]]:
    rows = {x * nest.stride[0] + r * nest.dilation[0] for x in tile["X"] for r in tile["R"]}
    cols = {y * nest.stride[1] + s * nest.dilation[1] for y in tile["Y"] for s in tile["S"]}
    return set(product(tile["N"], tile["G"], tile["C"], rows, cols))


def _outputs_of_array_tiles(mapping: LevelMapping, tile: Ranges) -> int:
    """Count the outputs of the array's tiles on a buffer tile, those that pad it included."""
    words = 1
    for dim in "NGKXY":
        words *= sum(len(block) for block in _split(tile[dim], getattr(mapping.tile, dim), clip=False))
    return words


def _walk_array(
    nest: LoopNest, mapping: LevelMapping, tile: Ranges, forwards: bool, moved: Counter[str]
) -> None:
    """Count the words that the array reads of one buffer tile.

    As in the hardware, padding along X, Y and G is read like data (the address generator does not know
    better); taps, channels and filters that the buffer tile does not hold are not.
    """
    blocks = {dim: _split(tile[dim], getattr(mapping.tile, dim), clip=dim in "CKRS") for dim in DIMS}
    folds = list(product(blocks["C"], blocks["R"], blocks["S"]))
    taps = sum(len(c) * len(r) * len(s) for c, r, s in folds)
    for n, g in product(blocks["N"], blocks["G"]):
        images, groups = len(n), len(g)
        if mapping.array_order == "weights":
            for k in blocks["K"]:
                moved["weight_reads"] += groups * len(k) * taps
                for x, (column, y) in product(blocks["X"], enumerate(blocks["Y"])):
                    slides = forwards and column > 0
                    moved["input_reads"] += images * groups * _window(nest, x, y, folds, slides)
            continue
        for x, y in product(blocks["X"], blocks["Y"]):
            often = 1 if mapping.array_order == "inputs" else len(blocks["K"])
            moved["input_reads"] += images * groups * _window(nest, x, y, folds, slides=False) * often
            moved["weight_reads"] += groups * taps * sum(len(k) for k in blocks["K"])


def _split(whole: range, step: int, *, clip: bool) -> list[range]:
    return [range(i, min(i + step, whole.stop) if clip else i + step) for i in whole[::step]]


def _window(nest: LoopNest, x: range, y: range, folds: list[tuple[range, range, range]], slides: bool) -> int:
    """Count the distinct input words of one window, each fold read on its own."""
    words = 0
    for c, r, s in folds:
        rows = {i * nest.stride[0] + j * nest.dilation[0] for i in x for j in r}
        cols = {i * nest.stride[1] + j * nest.dilation[1] for i in y for j in (s[-1:] if slides else s)}
        words += len(c) * len(rows) * len(cols)
    return words
