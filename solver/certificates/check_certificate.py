#!/usr/bin/env python3
"""Check a certificate of maeri-solver: ``python check_certificate.py FILE``.

A certificate holds a question (a layer, an accelerator, an energy table, limits, forms), an answer, and the
mappings that had to be timed to know that nothing is better. This program believes none of it. It is one
file, needs the standard library and numpy, and shares no line with the program that wrote the certificate;
its formulas follow docs/specification, whose rules (T1, S1 and so on) it names. It

1. turns the layer into loops and lists all forms that the question allows;
2. enumerates every tile of every form and keeps those that are legal (T10);
3. bounds the cost of each from below, first roughly, then on the laid-out array (T23, T24);
4. times each tile that its bound does not rule out, cycle by cycle, and prices it exactly;
5. does the same for sums over pieces of the layer, where it may be cut, and for buffer tiles and loop orders,
   where there is a prefetch buffer;
6. believes the certificate if nothing costs less than it says, if the answer costs what it says, and if the
   counts and the list of timed mappings are those that it finds itself.

How to read it. Begin at the end: "The verdict" is what is believed, and what for. It rests on three things.
The space: "The question", "Forms", "Tiles". What a mapping costs: "The adder tree", "Tiles laid out", events
in "Bounds", and "Cycles, one tile at a time". What it costs at least: `least_cycles`, instead of the cycles.
A certificate without a prefetch buffer needs none of "Two levels", one in one piece none of
"Pieces"; `RealStream` is the real hardware's, `Folding` and `Run` are the simulator's, without accumulators
and with them.

The first reason for disbelief is printed, with exit code 1; a file that is no certificate gives exit code 2.

What is trusted: the rules (the cost model), Python and numpy. What is not: the search, the constraint solver,
the cost functions, the cache and the files of maeri-solver.
"""

from __future__ import annotations

import hashlib
import json
import sys
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from itertools import combinations, pairwise, product
from math import ceil, gcd, lcm, prod
from typing import Any, NamedTuple

import numpy as np

DIMS = ("R", "S", "C", "K", "G", "N", "X", "Y")
R, S, C, K, G, N, X, Y = range(8)
REDUCED, OUTER = [C, R, S], [K, G, N, X, Y]
"""Loops whose products are added to one output, and the others."""
FORMAT, VERSION = "maeri-solver certificate", 1
LONG_RUN, MANY_ITERATIONS = 60_000_000, 20_000
"""Outputs and iterations of a mapping that may be timed one by one (T25)."""
ROUNDING = 1e-9
"""Bounds on energies are floating point; they count as this much lower (or higher) than computed."""
CHUNK = 1 << 21
"""Array elements at once."""
FAR = 1 << 40
"""More cycles or passes than there are."""


class Disbelief(Exception):
    """The first reason for not believing a certificate."""


class Unreadable(Exception):
    """The file is no certificate."""


def demand(condition: object, reason: str) -> None:
    """Raise `Disbelief` unless a condition holds."""
    if not condition:
        raise Disbelief(reason)


# ----------------------------------------------------------------------------------------------------------
# The question: loops, accelerator
# ----------------------------------------------------------------------------------------------------------


class Nest(NamedTuple):
    """Loop sizes in the order of `DIMS`; stride and dilation along (rows, columns); what the adders do."""

    size: tuple[int, ...]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    adds: bool = True

    @property
    def outputs(self) -> int:
        """Output words."""
        return prod(self.size[d] for d in (N, G, K, X, Y))


def resized(nest: Nest, loop: int, size: int) -> Nest:
    """Return loops of which one has another size."""
    return nest._replace(size=tuple(size if d == loop else old for d, old in enumerate(nest.size)))


def nest_of(sizes: dict[str, int], **rest: Any) -> Nest:
    """Build a nest from the loops that are not 1."""
    return Nest(tuple(sizes.get(d, 1) for d in DIMS), **rest)


def loops_of_layer(layer: dict[str, Any]) -> Nest:
    """Return the loops of a layer as it is written (T12 for matrix products)."""
    kind = layer["kind"]
    if kind == "fc":
        return nest_of({"S": layer["inputs"], "K": layer["outputs"], "X": layer["batch"]})
    if kind in ("gemm", "matmul"):
        return nest_of({"S": layer["k"], "K": layer["n"], "X": layer["m"], "G": layer.get("batch", 1)})
    if kind == "add":
        return nest_of({"C": layer["operands"], "X": layer["elements"]})
    if kind == "multiply":
        return nest_of({"G": layer["elements"], "S": layer["terms"], "X": layer["broadcast"]})
    if kind == "loops":
        rest = {"stride": tuple(layer["stride"]), "dilation": tuple(layer["dilation"])}
        demand(layer["sums"] == "whole", "the loops are a part of sums that go on elsewhere")
        return nest_of({d: layer[d] for d in DIMS}, adds=layer["operation"] == "mac", **rest)
    demand(kind in ("conv", "maxpool", "avgpool"), f"a layer of unknown kind {kind!r}")
    channels, *image = layer["input"]
    window = layer.get("kernel") or image
    stride = layer.get("stride") or window
    dilation = layer["dilation"]
    out = [
        (image[a] + sum(layer["padding"][a]) - (window[a] - 1) * dilation[a] - 1) // stride[a] + 1
        for a in (0, 1)
    ]
    sizes = {"R": window[0], "S": window[1], "N": layer["batch"], "X": out[0], "Y": out[1]}
    if kind == "conv":
        groups = layer["groups"]
        sizes |= {"C": channels // groups, "K": layer["filters"] // groups, "G": groups}
    else:  # one group a channel; nothing strides where there is one window
        sizes |= {"G": channels}
        stride = [stride[a] if out[a] > 1 else 1 for a in (0, 1)]
    return nest_of(sizes, stride=tuple(stride), dilation=tuple(dilation), adds=kind != "maxpool")


class Machine(NamedTuple):
    """An accelerator; `price` is energy per event and `static` per cycle, in units of 1 / `unit`."""

    ms: int
    dn_bw: int
    rn_bw: int
    accumulators: bool
    real: bool
    sliding: bool
    price: dict[str, int]
    static: int
    unit: int

    @property
    def width(self) -> int:
        """Multipliers behind a read port (m)."""
        return self.ms // self.dn_bw

    @property
    def latch(self) -> int:
        """Cycles in the distribution network (l, T5)."""
        return int(self.dn_bw < self.ms)


def machine_of(hardware: dict[str, Any], table: dict[str, str]) -> Machine:
    """Read an accelerator and its energy table."""
    ms, dn_bw, rn_bw = (hardware[key] for key in ("num_ms", "dn_bw", "rn_bw"))
    for size in (ms, dn_bw, rn_bw):
        demand(type(size) is int and 1 <= size <= ms and size & (size - 1) == 0, "no such accelerator")
    real, accumulators = hardware["reduction"] == "rtl", hardware["accumulation_buffer"]
    demand(not (real and accumulators), "the real hardware has no accumulation buffer")
    exact = {name: Fraction(text) for name, text in table.items()}
    unit = 1
    for value in exact.values():
        unit = unit * value.denominator // gcd(unit, value.denominator)
    price = {name: int(value * unit) for name, value in exact.items()}
    demand(all(value >= 0 for value in price.values()), "an energy below 0")
    # T20: what leaks.
    leaking = rn_bw if real else (ms - 1) * accumulators
    static = (ms - 1) * price["adder_static"] + leaking * price["accumulator_static"]
    static += (ms - dn_bw) * price["dn_switch_static"] + ms * price["multiplier_static"]
    static += price["buffer_static"]
    sliding = hardware["forwarding"] == "sliding"
    return Machine(ms, dn_bw, rn_bw, accumulators, real, sliding, price, static, unit)


# ----------------------------------------------------------------------------------------------------------
# Forms: other loops that compute the same (docs/explanation/forms.md)
# ----------------------------------------------------------------------------------------------------------


def lines(outputs: Any, taps: Any, stride: int, dilation: int) -> Any:
    """Count the distinct lines x stride + r dilation of an axis, for x < outputs and r < taps.

    With d = gcd(stride, dilation), output x sees again at its tap r what output x - dilation / d sees at tap
    r + stride / d; so the first dilation / d outputs share nothing, a later one brings min(taps, stride / d).
    """
    apart, fresh = dilation // gcd(stride, dilation), stride // gcd(stride, dilation)
    alone = np.minimum(outputs, apart)
    return alone * taps + (outputs - alone) * np.minimum(taps, fresh)


class Form(NamedTuple):
    """A nest that computes the layer, the steps and families that lead there, and what they ask of memory.

    `copies`: how often memory holds an input word, on average. `varied`: strips, or a product in other loops.
    `channels`: a product over C.
    """

    nest: Nest
    path: tuple[str, ...] = ()
    families: frozenset[str] = frozenset()
    copies: Fraction = Fraction(1)
    stays: str = "weights"
    varied: bool = False
    channels: bool = False

    def then(
        self, family: str, nest: Nest | None, copies: Fraction = Fraction(1), how: object = "", **rest: Any
    ) -> Form:
        """Take a step, if it leads to another nest; `how` tells steps of a family apart."""
        if nest is None or nest == self.nest:
            return self
        path = (*self.path, f"{family}{how}")
        new = Form(nest, path, self.families | {family}, self.copies * copies, self.stays)
        return new._replace(**rest)


def along(nest: Nest, axis: int, family: str | None) -> tuple[Nest | None, Fraction]:
    """Take a step along an axis; None if it means nothing there."""
    taps, outputs = nest.size[(R, S)[axis]], nest.size[(X, Y)[axis]]
    stride, dilation = nest.stride[axis], nest.dilation[axis]
    size, copies = list(nest.size), Fraction(1)
    if family == "space-to-depth" and nest.adds and dilation == 1 < stride < taps:
        size[(R, S)[axis]], size[C] = -(-taps // stride), nest.size[C] * stride
    elif family == "patches" and (taps > 1 or (stride > 1 and outputs > 1)):
        copies = Fraction(outputs * taps, int(lines(outputs, taps, stride, dilation)))
        size[(R, S)[axis]], size[C] = 1, nest.size[C] * taps
    elif family == "dilation-phases" and stride == 1 < dilation and taps > 1 and outputs > 1:
        size[(X, Y)[axis]], size[N] = -(-outputs // dilation), nest.size[N] * min(dilation, outputs)
    else:
        return None, copies

    def elsewhere(pair: tuple[int, int]) -> tuple[int, int]:
        return (1, pair[1]) if axis == 0 else (pair[0], 1)

    return Nest(tuple(size), elsewhere(nest.stride), elsewhere(nest.dilation), nest.adds), copies


def mirrored(nest: Nest) -> Nest:
    """Swap rows and columns."""
    size = tuple(nest.size[d] for d in (S, R, C, K, G, N, Y, X))
    return Nest(size, nest.stride[::-1], nest.dilation[::-1], nest.adds)


def stacked(nest: Nest) -> Nest | None:
    """Put the images one below the other, each padded to whole strides."""
    if nest.size[N] == 1:
        return None
    window = (nest.size[X] - 1) * nest.stride[0] + (nest.size[R] - 1) * nest.dilation[0] + 1
    pitch = nest.size[X] if nest.size[R] == 1 else -(-window // nest.stride[0])
    size = list(nest.size)
    size[X], size[N] = (nest.size[N] - 1) * pitch + nest.size[X], 1
    return nest._replace(size=tuple(size))


def strips_of(form: Form) -> Any:
    """Yield a form with its rows cut into strips, images of their own that run beside each other."""
    size, axis = form.nest.size, (form.nest.stride[0], form.nest.dilation[0])
    for count in (2, 4, 8):
        if size[K] > 1 and count <= size[X]:
            rows = -(-size[X] // count)
            held = sum(int(lines(min(rows, size[X] - at), size[R], *axis)) for at in range(0, size[X], rows))
            cut = list(size)
            cut[N], cut[X] = size[N] * count, rows
            copies = Fraction(held, int(lines(size[X], size[R], *axis)))
            yield form.then("strips", form.nest._replace(size=tuple(cut)), copies, count, varied=True)


def products_of(form: Form) -> Any:
    """Yield a form with windows of one word as the matrix products that it is (T12)."""
    size, adds = form.nest.size, form.nest.adds
    stream, kept = size[N] * size[X] * size[Y], size[K]
    for stays, inner in product(("weights", "inputs"), "SC"):
        if stays == "inputs" and not adds:
            continue
        sides = (stream, kept) if stays == "weights" else (kept, stream)
        nest = nest_of({inner: size[C], "X": sides[0], "K": sides[1], "G": size[G]}, adds=adds)
        path, channels = (*form.path, f"product {stays} {inner}"), inner == "C"
        one = Form(nest, path, frozenset({"product"}), form.copies, stays, channels, channels)
        yield one
        yield from strips_of(one)
        if inner == "S":
            yield one.then("mirrored", mirrored(nest), varied=True)


def every_form(direct: Form) -> Any:
    """Yield all forms: a step along each axis, then a product if it is one, else mirror, stack or strips."""
    yield direct
    yield direct.then("mirrored", mirrored(direct.nest))
    for chosen in product((None, "space-to-depth", "patches", "dilation-phases"), repeat=2):
        form = direct
        for axis, family in enumerate(chosen):
            form = form.then(family or "", *along(form.nest, axis, family), how=axis)
        if form.nest.size[R] == form.nest.size[S] == 1 and form.nest.stride == (1, 1):
            yield from products_of(form)
            continue
        for one in (form, form.then("mirrored", mirrored(form.nest))):
            yield one
            yield one.then("stacked-images", stacked(one.nest))
            if "patches" not in one.families:
                yield from strips_of(one)


def forms_of(direct: Nest, kind: str, wanted: dict[str, Any], *, one_image: bool, memory: bool) -> list[Form]:
    """Return every form of a layer's loops that a question allows, each nest once."""
    families = set(wanted["families"])
    plain = not families & {"product", "strips"}
    if kind in ("add", "multiply"):
        families = {"direct"}
    elif kind in ("fc", "gemm", "matmul"):
        families.add("product")
    kept: dict[Nest, Form] = {}
    for form in sorted(every_form(Form(direct)), key=lambda form: (form.varied, len(form.path))):
        cut = "strips" in form.families
        if (form.families - {"product"} if cut else form.families) <= families and (
            wanted["copying"] or form.copies == 1
        ):
            kept.setdefault(form.nest, form)
    forms = [
        form
        for form in kept.values()
        if not (one_image and "strips" in form.families)
        and not (memory and form.channels)
        and not (plain and "product" in form.families and form.varied)
    ]
    return [form for form in forms if form.stays == wanted["stationary"]] or forms


# ----------------------------------------------------------------------------------------------------------
# The adder tree of the simulator (T6, T6b) and of the real hardware (S1, S5, S6)
# ----------------------------------------------------------------------------------------------------------


class Wiring(NamedTuple):
    """How the virtual neurons (VNs) of one size are summed, one entry a VN, left to right.

    `line`, `place`: bus line, and place in the order in which lines serve adders (real hardware: switches).
    `paths`: cycles from each multiplier to the exit, shape (VNs, v); of the real hardware 2 levels + 1.
    """

    start: np.ndarray
    line: np.ndarray
    place: np.ndarray
    paths: np.ndarray
    twos: np.ndarray
    threes: np.ndarray
    wires: np.ndarray


@lru_cache(maxsize=64)
def simulator_lines(ms: int, rn_bw: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Number the adders as T6 does: pairs from the root down, then the first and last of each level.

    Returns
    -------
    dict
        Line of every (level, adder), and its place in the order of numbers.
    """
    height, pairs = ms.bit_length() - 1, 0
    found = {}
    for level in range(height):
        for adder in range(1, 2**level - 1, 2):
            found[level, adder] = pairs % rn_bw, 2 * pairs
            found[level, adder + 1] = pairs % rn_bw, 2 * pairs + 1
            pairs += 1
    number = 2 * pairs
    for level in range(height):
        for adder in sorted({0, 2**level - 1}):
            found[level, adder] = number % rn_bw, number
            number += 1
    return found


def summed_by_simulator(ms: int, first: int, size: int) -> tuple[int, int, np.ndarray, int, int, int]:
    """Configure the tree for one VN (T6b): level and adder of the exit, paths, 2:1 and 3:1 adds, wires."""
    level = ms.bit_length() - 1
    run = range(first, first + size)  # places of the level below that hold a value
    at = np.arange(first, first + size)  # where each multiplier's product is by now
    path = np.zeros(size, dtype=np.int64)
    twos = threes = wires = 0
    while level == ms.bit_length() - 1 or len(run) > 1:
        level -= 1
        wires += len(run)
        path += 1
        last = 2**level - 1
        up = dict.fromkeys(place // 2 for place in run)
        arriving = {adder: (2 * adder in run) + (2 * adder + 1 in run) for adder in up}
        at = at // 2
        for a in sorted({(adder - 1) // 2 * 2 + 1 for adder in up if 0 < adder < last}):
            if a not in arriving or a + 1 not in arriving:
                continue  # one span is 0
            left = min(run[-1], 2 * a + 1) - run[0] + 1
            right = run[-1] - max(run[0], 2 * a + 2) + 1
            to = a if left >= right else a + 1
            beyond = run[-1] >= 2 * a + 4 if to == a else run[0] <= 2 * a - 1
            if beyond:
                continue
            sender = 2 * a + 1 - to
            path[at == sender] += 1
            at[at == sender] = to
            wires += 1
            arriving[to] += 1
            # The sender passes its sum over the link, and nothing up.
            twos += arriving[sender] == 2
            del up[sender], arriving[sender]
        twos += sum(count == 2 for count in arriving.values())
        threes += sum(count == 3 for count in arriving.values())
        run = range(min(up), max(up) + 1)
        at = np.clip(at, run[0], run[-1])
    return level, run[0], path, twos, threes, wires


def climb(first: int, last: int) -> tuple[int, int]:
    """Go one level up the real tree (S5)."""
    return (
        (first + 1) // 2 if first % 4 == 3 else first // 2,
        last // 2 - 1 if last % 4 == 0 and last > 0 else last // 2,
    )


def summed_by_hardware(ms: int, first: int, size: int) -> tuple[int, int, int, int, int] | None:
    """Return levels, bus switch, 2:1 and 3:1 adds, wires of one VN on the real tree (S5), None: no fit."""
    a, b, levels, twos, threes, wires = first, first + size - 1, 0, 0, 0, 0
    if first == ms - 1:  # the right input of the last single switch
        a = b = ms // 2 - 1
        levels = wires = 1
    while levels == 0 or a < b:
        held = b - a + 1
        inner = (a % 4 == 3) + (b % 4 == 0 and b > 0)
        a, b = climb(a, b)
        levels, wires = levels + 1, wires + held
        if size > 1:
            twos += held - (b - a + 1) - 2 * inner
            threes += inner
    if a > b:
        return None
    level = ms.bit_length() - 1 - levels
    if level == 0:
        switch = 0
    elif a in (0, 2**level - 1):  # single switches, numbered apart (S1)
        switch = 2 * level - (a == 0)
    else:
        switch = 2 ** (level - 1) - level + (a - 1) // 2
    return levels, switch, twos, threes, wires


@lru_cache(maxsize=8192)
def wiring(ms: int, rn_bw: int, real: bool, size: int) -> Wiring:
    """Wire all VNs of one size: packed (T2), or on the first leaves where the real tree can add them up."""
    if not real:
        number = simulator_lines(ms, rn_bw)
        vns = [summed_by_simulator(ms, i * size, size) for i in range(ms // size)]
        columns = np.array([(*number[vn[0], vn[1]], *vn[3:]) for vn in vns]).T
        line, place, twos, threes, wires = columns
        paths = np.array([vn[2] for vn in vns])
        return Wiring(np.arange(len(vns)) * size, line, place, paths, twos, threes, wires)
    rows: list[tuple[int, ...]] = []
    free = 0
    while free + size <= ms:
        way = summed_by_hardware(ms, free, size)
        if size == 1 and (free < ms - 2 and free % 4 in (0, 3) and free > 1):
            way = None  # S6
        if size == 1 and free == ms - 1:
            way = None  # only reached if its neighbour is used (S6)
        if way is None:
            free += 1
            continue
        rows.append((free, *way))
        free += 2 if size == 1 and free in (0, ms - 2) else size  # S6: the other leaf stays unused
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return Wiring(none, none, none, np.zeros((0, size), dtype=np.int64), none, none, none)
    start, levels, switch, twos, threes, wires = np.array(rows).T
    paths = np.repeat((2 * levels + 1)[:, None], size, axis=1)
    return Wiring(start, switch % rn_bw, switch, paths, twos, threes, wires)


# ----------------------------------------------------------------------------------------------------------
# Tiles: the space, and what is legal (T10, S5, S6, S17)
# ----------------------------------------------------------------------------------------------------------


class Trips(NamedTuple):
    """Products of tile sizes and trip counts, one entry a tile (the specification's names)."""

    times: np.ndarray
    vn: np.ndarray
    V: np.ndarray
    F: np.ndarray
    iX: np.ndarray
    iY: np.ndarray
    NO: np.ndarray


def trips(nest: Nest, tiles: np.ndarray) -> Trips:
    """Count folds, windows and iterations."""
    count = -(-np.array(nest.size) // tiles)
    vn = tiles[:, [R, S, C]].prod(axis=1)
    return Trips(
        count,
        vn,
        tiles[:, [K, G, N, X, Y]].prod(axis=1),
        count[:, [R, S, C]].prod(axis=1),
        count[:, X],
        count[:, Y],
        count[:, [N, G, K]].prod(axis=1),
    )


def auxiliary(machine: Machine, n: Trips) -> np.ndarray:
    """Return aux: 1 where partial sums fold through memory."""
    return (n.F > 1) & (not machine.accumulators) & (not machine.real)


def forwards(nest: Nest, machine: Machine, tiles: np.ndarray) -> np.ndarray:
    """Return which tiles forward inputs (T4); not over a dilation, and on the real hardware not if Y = 1."""
    on = machine.sliding and nest.stride == (1, 1) and nest.dilation[1] == 1
    on = on and not (machine.real and nest.size[Y] == 1)
    return on & (tiles[:, Y] == 1) & (tiles[:, S] > 1) & (nest.size[S] % tiles[:, S] == 0)


def fitting_tiles(nest: Nest, machine: Machine, limits: dict[str, Any], *, images: bool = True) -> np.ndarray:
    """Enumerate the tiles within layer, limits, multipliers and the stride rule, in lexicographic order.

    `images`: whether several may be on the array at once.
    """
    tiles, used = np.zeros((1, 0), dtype=np.int64), np.ones(1, dtype=np.int64)
    for d, name in enumerate(DIMS):
        most = min(nest.size[d], limits["upper"].get(name, nest.size[d]), machine.ms)
        most = 1 if d == N and not images else most
        if d in (X, Y) and nest.stride != (1, 1):
            most = min(most, 1)
        sizes = np.arange(limits["lower"].get(name, 1), most + 1)
        grown = [(i, s) for s in sizes for i in [np.flatnonzero(used * s <= machine.ms)] if len(i)]
        if not grown:
            return np.zeros((0, 8), dtype=np.int64)
        at = np.concatenate([i for i, _ in grown])
        size = np.concatenate([np.full(len(i), s) for i, s in grown])
        tiles, used = np.column_stack([tiles[at], size]), used[at] * size
    return tiles[np.lexsort(tiles.T[::-1])]


def legal_tiles(nest: Nest, machine: Machine, limits: dict[str, Any]) -> np.ndarray:
    """Enumerate the tiles that keep T10 but for overtaking, in lexicographic order."""
    tiles = fitting_tiles(nest, machine, limits, images=not machine.real)
    n = trips(nest, tiles)
    if machine.real:
        most_vns = np.zeros(machine.ms + 1, dtype=np.int64)
        for size in np.unique(n.vn):
            most_vns[size] = len(wiring(machine.ms, machine.rn_bw, True, int(size)).start)
        tiles = tiles[nest.adds & (most_vns[n.vn] >= n.V)]
        return tiles[_buses_keep_up(nest, machine, tiles)]
    keep = (tiles[:, N] == 1) | (tiles[:, G] == 1)
    keep &= (n.vn + auxiliary(machine, n)) * n.V <= machine.ms
    if machine.accumulators:
        keep &= (n.F == 1) | (n.vn >= 2) | (n.V == 1)
    return tiles[keep]


def _buses_keep_up(nest: Nest, machine: Machine, tiles: np.ndarray) -> np.ndarray:
    """Return where no bus has more sums per window than the window has cycles, 2 a word (S16, S17)."""
    n = trips(nest, tiles)
    crowd = waves(machine, n.vn, n.V)[1]
    fine = crowd <= 2
    at = np.flatnonzero(~fine)
    if len(at):
        laid = lay(nest, machine, tiles[at], np.zeros_like(at), rough=False)
        later = np.where(n.iY[at] > 1, laid.b.max(axis=1), laid.a.max(axis=1))
        fine[at] = crowd[at] <= 2 * later
    return fine


def drains(nest: Nest, tiles: np.ndarray, n: Trips) -> np.ndarray:
    """Return where the array is empty between iterations (T8): outputs count up to the threshold exactly."""
    whole = (nest.size[X] % tiles[:, X] == 0) & (nest.size[Y] % tiles[:, Y] == 0)
    filters = (nest.size[K] % tiles[:, K] == 0) | (n.times[:, G] == 1)
    return whole & filters & (tiles[:, N] == 1) & (nest.size[N] == 1)


def doubtful(nest: Nest, machine: Machine, tiles: np.ndarray, kept: int = 0) -> np.ndarray:
    """Return which tiles only a replay can clear of weights that overtake inputs (T11).

    `kept`: 1 if each VN keeps a multiplier for a sum that comes back (T22).
    """
    n = trips(nest, tiles)
    if machine.real or nest.size[Y] == 1:
        return np.zeros(len(tiles), dtype=bool)
    same = (n.times[:, G] * n.times[:, K] == 1) & (n.F == 1)
    doubt = forwards(nest, machine, tiles) & (n.NO > 1) & ~same & ~drains(nest, tiles, n)
    aux = auxiliary(machine, n) + kept
    for i in np.flatnonzero(doubt):
        rows = np.arange(n.V[i] * n.vn[i] // tiles[i, S])  # filter rows on the array, each T_S multipliers
        per_vn = n.vn[i] // tiles[i, S]
        head = rows // per_vn * (n.vn[i] + aux[i]) + aux[i] + rows % per_vn * tiles[i, S]
        doubt[i] = (head // machine.width != (head + tiles[i, S] - 1) // machine.width).any()
    return doubt


# ----------------------------------------------------------------------------------------------------------
# Tiles laid out on the array: words on the read ports (T3, T4, T17), and what their tree has
# ----------------------------------------------------------------------------------------------------------


class Laid(NamedTuple):
    """Tiles with what their place on the array decides, one entry each.

    Attributes
    ----------
    tiles, vn, V, forwards
        Sizes; products of a virtual neuron (VN), VNs; whether neighbours hand on inputs.
    aux
        1 where every VN keeps a multiplier for a sum that comes back (T9, T22).
    w, a, b, q
        Words per port and step, shape (tiles, ports): weights, inputs, inputs while the window slides, sums.
    up, through
        Shape (tiles, 3), for w, a and b: the sums of CNT(m / 2^j) with and without the last term (T17).
    shortest, crowd, twos, threes, wires
        Shortest way to an exit, most VNs on one line, adders of a wave and their wires.
    far, near, ways
        Of the ways from a VN's first multiplier to its exit: the longest, the shortest, their sum.
    pairs
        Pairs of VNs of one multiplier whose sums leave together (T19).
    """

    tiles: np.ndarray
    vn: np.ndarray
    V: np.ndarray
    forwards: np.ndarray
    aux: np.ndarray
    w: np.ndarray
    a: np.ndarray
    b: np.ndarray
    q: np.ndarray
    up: np.ndarray
    through: np.ndarray
    shortest: np.ndarray
    crowd: np.ndarray
    twos: np.ndarray
    threes: np.ndarray
    wires: np.ndarray
    far: np.ndarray
    near: np.ndarray
    ways: np.ndarray
    pairs: np.ndarray

    def take(self, at: Any) -> Laid:
        """Return some of the tiles."""
        return Laid(*(column[at] for column in self))


def lay(nest: Nest, machine: Machine, tiles: np.ndarray, aux: np.ndarray, *, rough: bool) -> Laid:
    """Lay tiles out; `rough` is fast, and gives words that no layout undercuts."""
    vn, V = tiles[:, REDUCED].prod(axis=1), tiles[:, OUTER].prod(axis=1)
    fw, step = forwards(nest, machine, tiles), len(tiles) if rough else CHUNK // machine.ms
    parts = [
        (_least_words if rough else _words)(nest, machine, tiles[cut], aux[cut], fw[cut])
        for begin in range(0, max(1, len(tiles)), max(1, step))
        for cut in [slice(begin, begin + max(1, step))]
    ]
    words = [np.concatenate(column) for column in zip(*parts, strict=True)]
    same_word = np.where(tiles[:, X] * tiles[:, Y] == 1, V // tiles[:, K] * (tiles[:, K] // 2), 0)
    pairs = V // 2 if machine.dn_bw == machine.ms else same_word
    pairs = np.where((vn + aux == 1) & (not machine.real), pairs, 0)
    return Laid._make([tiles, vn, V, fw, aux, *words, *waves(machine, vn + aux, V), pairs])


def waves(machine: Machine, size: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the figures of the trees (`shortest` to `ways` of `Laid`) of so many VNs of a size each."""
    rows = np.empty((len(size), 8), dtype=np.int64)
    for one in np.unique(size):
        mine = size == one
        rows[mine] = _waves(machine.ms, machine.rn_bw, machine.real, int(one))[count[mine] - 1]
    return rows.T


@lru_cache(maxsize=8192)
def _waves(ms: int, rn_bw: int, real: bool, size: int) -> np.ndarray:
    """Return the figures of the first 1, 2, ... VNs of a size, one row each."""
    tree = wiring(ms, rn_bw, real, size)
    crowds, load = [0], [0] * rn_bw
    for line in tree.line.tolist():
        load[line] += 1
        crowds.append(max(crowds[-1], load[line]))
    first = tree.paths[:, 0]
    columns = [
        np.minimum.accumulate(tree.paths.min(axis=1)),
        np.array(crowds[1:]),
        *(np.cumsum(column) for column in (tree.twos, tree.threes, tree.wires)),
        np.maximum.accumulate(first),
        np.minimum.accumulate(first),
        np.cumsum(first),
    ]
    return np.column_stack(columns)


def owners(machine: Machine, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which VN each multiplier belongs to and its place there, shape (tiles, ms); -1 for none."""
    place = np.arange(machine.ms)
    if not machine.real:
        return place // sizes[:, None], place % sizes[:, None]
    vn, inside = np.full((2, len(sizes), machine.ms), -1, dtype=np.int64)
    for one in np.unique(sizes):
        start = wiring(machine.ms, machine.rn_bw, True, int(one)).start
        leaves = (start[:, None] + np.arange(one)).ravel()
        mine = np.flatnonzero(sizes == one)[:, None]
        vn[mine, leaves] = np.repeat(np.arange(len(start)), one)
        inside[mine, leaves] = np.tile(np.arange(one), len(start))
    return vn, inside


def products(nest: Nest, machine: Machine, tiles: np.ndarray, aux: np.ndarray, fw: np.ndarray) -> Any:
    """Return what every multiplier does (T2), arrays of shape (tiles, ms).

    Returns
    -------
    tuple of ndarray
        Whether it forms a product; whether it keeps a sum; its filter column; names of the weight, by
        (g, k, c, r, s), and of the input that it wants, in sending order: row, column, image, group, channel.
    """
    t = [column[:, None] for column in tiles.T]
    vn, inside = owners(machine, tiles[:, REDUCED].prod(axis=1) + aux)
    used = (vn >= 0) & (vn < t[K] * t[G] * t[N] * t[X] * t[Y])
    inside = inside - aux[:, None]
    s, r, c = inside % t[S], inside // t[S] % t[R], inside // (t[S] * t[R])
    # The real multipliers hand on to the right: where that is done the columns stand the other way round.
    s = np.where((fw & machine.real)[:, None], t[S] - 1 - s, s)
    y, x, k = vn % t[Y], vn // t[Y] % t[X], vn // (t[Y] * t[X]) % t[K]
    group = vn // (t[Y] * t[X] * t[K])
    g, n = group % t[G], group // t[G]
    weight = (((g * t[K] + k) * t[C] + c) * t[R] + r) * t[S] + s
    row = x * nest.stride[0] + r * nest.dilation[0]
    col = y * nest.stride[1] + s * nest.dilation[1]
    across = (t[Y] - 1) * nest.stride[1] + (t[S] - 1) * nest.dilation[1] + 1
    return (
        used & (inside >= 0),
        used & (inside < 0),
        s,
        weight,
        (((row * across + col) * t[N] + n) * t[G] + g) * t[C] + c,
    )


def distinct(names: np.ndarray, block: int) -> np.ndarray:
    """Count the distinct names (-1 is none) in each block of multipliers, shape (tiles, blocks)."""
    if block == 1:
        return (names >= 0).astype(np.int64)
    ordered = np.sort(names.reshape(len(names), -1, block), axis=2)
    new = (ordered[:, :, 1:] != ordered[:, :, :-1]) & (ordered[:, :, 1:] >= 0)
    return new.sum(axis=2) + (ordered[:, :, 0] >= 0)


def _words(nest: Nest, machine: Machine, tiles: np.ndarray, aux: np.ndarray, fw: np.ndarray) -> Any:
    """Count w, a, b, q, up and through of `Laid` on the layout (T3, T17)."""
    used, sums, s, weight, names = products(nest, machine, tiles, aux, fw)
    inputs = np.where(used, names, -1)
    sliding = np.where(fw[:, None] & (s != tiles[:, [S]] - 1), -1, inputs)
    ports, up, through = [], [], []
    for wanted in (np.where(used, weight, -1), inputs, sliding):
        counts = [distinct(wanted, machine.width >> j) for j in range(machine.width.bit_length())]
        total = np.sum([count.sum(axis=1) for count in counts], axis=0)
        ports.append(counts[0])
        up.append(total)
        through.append(total - counts[-1].sum(axis=1))
    q = sums.reshape(len(tiles), machine.dn_bw, -1).sum(axis=2)
    return *ports, q, np.stack(up, axis=1), np.stack(through, axis=1)


def _least_words(nest: Nest, machine: Machine, tiles: np.ndarray, aux: np.ndarray, fw: np.ndarray) -> Any:
    """Return words that no layout undercuts (T24): of the first port, of the average, and of any."""
    vn, V = tiles[:, REDUCED].prod(axis=1), tiles[:, OUTER].prod(axis=1)
    rows, cols = (
        lines(tiles[:, (X, Y)[i]], tiles[:, (R, S)[i]], nest.stride[i], nest.dilation[i]) for i in (0, 1)
    )
    ports = np.minimum(-(-(vn + aux) * V // machine.width), machine.dn_bw)
    if machine.real:  # gaps between VNs
        ports = np.full(len(tiles), machine.dn_bw)
    first, one = np.minimum(vn, machine.width - aux), np.ones(len(tiles), dtype=np.int64)
    last = np.where(fw, tiles[:, S], 1)  # of so many columns only the last one is sent
    images = tiles[:, N] * tiles[:, G] * tiles[:, C] * rows
    all_of = (tiles[:, K] * tiles[:, G] * vn, images * cols, images * np.where(fw, 1, cols))
    wanted = np.stack([vn * V, vn * V, vn * V // last], axis=1)
    w, a, b = (
        np.column_stack([f, every // ports, any_port])
        for f, every, any_port in zip(
            (first, first, first // last), all_of, (one, one, one * ~fw), strict=True
        )
    )
    blocks = [machine.width >> j for j in range(machine.width.bit_length() - 1)]
    through = sum((np.maximum(np.stack(all_of, axis=1), -(-wanted // block)) for block in blocks), wanted * 0)
    return w, a, b, np.column_stack([aux, aux * V // ports, 0 * one]), through + wanted, through


# ----------------------------------------------------------------------------------------------------------
# Bounds on cycles (T23), events and energy (T17 to T20)
# ----------------------------------------------------------------------------------------------------------


def least_cycles(nest: Nest, machine: Machine, laid: Laid, drained: np.ndarray | None = None) -> np.ndarray:
    """Return cycles that no run of a tile falls below (T23); `drained`: take just these to drain."""
    n = trips(nest, laid.tiles)
    if drained is None:
        drained = drains(nest, laid.tiles, n)
    if machine.real:
        return _real_cycles(laid, n)
    f, windows, aux = n.F, n.iX * n.iY, laid.aux == 1
    w, a, b = laid.w, laid.a, laid.b
    F, IX, IY = f[:, None], n.iX[:, None], n.iY[:, None]
    sent = F * (w + IX * (a + (IY - 1) * b)) + (F - 1) * IX * IY * laid.q
    idle = laid.forwards[:, None] & (b == 0) & (a > 0)
    waits = np.maximum(F * (w + IX * a + IY - 1), F * (1 + (IX - 1) * IY + a + IY - 1))
    last = np.where(n.iY > 1, b.max(axis=1), a.max(axis=1))
    P = np.maximum(np.where(idle, np.maximum(sent, waits), sent).max(axis=1), f * (1 + windows) - 1 + last)
    first_w, first_a = (np.where(w > 0, words, FAR).min(axis=1) for words in (w, a))
    fire = f * first_w + np.where(aux, 0, (f - 1) * first_a)
    on_line = windows * laid.crowd * np.where(aux, f, 1)
    travel = np.where(aux, windows * _travel(laid, f, machine.latch), 0)
    single = np.maximum(P, fire + np.maximum(on_line, travel))
    leave = machine.latch + laid.shortest + np.where(aux, 0, int(machine.accumulators)) + 2
    chained = n.NO * np.maximum(np.maximum(sent.max(axis=1), on_line), travel)
    return np.where(drained, n.NO * (single + leave), np.maximum(chained, single) + leave)


def _travel(laid: Laid, f: np.ndarray, latch: int) -> np.ndarray:
    """Return the least cycles of a window whose sums fold through memory (T23)."""
    v = laid.V
    log = np.array([int(x).bit_length() for x in v])  # floor(log2 V) + 1
    alone = (f - 1) * (laid.far + 2 + latch) + 1
    together = ((f - 1) * (laid.ways + (2 + latch) * v) + v + v * (f - log)) // (v + 1)
    way = laid.near + 2 + latch
    paced = v * (f - 1 - log) * way // (v // (way + 1) * way + v % (way + 1))
    return np.maximum(alone, np.maximum(together, paced))


COUNTER = 2**16 - 1
"""Windows of one stream on the real hardware: 16-bit counters (S9, S10)."""


def streams(n: Trips, fw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the streams of a pass and those of a row of windows (S14)."""
    per_row = -(-n.iY // COUNTER)
    return np.where(fw, n.iX * per_row, -(-(n.iX * n.iY) // COUNTER)), per_row


def _real_cycles(laid: Laid, n: Trips) -> np.ndarray:
    """Return the real hardware's cycles if a sum with the shortest way is the last (S14 to S16)."""
    fw = laid.forwards
    count, per_row = streams(n, fw)
    first = np.where(fw, n.iX * per_row, n.iX * n.iY)
    w, a, b = (x.max(axis=1) for x in (laid.w, laid.a, laid.b))
    sending = 2 * (w + first * a + (n.iX * n.iY - first) * b)
    stream = 1 + 1 + laid.shortest + 1 + np.where(fw, laid.tiles[:, S] - 1 + 2, 0)
    return 13 + n.NO * n.F * (sending + 3 + count * stream)


PRICED = {
    "buffer_read": ("weights read", "inputs read", "sums read", "dram outputs"),
    "buffer_write": ("writes", "dram weights", "dram inputs", "dram sums"),
    "dn_wire": ("dn wires",),
    "dn_switch": ("dn switches",),
    "multiplication": ("products",),
    "psum_forward": ("sums passed",),
    "mn_wire": ("handed on",),
    "rn_wire": ("rn wires",),
    "add_2_1": ("twos",),
    "add_3_1": ("threes",),
    "accumulate": ("accumulations",),
    "bus_wire": ("bus wires",),
    "dram_read": ("dram weights", "dram inputs", "dram sums"),
    "dram_write": ("dram outputs",),
}
"""Energy entries and the events that they price (T20); without a prefetch buffer there are no DRAM words."""


class Steps(NamedTuple):
    """Steps of a run (T1): weights, first and sliding windows of rows, both, and windows of iterations."""

    weights: Any
    first: Any
    slides: Any
    waves: Any
    windows: Any


def steps_of(machine: Machine, laid: Laid, i: np.ndarray, j: np.ndarray) -> Steps:
    """Count steps (T1, T21).

    Parameters
    ----------
    i
        Passes along each loop, over all buffer tiles, shape (tiles, 8).
    j
        Buffer tiles along each loop; 1 on one level.
    """
    i, j = i.T, j.T
    filters, folds = i[N] * i[G] * i[K], i[C] * i[R] * i[S]
    starts = -(-i[Y] // COUNTER) if machine.real else 1  # whole windows of a row
    first = filters * folds * i[X] * np.where(laid.forwards, j[Y] * starts, i[Y])
    windows = filters * i[X] * i[Y]
    return Steps(filters * folds * j[X] * j[Y], first, windows * folds - first, windows * folds, windows)


def events(
    nest: Nest, machine: Machine, laid: Laid, i: np.ndarray, j: np.ndarray, rounds: np.ndarray
) -> dict[str, Any]:
    """Count every event of every tile (T17 to T19, T22).

    Parameters
    ----------
    i, j
        See `steps_of`.
    rounds
        How often a sum leaves the array before it is complete.
    """
    steps, t, buffered = steps_of(machine, laid, i, j), laid.tiles.T, int(machine.accumulators)
    i, j = i.T, j.T
    came = np.where(laid.aux == 1, laid.V * steps.windows * (rounds - 1), 0)  # back into the array
    outside = np.where(laid.aux == 1, 0, nest.outputs * (rounds - 1))
    levels, groups = machine.width.bit_length() - 1, i[G] * t[G]
    kernels = prod(nest.size[d] for d in (R, S, C, K))
    start_up = laid.V + np.where((laid.vn + laid.aux) % 2 == 1, laid.V // 2, 0)

    def sent(per: np.ndarray) -> np.ndarray:
        return per[:, 0] * steps.weights + per[:, 1] * steps.first + per[:, 2] * steps.slides

    def read(axis: int) -> np.ndarray:  # distinct lines of all folds of an axis
        folds, out = i[(R, S)[axis]], t[(X, Y)[axis]]
        return folds * out + (nest.size[(R, S)[axis]] - folds) * np.minimum(nest.dilation[axis], out)

    columns = read(1)
    fresh = j[Y] * (-(-i[Y] // COUNTER) if machine.real else 1)
    in_row = fresh * columns + (i[Y] - fresh) * np.where(laid.forwards, i[S], columns)
    return {
        "weights read": i[N] * j[X] * j[Y] * groups * kernels,
        "inputs read": i[N] * t[N] * groups * i[K] * nest.size[C] * i[X] * read(0) * in_row,
        "sums read": came + outside,
        "writes": nest.outputs * rounds,
        "dn wires": sent(laid.up) + came * (levels + 1),
        "dn switches": sent(laid.through) + came * levels,
        "products": laid.vn * laid.V * steps.waves,
        "sums passed": came,
        "handed on": np.where(laid.forwards, laid.V * t[C] * t[R] * (t[S] - 1) * steps.slides, 0),
        "rn wires": (laid.wires + buffered * (laid.V - laid.pairs)) * steps.waves
        + np.where((laid.aux == 1) & (not buffered), start_up, 0),
        "twos": laid.twos * steps.waves,
        "threes": laid.threes * steps.waves,
        "accumulations": buffered * laid.V * (steps.waves - steps.windows * rounds) + outside,
        "bus wires": (2 * laid.V - (1 - buffered) * laid.pairs) * steps.windows * rounds,
    }


def priced(machine: Machine, counted: dict[str, Any], number: type) -> Any:
    """Price events: with `float` for bounds of many tiles, with `int` exactly, in units of 1 / `unit`."""
    total: Any = number(0)
    for entry, names in PRICED.items():
        for name in names:
            if name in counted:
                total = total + number(machine.price[entry]) * counted[name]
    return total


def physical(nest: Nest, machine: Machine) -> int:
    """Return cycles that every mapping needs: products, words and outputs over what can pass in a cycle."""
    size = nest.size
    seen = [int(lines(size[(X, Y)[i]], size[(R, S)[i]], nest.stride[i], nest.dilation[i])) for i in (0, 1)]
    words = prod(size[d] for d in (G, K, C, R, S)) + prod(size[d] for d in (N, G, C)) * prod(seen)
    limits = (prod(size), machine.ms), (words, machine.dn_bw), (nest.outputs, machine.rn_bw)
    return max(-(-needed // at_once) for needed, at_once in limits)


class Cost(NamedTuple):
    """Cycles, and energy in units of 1 / `unit`: exact ones of a mapping, or bounds of several."""

    cycles: Any
    energy: Any


# ----------------------------------------------------------------------------------------------------------
# Cycles, one tile at a time
# ----------------------------------------------------------------------------------------------------------


LONG_AGO = -(1 << 60)


class Timed(NamedTuple):
    """Cycles of a tile, and whether weights overtake inputs in it (T11)."""

    cycles: int
    overtakes: bool


class TooLong(Exception):
    """A mapping is too long to be timed one by one (T25)."""


def turns(names: np.ndarray, port: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return when multipliers get words among their ports' (from 1; 0: none), and words per port."""
    ports, place = int(port[-1]) + 1, np.zeros(len(names), dtype=np.int64)
    span = int(names.max()) + 1
    word, which = np.unique(port[wanted] * span + names[wanted], return_inverse=True)
    begin = np.searchsorted(word, np.arange(ports + 1) * span)
    place[wanted] = which.ravel() - begin[port[wanted]] + 1
    return place, np.diff(begin)


class Outputs:
    """Bus lines and memory (T6, T7): one output a line and cycle; memory takes half of what waits."""

    def __init__(self, lines_: int) -> None:
        self.free = np.full(lines_, LONG_AGO)
        self.room = 2 * lines_ + 2  # more never wait
        self.settled: list[np.ndarray] = []
        self.time, self.line = np.zeros((2, 0), dtype=np.int64)
        self.known: np.ndarray | None = None

    def add(self, time: np.ndarray, line: np.ndarray) -> None:
        """Let outputs be ready for their lines from some cycles on."""
        self.time, self.line = np.concatenate([self.time, time]), np.concatenate([self.line, line])
        order = np.lexsort((self.time, self.line))
        self.time, self.line = self.time[order], self.line[order]
        first = np.searchsorted(self.line, self.line)
        rank = np.arange(len(order)) - first
        ahead = np.maximum(self.time, self.free[self.line] + 1) - rank
        step = (int(ahead.max()) - int(ahead.min()) + 1) if len(ahead) else 0
        self.on_line = np.maximum.accumulate(ahead + self.line * step) - self.line * step + rank
        self.known = None

    def settle(self, now: int) -> None:
        """Let nothing that is added later be ready before `now`: what is on its line by then stays so."""
        if not len(self.time):
            return
        done = self.on_line <= now
        np.maximum.at(self.free, self.line[done], self.on_line[done])
        self.settled.append(self.on_line[done])
        self.time, self.line = self.time[~done], self.line[~done]
        self.on_line, self.known = self.on_line[~done], None

    def sorted(self) -> np.ndarray:
        """Return when the outputs so far are on their lines, in order; settled ones come first."""
        if self.known is None:
            done = np.sort(np.concatenate(self.settled)) if self.settled else np.zeros(0, dtype=np.int64)
            self.settled = [done]
            self.known = np.concatenate([done, np.sort(self.on_line)])
        return self.known

    def taken(self, count: int) -> int:
        """Return the cycle in which the memory has taken so many outputs."""
        arrivals, back = self.sorted(), 64
        while True:
            begin = int(arrivals[count - 1]) - back
            if begin < arrivals[0]:
                return self._taken(arrivals, count, int(arrivals[0]) - 1, 0)
            # What waits then is forgotten soon: halving brings the least and the most together.
            found = {self._taken(arrivals, count, begin, waits) for waits in (0, self.room)}
            if len(found) == 1:
                return found.pop()
            back *= 4

    @staticmethod
    def _taken(arrivals: np.ndarray, count: int, cycle: int, waits: int) -> int:
        came = int(np.searchsorted(arrivals, cycle, side="right"))
        left = count - (came - waits)  # outputs still to be taken
        ahead = int(np.searchsorted(arrivals, arrivals[count - 1] + 64, side="right"))
        coming = np.bincount(arrivals[came:ahead] - cycle).tolist()
        at = 0
        while left > 0:
            at += 1
            now = (waits + 1) // 2
            left -= now
            waits += (coming[at] if at < len(coming) else 0) - now
        return cycle + at


class Run:
    """One tile on the simulator's array, its folds added in accumulators if there are any (T1 to T8).

    In a part of a layer whose sums are begun or continued, each VN keeps a multiplier (T22); where they are
    continued its port sends one more word per VN behind the inputs of the last fold of a window.
    """

    def __init__(self, nest: Nest, machine: Machine, tile: np.ndarray, sums: str = "whole") -> None:
        tiles, kept = tile[None], np.array([int(sums != "whole")])
        n, fw = trips(nest, tiles), forwards(nest, machine, tiles)
        self.nest, self.machine, self.tile = nest, machine, tile
        self.V, self.F, self.NO = int(n.V[0]), int(n.F[0]), int(n.NO[0])
        self.fw = bool(fw[0]) and n.iY[0] > 1
        # Windows come in rows: those of a row slide, the first one does not.
        self.rows, self.cols = int(n.iX[0]), int(n.iY[0])
        if not self.fw:
            self.rows, self.cols = self.rows * self.cols, 1
        self.g_trips, self.k_trips = int(n.times[0, G]), int(n.times[0, K])
        self.drained = bool(drains(nest, tiles, n)[0])
        self.watched = bool(doubtful(nest, machine, tiles, int(kept[0]))[0])
        used, _, s, weight, names = (column[0] for column in products(nest, machine, tiles, kept, fw))
        at = np.flatnonzero(used)
        self.port, self.s, names = at // machine.width, s[at], names[at]
        every = np.ones(len(at), dtype=bool)
        self.w_turn, self.w = turns(weight[at], self.port, every)
        self.a_turn, self.a = self.b_turn, self.b = turns(names, self.port, every)
        if self.fw:
            self.b_turn, self.b = turns(names, self.port, self.s == tile[S] - 1)
        # T5: latch, adders and hops, accumulator; then the line.
        size, sum_at = int(n.vn[0]), int(kept[0])
        tree = wiring(machine.ms, machine.rn_bw, False, size + sum_at)
        paths = tree.paths[: self.V] + machine.latch + int(machine.accumulators) + 1
        self.delay, self.line = paths[:, sum_at:].ravel(), tree.line[: self.V]
        self.heads = np.arange(0, len(at), size)
        self.q = np.zeros_like(self.w)
        if sums == "continued":
            back = np.arange(self.V) * (size + 1)
            self.back_port, self.back_delay = back // machine.width, paths[:, 0]
            self.back_turn, count = turns(back, self.back_port, np.ones(self.V, dtype=bool))
            self.q[: len(count)] = count
        crowd = int(np.bincount(self.line).max())
        row_words = self.F * (self.a + (self.cols - 1) * self.b) + self.cols * self.q
        self.row_pace = max(int(row_words.max()), self.F * self.cols, self.cols * crowd)
        self.words = self.F * self.w + self.rows * row_words
        self.steps = self.F * (1 + self.rows * self.cols)
        self.pace = max(int(self.words.max()), self.steps, self.rows * self.cols * crowd)
        self.empty(0)

    def empty(self, now: int) -> None:
        """Find the array empty: ports may send from a cycle on, and nothing has fired."""
        self.free = np.full(len(self.w), now, dtype=np.int64)
        self.fired = np.full(len(self.port), LONG_AGO)

    def timed(self) -> Timed:
        """Time the whole layer.

        Raises
        ------
        TooLong
            If too many outputs would have to be timed one by one (T25).
        """
        return Timed(self.NO * self.alone(), False) if self.drained else self.chained()

    def alone(self) -> int:
        """Time one iteration in an empty array.

        Times of ports, multipliers and lines are greatest sums, so the end moves by more and more per row,
        up to what the slowest of them takes. Once it does three times in a row it stays so.
        """
        all_rows, rows = self.rows, min(self.rows, 8)
        while True:
            self.empty(0)
            self.rows = rows
            ready = self.iteration(0)
            self.rows = all_rows
            ends = []
            for less in range(4 if rows < all_rows else 1):
                out = Outputs(self.machine.rn_bw)
                part = ready[: (rows - less) * self.cols]
                out.add(part.ravel(), np.tile(self.line, len(part)))
                ends.append(out.taken(part.size))
            if rows == all_rows or [a - b for a, b in pairwise(ends)] == [self.row_pace] * 3:
                return ends[0] + (all_rows - rows) * self.row_pace
            rows = min(all_rows, 3 * rows)

    def chained(self) -> Timed:
        """Time iterations that overlap (T8), and watch for weights that overtake inputs (T11)."""
        t, nest = self.tile, self.nest
        whole = nest.size[X] * nest.size[Y]
        made = self.V * self.rows * self.cols  # outputs of an iteration
        barrier = [
            int((g * t[G] * nest.size[K] + k * t[K] * t[G]) * whole)
            for g in range(self.g_trips)
            for k in range(self.k_trips)
        ]
        # While the barrier asks for all outputs so far, each iteration finds the array as the first one did.
        empty = 0
        while empty + 1 < min(len(barrier), self.NO) and barrier[empty + 1] == (empty + 1) * made:
            empty += 1
        start = empty * self.alone() if empty else 0
        self.empty(start)
        # Of the iterations before, nothing is left but their number.
        out = Outputs(self.machine.rn_bw)
        watch = Watch(self) if self.watched else None
        came: list[np.ndarray] = []
        for at in range(empty, self.NO):
            if (at - empty + 1) * made > LONG_RUN or at - empty > MANY_ITERATIONS:
                raise TooLong
            if at > empty:
                wanted = (barrier[at] if at < len(barrier) else 0) - empty * made
                start = max(start + self.steps, out.taken(wanted) if wanted > 0 else 0)
            np.maximum(self.free, start, out=self.free)
            if watch:
                watch.note(self.free[self.port] + self.w_turn, self.fired)
            # Before this no output of the iteration is ready.
            out.settle(int(np.maximum.reduceat(self.free[self.port], self.heads).min()))
            ready = self.iteration(start)
            out.add(ready.ravel(), np.tile(self.line, len(ready)))
            if watch and watch.overtaken:
                return Timed(0, True)
            if at >= len(barrier) - 1:
                came = [*came[-3:], out.sorted()[-made:].copy()]
                even = len(came) == 4 and all((b - a == self.pace).all() for a, b in pairwise(came))
                if even and (watch is None or watch.even >= 3):
                    break
        left = self.NO - 1 - at
        if watch:
            watch.ahead(left)
        cycles = out.taken((at + 1 - empty) * made) + left * self.pace
        return Timed(cycles, bool(watch and watch.overtaken))

    def iteration(self, start: int) -> np.ndarray:
        """Return when each output may be on its line, shape (windows, V), and let the ports send on.

        Ports send step after step, none before it is generated, one step a cycle. Only ports that send
        nothing while the window slides ever wait for that.
        """
        if self.rows * self.cols * max(self.V, len(self.w)) > LONG_RUN:
            raise TooLong
        window = np.arange(self.rows * self.cols)[:, None]
        inputs = np.where(window % self.cols == 0, self.a, self.b)
        words = self.F * inputs + self.q
        before = np.cumsum(words, axis=0) - words
        made = start + self.F * (1 + window)
        # A port without inputs in a window has its sums in the last fold's step.
        lead = np.where(words > 0, made + np.where(inputs > 0, 0, self.F - 1) - before, LONG_AGO)
        ahead = np.maximum(np.maximum.accumulate(lead, axis=0), self.free + self.F * self.w)
        self.free = ahead[-1] + before[-1] + words[-1]
        last_fold = ahead + before + (self.F - 1) * inputs
        ready = self._handed_on(last_fold) if self.fw else self._sent(last_fold)
        if self.q.any():
            back = (last_fold + inputs)[:, self.back_port] + self.back_turn + self.back_delay
            ready = np.maximum(ready, back)
        return ready

    def _sent(self, last_fold: np.ndarray) -> np.ndarray:
        """Return when outputs are ready if all words are sent: after the latest word of the VN.

        `last_fold`: when ports begin with the last fold of a window, shape (windows, ports).
        """
        # Of the multipliers of a VN behind one port, the one that waits longest stands for all.
        cut = np.unique(np.concatenate([self.heads, np.flatnonzero(np.diff(self.port)) + 1]))
        longest = np.maximum.reduceat(self.a_turn + self.delay, cut)
        mine = np.searchsorted(cut, self.heads)
        ready = np.empty((self.rows, self.V), dtype=np.int64)
        step = max(1, CHUNK // len(cut))
        for begin in range(0, self.rows, step):
            times = last_fold[begin : begin + step][:, self.port[cut]] + longest
            ready[begin : begin + step] = np.maximum.reduceat(times, mine, axis=1)
        return ready

    def _handed_on(self, last_fold: np.ndarray) -> np.ndarray:
        """Return when outputs are ready if neighbours hand on inputs (T4), from the last column on."""
        taps, windows = int(self.tile[S]), self.rows * self.cols
        ready = np.full((windows, self.V), LONG_AGO)
        rows_per_vn = len(self.port) // self.V // taps
        first, slides = np.arange(windows) % self.cols == 0, np.arange(windows) % self.cols > 0
        step = max(1, CHUNK // (windows * rows_per_vn))
        for begin in range(0, self.V, step):
            vns = slice(begin, min(self.V, begin + step))
            column = np.flatnonzero(self.s == taps - 1)[vns.start * rows_per_vn : vns.stop * rows_per_vn]
            right: np.ndarray | None = None
            for _ in range(taps):
                had = last_fold[:, self.port[column]]
                had[first] += self.a_turn[column]
                had[slides] = (
                    had[slides] + self.b_turn[column] if right is None else right[:-1][slides[1:]] + 1
                )
                had[0] = np.maximum(had[0], self.fired[column] + self.F)
                right = had if right is None else in_turn(had, self.F)
                self.fired[column] = right[-1]
                out = (right + self.delay[column]).reshape(windows, -1, rows_per_vn).max(axis=2)
                ready[:, vns] = np.maximum(ready[:, vns], out)
                column = column - 1
        return ready


def in_turn(had: np.ndarray, folds: int) -> np.ndarray:
    """Return when multipliers fire that have an input of each window from some cycle on, shape (windows, n).

    They fire once a cycle, and F folds from window to window.
    """
    pace = folds * np.arange(len(had))[:, None]
    return np.maximum.accumulate(had - pace, axis=0) + pace


class Watch:
    """Compares when a multiplier's next weight is sent with when its old inputs have their turn (T11)."""

    def __init__(self, run: Run) -> None:
        self.taps = int(run.tile[S])
        self.waits = run.s < self.taps - 1
        self.gain_w = run.words[run.port]
        self.gain_w = np.maximum(self.gain_w, run.steps)
        rows = self.gain_w.reshape(-1, self.taps)
        # Inputs come as fast as the slowest port between a multiplier and the end of its row.
        self.gain_t = np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1].ravel()
        self.overtaken, self.even = False, 0
        self.last: tuple[np.ndarray, np.ndarray] | None = None

    def note(self, weight: np.ndarray, turn: np.ndarray) -> None:
        """Note an iteration's weights, and the last turns of the iteration before."""
        if self.last is not None:
            same = np.array_equal(weight - self.last[0], self.gain_w)
            same = same and np.array_equal(turn - self.last[1], self.gain_t)
            self.even = self.even + 1 if same else 0
        self.last = weight.copy(), turn.copy()
        self.overtaken |= bool((self.waits & (weight <= turn)).any())

    def ahead(self, iterations: int) -> None:
        """Look some iterations ahead, all paced like the last ones."""
        if self.last is not None and iterations > 0:
            weight, turn = self.last
            later = weight + iterations * self.gain_w <= turn + iterations * self.gain_t
            self.overtaken |= bool((self.waits & (later | (weight <= turn))).any())


MANY_STEPS = 1 << 24
"""Port and VN cycles of folds through memory that are timed: some seconds."""


class Folding:
    """One tile on the simulator's array whose folds go through memory, on the clock (T9)."""

    def __init__(self, nest: Nest, machine: Machine, tile: np.ndarray) -> None:
        tiles, one = tile[None], np.ones(1, dtype=np.int64)
        n, fw = trips(nest, tiles), forwards(nest, machine, tiles)
        self.V, self.F, self.NO = int(n.V[0]), int(n.F[0]), int(n.NO[0])
        self.rows, self.cols = int(n.iX[0]), int(n.iY[0])
        self.fw = bool(fw[0]) and self.cols > 1
        if not self.fw:
            self.rows, self.cols = 1, self.rows * self.cols
        self.steps = self.F * self.rows * self.cols  # sums of a VN in an iteration
        size = int(n.vn[0]) + 1
        held = self.V * size
        columns = (column[0, :held] for column in products(nest, machine, tiles, one, fw))
        data, _, s, weight, names = columns
        port = np.arange(held) // machine.width
        w_turn, self.w = turns(weight, port, data)
        a_turn, self.a = b_turn, self.b = turns(names, port, data)
        if self.fw:
            b_turn, self.b = turns(names, port, data & (s == tile[S] - 1))
        at = np.flatnonzero(data)  # rows of T_S multipliers that hand on inputs
        self.watched = bool(doubtful(nest, machine, tiles)[0])
        self.handing = [column[at].reshape(-1, int(tile[S])) for column in (port, w_turn, a_turn, b_turn)]
        tree = wiring(machine.ms, machine.rn_bw, False, size)
        path = tree.paths[: self.V] + machine.latch + 1
        self.back = path[:, 0].tolist()  # a sum that comes back: from its sending to the line
        self.aux_port = port[::size].tolist()
        self.needs = [
            [self._latest(port, turn, path, v, size) for v in range(self.V)] for turn in (a_turn, b_turn)
        ]
        self.line, self.place = tree.line[: self.V].tolist(), tree.place[: self.V].tolist()
        self.row_words = self.F * (self.a + (self.cols - 1) * self.b)
        self.words = self.F * self.w + self.rows * self.row_words
        g, k = np.arange(n.times[0, G])[:, None], np.arange(n.times[0, K])
        each = nest.size[X] * nest.size[Y] * self.F
        self.barrier = ((g * tile[G] * nest.size[K] + k * tile[K] * tile[G]).ravel() * each).tolist()

    @staticmethod
    def _latest(port: Any, turn: Any, path: Any, v: int, size: int) -> list[tuple[int, int, int]]:
        """Return (port, turn, cycles to the line) of the words that a VN's sum waits for."""
        words = [(int(port[v * size + j]), int(turn[v * size + j]), int(path[v, j])) for j in range(size)]
        return [
            word
            for word in words
            if word[1]
            and not any(
                o[0] == word[0] and o[1] > word[1] and o[1] + o[2] >= word[1] + word[2] for o in words
            )
        ]

    def timed(self) -> Timed:
        """Run to the last sum of the last fold."""
        ports, F = len(self.w), self.F
        sums: list[list[int]] = [[] for _ in range(ports)]  # VNs whose sums a port has to send
        sent: list[list[int]] = [[] for _ in range(ports)]  # when each of its words was sent
        coming = [1 + back for back in self.back]  # zeros are sent in the first cycle
        reached, step, done = [LONG_AGO] * self.V, [0] * self.V, [0] * self.V
        known = [True] * self.V  # whether the sum that comes back is on its way
        undecided = list(range(self.V))
        due: dict[int, list[int]] = {}
        queues: dict[int, dict[int, list[int]]] = {line: {} for line in sorted(set(self.line))}
        last = dict.fromkeys(queues, -1)
        on_line: list[int] = []
        waiting: list[int] = []
        received = iteration = start = cycle = 0
        total = self.NO * self.steps * self.V
        while True:
            cycle += 1
            if cycle * (ports + self.V) > MANY_STEPS:
                raise TooLong
            waiting += on_line
            taken, waiting = waiting[: (len(waiting) + 1) // 2], waiting[(len(waiting) + 1) // 2 :]
            received += len(taken)
            if received == total:
                overtakes = self.watched and self._overtakes([np.array(words) for words in sent])
                return Timed(cycle, overtakes)
            for vn in taken:
                done[vn] += 1
                if done[vn] % F:
                    sums[self.aux_port[vn]].append(vn)
            for p in range(ports):
                if sums[p]:
                    vn = sums[p].pop(0)
                    coming[vn], known[vn] = cycle + self.back[vn], True
                elif len(sent[p]) < self._made(p, iteration, cycle - start):
                    sent[p].append(cycle)
            still = []
            for vn in undecided:
                when = self._complete(vn, step[vn], sent) if known[vn] else None
                if when is None:
                    still.append(vn)
                else:
                    due.setdefault(max(when, coming[vn], reached[vn] + 1), []).append(vn)
            undecided = still
            for vn in sorted(due.pop(cycle, [])):
                queues[self.line[vn]].setdefault(self.place[vn], []).append(vn)
                reached[vn], step[vn] = cycle, step[vn] + 1
                known[vn] = step[vn] % F == 0
                coming[vn] += known[vn]  # a zero follows the last sum of a window
                if step[vn] < self.NO * self.steps:
                    undecided.append(vn)
            on_line = []
            for line, queue in queues.items():
                if queue:
                    after = [place for place in queue if place > last[line]]
                    last[line] = min(after or queue)
                    on_line.append(queue[last[line]].pop(0))
                    if not queue[last[line]]:
                        del queue[last[line]]
            following = iteration + 1
            opens = cycle >= start + F + self.steps and following < self.NO
            if opens and received >= (self.barrier[following] if following < len(self.barrier) else 0):
                iteration, start = following, cycle

    def _made(self, p: int, iteration: int, age: int) -> int:
        """Return the words of a port that steps were generated for; only one that idles waits for them."""
        before = iteration * int(self.words[p])
        if not (self.fw and self.b[p] == 0):
            return before + int(self.words[p])
        weights, first = self.F * int(self.w[p]), self.F * int(self.a[p])
        if age <= self.F:
            return before + min(weights, age)
        row = min((age - 1 - self.F) // (self.F * self.cols), self.rows - 1)
        since = age - self.F - row * self.F * self.cols
        return before + min(weights + row * first + min(first, since), age)

    def _overtakes(self, sent: list[np.ndarray]) -> bool:
        """Return whether a weight is sent before old inputs have had their turn (T11)."""
        port, weight, first, slide = self.handing
        window, F = np.arange(self.rows * self.cols)[:, None], self.F
        row, column = np.divmod(window, self.cols)
        for iteration in range(self.NO - 1):
            right: np.ndarray | None = None
            for c in reversed(range(port.shape[1])):
                w, a, b, words, row_words = (
                    x[port[:, c]] for x in (self.w, self.a, self.b, self.words, self.row_words)
                )
                begin = iteration * words + F * w + row * row_words
                later = F * a + (F * column - 1) * b + slide[:, c]
                number = begin + np.where(column == 0, (F - 1) * a + first[:, c], later)
                number = np.where((column == 0) | (right is None), number, 1)  # the rest is handed on
                had = np.empty(number.shape, dtype=np.int64)
                for p in np.unique(port[:, c]):
                    mine = port[:, c] == p
                    had[:, mine] = sent[p][number[:, mine] - 1]
                if right is not None:
                    handed = np.flatnonzero(column[1:, 0] > 0)
                    had[handed + 1] = right[handed] + 1
                fire = in_turn(had, F)
                following = (iteration + 1) * words + weight[:, c] - 1
                arrives = np.array([sent[p][at] for p, at in zip(port[:, c], following, strict=True)])
                if right is not None and (arrives <= fire[-1]).any():
                    return True
                right = fire
        return False

    def _complete(self, vn: int, step: int, sent: list[list[int]]) -> int | None:
        """Return when the words of a VN's next sum have come, None if they are not sent yet."""
        iteration, at = divmod(step, self.steps)
        row, within = divmod(at, self.cols * self.F)
        later = within - self.F
        when = 0
        for p, turn, path in self.needs[later >= 0][vn]:
            w, a, b = int(self.w[p]), int(self.a[p]), int(self.b[p])
            word = iteration * int(self.words[p]) + self.F * w + row * int(self.row_words[p]) + turn
            word += within * a if later < 0 else self.F * a + later * b
            if len(sent[p]) < word:
                return None
            when = max(when, sent[p][word - 1] + path)
        return when


class RealStream:
    """Windows under one configuration of the real hardware, put by put (S14 to S16)."""

    def __init__(self, nest: Nest, machine: Machine, tile: np.ndarray) -> None:
        tiles = tile[None]
        n = trips(nest, tiles)
        size, count = int(n.vn[0]), int(n.V[0])
        self.fw = forwards(nest, machine, tiles)
        tree = wiring(machine.ms, machine.rn_bw, True, size)
        none = np.zeros(1, dtype=np.int64)
        used, _, s, weight, names = (x[0] for x in products(nest, machine, tiles, none, self.fw))
        held = np.flatnonzero(used)
        self.port = held // machine.width
        self.heads = np.arange(0, len(held), size)
        self.line, self.climb = tree.line[:count], tree.paths[:count, 0] - 1
        every = np.ones(len(held), dtype=bool)
        self.weights = int(turns(weight[held], self.port, every)[1].max())
        self.first = self.later = turns(names[held], self.port, every)
        self.hops = 0
        if self.fw[0]:
            self.later = turns(names[held], self.port, s[held] == tile[S] - 1)
            self.hops = int(tile[S]) - 1
        self.n = n

    def cycles(self) -> int:
        """Return the cycles of the layer: per pass a weight load and its streams, dealt out evenly."""
        count = int(streams(self.n, self.fw)[0][0])
        each, more = divmod(int(self.n.iX[0] * self.n.iY[0]), count)
        sent = (count - more) * self.stream(each) + (more * self.stream(each + 1) if more else 0)
        return 13 + int(self.n.NO[0] * self.n.F[0]) * (2 * self.weights + 3 + sent)

    def stream(self, windows: int) -> int:
        """Time a stream. Once four windows end as far apart as the busiest port's words, they all do."""
        pace = 2 * int(self.later[1].max())
        few = min(windows, 6 + 32 // pace)
        while True:
            ready = self.arrivals(few)
            ends = [self.left(ready[: few - less]) for less in range(4 if few < windows else 1)]
            if few == windows or [a - b for a, b in pairwise(ends)] == [pace] * 3:
                return ends[0] + (windows - few) * pace + 1
            few = min(windows, 2 * few)

    def arrivals(self, windows: int) -> np.ndarray:
        """Return when each sum is at its bus, shape (windows, V)."""
        ports = len(self.first[1])
        queue = [[LONG_AGO] * 4 for _ in range(ports)]  # the last four deliveries of each port
        put, result = 0, []
        for window in range(windows):
            turn, words = self.later if window else self.first
            if window == 1 and self.hops:  # the first window has to be there
                put = max(q[-1] for q in queue) + 1
            had = np.zeros((int(words.max()) + 1, ports), dtype=np.int64)
            for j in range(1, len(had)):
                put = max(put + 1, *(q[0] - 2 for q in queue))
                for p in np.flatnonzero(words >= j):
                    queue[p] = [*queue[p][1:], max(put, queue[p][-1]) + 2]
                had[j] = [q[-1] for q in queue]
            at = np.where(turn > 0, had[turn, self.port], LONG_AGO)
            result.append(np.maximum.reduceat(at, self.heads) + (self.hops if window else 0))
        return np.array(result) + 1 + self.climb

    def left(self, ready: np.ndarray) -> int:
        """Return when the last sum is off its bus, one a bus and cycle."""
        out = Outputs(int(self.line.max()) + 1)
        out.add(ready.ravel(), np.tile(self.line, len(ready)))
        return int(out.on_line.max()) + 1


KNOWN: dict[Any, Timed] = {}
"""What was timed, so that each run is timed once."""


def timed(nest: Nest, machine: Machine, tile: np.ndarray, sums: str = "whole") -> Timed:
    """Time one legal tile; iterations that drain are all alike. `sums`: see `Run`."""
    n = trips(nest, tile[None])
    serial, times = bool(auxiliary(machine, n)[0]), 1
    if drains(nest, tile[None], n)[0] and not serial and not machine.real:
        for loop in (K, G):
            nest = resized(nest, loop, min(nest.size[loop], int(tile[loop])))
        times = int(n.NO[0])
    key = nest, machine[:6], tuple(tile.tolist()), sums
    if key not in KNOWN:
        if machine.real:
            KNOWN[key] = Timed(RealStream(nest, machine, tile).cycles(), False)
        else:
            KNOWN[key] = (Folding(nest, machine, tile) if serial else Run(nest, machine, tile, sums)).timed()
    return Timed(times * KNOWN[key].cycles, KNOWN[key].overtakes)


def on_the_array(nest: Nest, machine: Machine, tiles: np.ndarray, *, rough: bool) -> Laid:
    """Lay tiles of a layer out that has no other memory."""
    aux = auxiliary(machine, trips(nest, tiles)).astype(np.int64)
    return lay(nest, machine, tiles, aux, rough=rough)


def events_of(nest: Nest, machine: Machine, laid: Laid) -> dict[str, Any]:
    """Count the events of a layer that has no other memory."""
    n = trips(nest, laid.tiles)
    rounds = np.ones_like(n.F) if machine.accumulators else n.F
    return events(nest, machine, laid, n.times, np.ones_like(n.times), rounds)


def bounds_of(nest: Nest, machine: Machine, laid: Laid, drained: np.ndarray | None = None) -> Cost:
    """Bound the cost of tiles from below; `drained`: see `least_cycles`."""
    cycles = least_cycles(nest, machine, laid, drained)
    return Cost(
        cycles, priced(machine, events_of(nest, machine, laid), float) + float(machine.static) * cycles
    )


def cost_of(nest: Nest, machine: Machine, tile: np.ndarray) -> Cost | None:
    """Time and price a tile that keeps T10 exactly; None if weights overtake inputs (T11)."""
    run = timed(nest, machine, tile)
    if run.overtakes:
        return None
    counted = one_of(events_of(nest, machine, on_the_array(nest, machine, tile[None], rough=False)))
    return Cost(run.cycles, priced(machine, counted, int) + machine.static * run.cycles)


# ----------------------------------------------------------------------------------------------------------
# One level: the mappings of a form are its tiles
# ----------------------------------------------------------------------------------------------------------


class OneLevel:
    """All mappings of one form on the array alone."""

    def __init__(self, nest: Nest, machine: Machine, limits: dict[str, Any]) -> None:
        self.nest, self.machine, self.limits = nest, machine, limits

    @cached_property
    def tiles(self) -> np.ndarray:
        """All tiles, in lexicographic order."""
        return legal_tiles(self.nest, self.machine, self.limits)

    @property
    def count(self) -> int:
        """How many there are, those in which weights may overtake inputs included."""
        return len(self.tiles)

    def mapping(self, row: dict[str, Any]) -> Any:
        """Return the mapping that a row of a certificate names, None if there is no such mapping."""
        inside = (self.tiles == np.array(row["tile"], dtype=np.int64)).all(axis=1).any()
        return tuple(row["tile"]) if inside else None

    def bounds(self, tiles: np.ndarray, *, rough: bool) -> Cost:
        """Bound tiles from below, with or without laying them out."""
        laid = on_the_array(self.nest, self.machine, tiles, rough=rough)
        cycles, energy = bounds_of(self.nest, self.machine, laid)
        return Cost(np.maximum(cycles, physical(self.nest, self.machine)), energy)

    def open(self, spares: Any) -> Any:
        """Yield the tiles that bounds do not rule out, whether surely so, and their bounds.

        `spares` says of cycles and energies whether they do not rule a mapping out.
        """
        tiles = self.tiles
        for rough in (True, False):
            if not len(tiles):
                return
            bound = self.bounds(tiles, rough=rough)
            keep = spares(bound.cycles, bound.energy * (1 - ROUNDING))
            tiles, bound = tiles[keep], Cost(bound.cycles[keep], bound.energy[keep])
        surely = spares(bound.cycles, bound.energy * (1 + ROUNDING))
        for at, tile in enumerate(tiles.tolist()):
            yield tuple(tile), bool(surely[at]), Cost(bound.cycles[at], bound.energy[at])

    def cost(self, mapping: Any) -> Cost | None:
        """Time and price a tile exactly; None if weights overtake inputs (T11)."""
        return cost_of(self.nest, self.machine, np.array(mapping))


def one_of(counted: dict[str, Any]) -> dict[str, int]:
    """Return the counts of a single mapping as Python's integers, which do not overflow."""
    return {name: int(np.ravel(count)[0]) for name, count in counted.items()}


# ----------------------------------------------------------------------------------------------------------
# Two levels: a prefetch buffer and DRAM behind the array (T21, T22)
# ----------------------------------------------------------------------------------------------------------

ORDERS = ("KPQ", "KQP", "PKQ", "PQK", "QKP", "QPK")
"""Orders of the loops K, P = (N, X, Y) and Q = (C, R, S) between DRAM and buffer, outermost first."""
PAIRS = 1 << 16
"""Pairs of array tiles and refill counts bounded at once."""


class Memory(NamedTuple):
    """Prefetch buffer and DRAM: words of a tile (one number, or one per operand), bandwidths, the rest."""

    room: tuple[int, ...]
    double: bool
    bandwidth: int | None
    adder: bool
    dram: int
    held: int | None


def memory_of(hardware: dict[str, Any]) -> Memory | None:
    """Read what lies behind the array."""
    if "prefetch_buffer" not in hardware:
        return None
    buffer = hardware["prefetch_buffer"]
    demand(hardware["controller"] == "fixed", "orders of a programmable controller are not checked")
    demand(hardware["accumulation_buffer"], "a prefetch buffer needs an accumulation buffer")
    word = buffer["word_bytes"] * (2 if buffer["double_buffered"] else 1)
    names = ("capacity",) if "capacity" in buffer else ("weights", "inputs", "outputs")
    room = tuple(buffer[name] // word for name in names)
    rest = buffer.get("bandwidth"), buffer["adder"], hardware["dram_bandwidth"]
    return Memory(room, buffer["double_buffered"], *rest, hardware.get("weights_per_switch"))


class Axis:
    """Buffer tiles B of one loop: how often they are refilled (o), and their input lines.

    Attributes
    ----------
    size, B, o
        The loop, all allowed buffer tiles ascending, and ceil(size / B).
    kinds, begin
        The different o, ascending in B, and where their B begin.
    held, fetched, kept
        Lines of a tile; of all tiles, each fetched whole; of all, overlaps kept in the buffer.
    """

    def __init__(self, nest: Nest, loop: int) -> None:
        self.loop, self.size = loop, nest.size[loop]
        whole = (loop == R and nest.size[X] > 1) or (loop == S and nest.size[Y] > 1)
        self.B = np.arange(self.size if whole else 1, self.size + 1)
        self.o = -(-self.size // self.B)
        self.begin = np.flatnonzero(np.diff(self.o, prepend=0))
        self.kinds = self.o[self.begin]
        self.known: dict[int, np.ndarray] = {}
        none = np.zeros_like(self.B)
        self.held = self.fetched = self.kept = none
        if loop in (X, Y):
            a = int(loop == Y)
            taps, stride, dilation = nest.size[(R, S)[a]], nest.stride[a], nest.dilation[a]
            if self.size == 1:  # the lines are the taps; R or S holds them
                self.fetched = self.kept = none + taps
                return
            rest = self.size - (self.o - 1) * self.B
            self.held, last = (lines(b, taps, stride, dilation) for b in (self.B, rest))
            self.fetched = (self.o - 1) * self.held + last
            more = lines(2 * self.B, taps, stride, dilation) - self.held
            end = lines(self.B + rest, taps, stride, dilation) - self.held
            self.kept = np.where(self.o > 1, self.held + (self.o - 2) * more + end, self.held)

    def passes(self, tile: int) -> np.ndarray:
        """Return n of every B: array tiles along the loop over all buffer tiles; many where B is smaller."""
        n = (self.o - 1) * -(-self.B // tile) + -(-(self.size - (self.o - 1) * self.B) // tile)
        return np.where(tile <= self.B, n, FAR)

    def drains(self, tile: int) -> np.ndarray:
        """Return with which B the loop lets the array drain between iterations (T8)."""
        if self.loop == N:
            return self.B == 1
        return tile >= self.B if self.loop == G else self.passes(tile) * tile == self.size

    def least(self, column: np.ndarray) -> np.ndarray:
        """Return the least of a column for each kind."""
        return np.minimum.reduceat(column, self.begin)

    def fewest(self, tile: int) -> np.ndarray:
        """Return the fewest passes of each kind."""
        if tile not in self.known:
            self.known[tile] = self.least(self.passes(tile))
        return self.known[tile]

    def members(self, kind: int, tile: int, *, best: bool) -> np.ndarray:
        """Return the B of a kind that hold an array tile; `best`: those that no other beats.

        A B beats another that it does not exceed in words, passes and lines, if it drains whenever that does
        not overlap: all bounds grow with these.
        """
        end = self.begin[kind + 1] if kind + 1 < len(self.begin) else len(self.B)
        at = np.arange(self.begin[kind], end)
        at = at[self.B[at] >= tile]
        if not best:
            return self.B[at]
        figures = np.column_stack([self.passes(tile), self.fetched, self.kept, self.drains(tile)])[at]
        kept = []
        while len(at):
            kept.append(self.B[at[0]])
            left = ~(figures >= figures[0]).all(axis=1)
            at, figures = at[left], figures[left]
        return np.array(kept, dtype=np.int64)


class Refills(NamedTuple):
    """Refill counts of all loops with an order, and what they cost at least, one entry each.

    `kinds` are places in the axes' kinds; `back` tells whose sums come back into the array.
    """

    kinds: np.ndarray
    order: np.ndarray
    back: np.ndarray
    transfer: np.ndarray
    exposed: np.ndarray
    energy: np.ndarray


class TwoLevels:
    """All mappings of one form on two levels: array tiles, buffer tiles, orders.

    `count` has every array tile with every buffer tile and order, whether they go together or not.
    """

    def __init__(self, nest: Nest, machine: Machine, memory: Memory, limits: dict[str, Any]) -> None:
        self.nest, self.machine, self.memory = nest, machine, memory
        self.axes, self.size = [Axis(nest, loop) for loop in range(8)], np.array(nest.size)
        tiles = fitting_tiles(nest, machine, limits, images=False)
        # Array tiles that go with their smallest buffer tile, and whether sums come back with it.
        found = []
        for back in (False,) if memory.adder else (False, True):
            B = tiles.copy()
            for loop, along in ((R, X), (S, Y)):
                if nest.size[along] > 1:
                    B[:, loop] = nest.size[loop]
            if not back and not memory.adder:
                B[:, REDUCED] = self.size[REDUCED]
            good = self.legal(tiles, B) & (self.back(-(-self.size // B)) == back)
            found.append((tiles[good], np.full(int(good.sum()), int(back))))
        self.tiles, self.kept = (np.concatenate(column) for column in zip(*found, strict=True))
        used = len(np.unique(self.tiles, axis=0))
        self.count = used * prod(len(axis.B) for axis in self.axes) * len(ORDERS)

    def mapping(self, row: dict[str, Any]) -> Any:
        """Return the mapping that a row of a certificate names, None if there is no such mapping."""
        tile, buffer = (np.array(row[name], dtype=np.int64)[None] for name in ("tile", "buffer_tile"))
        inside = bool((self.tiles == tile).all(axis=1).any()) and row["dram_order"] in ORDERS
        if not (inside and self.legal(tile, buffer)[0]):
            return None
        return tuple(row["tile"]), tuple(row["buffer_tile"]), row["dram_order"]

    def back(self, o: np.ndarray) -> np.ndarray:
        """Return whose sums come back into the array (T22)."""
        return (o[:, REDUCED].prod(axis=1) > 1) & (not self.memory.adder)

    def legal(self, tiles: np.ndarray, B: np.ndarray) -> np.ndarray:
        """Return which pairs keep the rules of T10 in every buffer tile, and fit into the buffer."""
        good = (tiles <= B).all(axis=1) & (self.size >= B).all(axis=1)
        for loop, along in ((R, X), (S, Y)):
            good &= (B[:, loop] == self.nest.size[loop]) | (self.nest.size[along] == 1)
        vn, V = tiles[:, REDUCED].prod(axis=1), tiles[:, OUTER].prod(axis=1)
        folds = (-(-B // tiles))[:, REDUCED].prod(axis=1)
        v = vn + self.back(-(-self.size // B))
        good &= ((folds == 1) | (v >= 2) | (V == 1)) & (v * V <= self.machine.ms)
        if self.memory.held is not None:
            good &= folds <= self.memory.held
        return good & self.fits(self.footprint(B, *self.lines_of(B)[0::3]))

    def lines_of(self, B: np.ndarray) -> list[np.ndarray]:
        """Return rows held, fetched, kept, then columns; of buffer tiles."""
        found = []
        for loop, taps in ((X, R), (Y, S)):
            axis = self.axes[loop]
            at = np.clip(B[:, loop] - axis.B[0], 0, len(axis.B) - 1)
            held = axis.held[at] if axis.size > 1 else B[:, taps]
            found += [held, axis.fetched[at], axis.kept[at]]
        return found

    @staticmethod
    def footprint(B: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Return the words of a buffer tile: weights, inputs, outputs; shape (3, tiles)."""
        b = B.T
        inputs = b[N] * b[G] * b[C] * rows * cols
        return np.array([b[G] * b[K] * b[C] * b[R] * b[S], inputs, b[N] * b[G] * b[K] * b[X] * b[Y]])

    def fits(self, words: np.ndarray) -> np.ndarray:
        """Return which buffer tiles fit."""
        if len(self.memory.room) == 1:
            return words.sum(axis=0) <= self.memory.room[0]
        return np.logical_and.reduce(words <= np.array(self.memory.room)[:, None], axis=0)

    def passes_of(self, tile: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return array tiles n over all buffer tiles, and refills o, along every loop."""
        o = -(-self.size // B)
        return (o - 1) * -(-B // tile) + -(-(self.size - (o - 1) * B) // tile), o

    def laid(self, at: np.ndarray, *, rough: bool) -> Laid:
        """Lay array tiles out, with those ports only that may be the busiest."""
        laid = lay(self.nest, self.machine, self.tiles[at], self.kept[at], rough=rough)
        if rough:
            return laid
        ports = busiest(np.stack([laid.w, laid.a, laid.b, laid.q], axis=2))
        return laid._replace(w=ports[:, :, 0], a=ports[:, :, 1], b=ports[:, :, 2], q=ports[:, :, 3])

    def array_cycles(self, laid: Laid, n: np.ndarray, o: np.ndarray, drained: Any) -> np.ndarray:
        """Return cycles of the array that no buffer tiles undercut: ports, generator and lines (T21)."""
        s, parts = steps_of(self.machine, laid, n, o), o[:, REDUCED].prod(axis=1)
        each = n[:, [N, G, K]].prod(axis=1) * parts * o[:, X] * o[:, Y]
        fills = np.where(drained, each, o.prod(axis=1))
        leave = self.machine.latch + laid.shortest + 3
        sums = laid.aux * s.windows * (parts - 1)
        counts = ((s.weights, laid.w), (s.first, laid.a), (s.slides, laid.b), (sums, laid.q))
        sent = sum(count[:, None] * words for count, words in counts).max(axis=1) + fills * leave
        last = np.maximum(1, laid.b.max(axis=1)) - 1
        made = s.weights + s.waves + fills * (last + leave)
        return np.maximum(np.maximum(sent, made), laid.crowd * s.windows * parts + fills * (1 + leave))

    def events(self, laid: Laid, n: np.ndarray, o: np.ndarray) -> dict[str, Any]:
        """Count the array's events over all buffer tiles."""
        return events(self.nest, self.machine, laid, n, o, o[:, REDUCED].prod(axis=1))

    def moves(self, o: np.ndarray, order: str) -> tuple[np.ndarray, ...]:
        """Return how often weights, inputs and outputs cross the chip's edge, and if input overlaps stay.

        An operand is fetched anew for each step of a loop that it does not depend on, unless nothing moves
        inside of that loop.
        """
        j = o.T
        runs = {"K": j[K], "P": j[N] * j[X] * j[Y], "Q": j[C] * j[R] * j[S]}

        def times(group: str) -> np.ndarray:
            inside = [runs[other] > 1 for other in order[order.index(group) + 1 :]]
            return np.where(np.logical_or.reduce([runs[group] < 0, *inside]), runs[group], 1)

        stays = (runs["Q"] == 1) | (order.index("Q") < order.index("P"))
        return times("P"), times("K"), times("Q"), stays

    def dram(self, o: np.ndarray, line: list[np.ndarray], order: str) -> dict[str, np.ndarray]:
        """Count the words between DRAM and buffer."""
        weights, inputs, outputs, stays = self.moves(o, order)
        whole = line[1] * line[4]
        overlapping = np.where(o[:, Y] > 1, line[1] * line[5], line[2] * line[4])
        size = self.nest.size
        return {
            "dram weights": prod(size[d] for d in (G, K, C, R, S)) * weights,
            "dram inputs": size[N] * size[G] * size[C] * np.where(stays, overlapping, whole) * inputs,
            "dram outputs": self.nest.outputs * outputs,
            "dram sums": self.nest.outputs * (outputs - 1),
        }

    def latency(self, array: Any, transfer: Any, exposed: Any, counted: dict[str, Any] | None = None) -> Any:
        """Return the cycles of a layer (T21)."""
        if counted is not None and self.memory.bandwidth is not None:
            names = (*PRICED["buffer_read"], *PRICED["buffer_write"])
            array = np.maximum(array, -(-sum(counted[name] for name in names) // self.memory.bandwidth))
        return np.maximum(array + exposed, transfer) if self.memory.double else array + transfer

    def finished(self, array: Any, counted: dict[str, Any], held: Any) -> Any:
        """Return the cycles of mappings from those of the array, all words, and those of a buffer tile."""
        transfer = -(-sum(counted[name] for name in counted if name.startswith("dram")) // self.memory.dram)
        return self.latency(array, transfer, -(-held // self.memory.dram), counted)

    def bound(
        self, laid: Laid, n: np.ndarray, o: np.ndarray, line: Any, held: Any, order: str, drained: Any
    ) -> Cost:
        """Bound mappings from below; all figures may be lower than those of the mappings."""
        counted = self.events(laid, n, o) | self.dram(o, line, order)
        cycles = self.finished(self.array_cycles(laid, n, o, drained), counted, held)
        return Cost(cycles, priced(self.machine, counted, float) + float(self.machine.static) * cycles)

    # -- what bounds leave open ------------------------------------------------------------------------------

    def open(self, spares: Any) -> Any:
        """Yield the mappings that bounds do not rule out, as `OneLevel.open` does.

        Array tiles and refill counts are bounded each with the best of the other, then pairs of them, then
        the buffer tiles of the pairs that stay open.
        """

        def spared(cycles: Any, energy: Any, *moves: Any) -> Any:
            transfer, exposed, moved = moves
            latency = self.latency(cycles, transfer, exposed)
            whole = energy + moved + float(self.machine.static) * latency
            return spares(latency, whole * (1 - ROUNDING))

        if not len(self.tiles):
            return
        at = np.arange(len(self.tiles))
        for rough in (True, False):
            laid = self.laid(at, rough=rough)
            cycles, energy = self._alone(laid)
            if rough:
                found = list(self._refills(spared, cycles.min(), energy.min()))
                refills = Refills(*(np.concatenate(column) for column in zip(*found, strict=True)))
            best = [least_with(column, refills.back, laid.aux == 1) for column in refills[3:]]
            keep = spared(cycles, energy, *best)
            at, laid, cycles, energy = at[keep], laid.take(keep), cycles[keep], energy[keep]
            if not len(at):
                return
        best = [least_with(column, laid.aux == 1, refills.back) for column in (cycles, energy)]
        keep = spared(*best, *refills[3:])
        refills = Refills(*(column[keep] for column in refills))
        step = max(1, 8 * PAIRS // max(1, len(refills.order)))
        for begin in range(0, len(at), step):
            some = np.arange(begin, min(begin + step, len(at)))
            good = spared(cycles[some, None], energy[some, None], *refills[3:])
            a, b = np.nonzero(good & ((laid.aux[some] == 1)[:, None] == refills.back))
            for which, order in enumerate(ORDERS):
                mine = np.flatnonzero(refills.order[b] == which)
                for cut in range(0, len(mine), PAIRS):
                    part = mine[cut : cut + PAIRS]
                    yield from self._pairs(spares, laid, some[a[part]], refills.kinds[b[part]], order)

    def _alone(self, laid: Laid) -> tuple[np.ndarray, np.ndarray]:
        """Return the least cycles and energy of array tiles with any buffer tile, sums there aside."""
        n = -(-self.size // laid.tiles)
        one = np.ones_like(n)
        cycles = self.array_cycles(laid, n, one, False).astype(np.float64)
        # Energy is linear in the refills of a row of windows and in those of the sums: an end is least.
        energies = []
        split = (laid.aux == 1) | self.memory.adder
        for columns, sums in product((False, True), repeat=2):
            o = one.copy()
            if columns:
                o[:, Y] = n[:, Y]
            if sums:
                o[:, REDUCED] = np.where(split[:, None], n[:, REDUCED], 1)
            counted = self.events(laid, n, o) | {"sums read": 0, "writes": self.nest.outputs}
            energies.append(priced(self.machine, counted, float))
        return cycles, np.min(energies, axis=0)

    def _refills(self, spared: Any, cycles: float, energy: float) -> Any:
        """Yield the refill counts and orders that the least of any array tile does not rule out."""
        sizes = [len(axis.kinds) for axis in self.axes]
        price = self.machine.price
        for begin in range(0, prod(sizes), 2 * PAIRS):
            place = np.unravel_index(np.arange(begin, min(begin + 2 * PAIRS, prod(sizes))), sizes)
            kinds = np.stack(place, axis=1)
            line, words = self._smallest(kinds, np.zeros_like(kinds))
            good = self.fits(words)
            kinds, words, line = kinds[good], words[:, good], [column[good] for column in line]
            o = np.column_stack([axis.kinds[kinds[:, d]] for d, axis in enumerate(self.axes)])
            exposed = -(-words.sum(axis=0) // self.memory.dram)
            sums = (price["buffer_read"] + price["buffer_write"]) * float(self.nest.outputs)
            later = sums * (o[:, REDUCED].prod(axis=1) - 1)
            useful, back = self._useful(o), self.back(o)
            for which, order in enumerate(ORDERS):
                some = useful[:, which]
                moved = {name: words[some] for name, words in self.dram(o, line, order).items()}
                transfer = -(-sum(moved.values()) // self.memory.dram)
                cost = transfer, exposed[some], priced(self.machine, moved, float) + later[some]
                keep = spared(cycles, energy, *cost)
                orders = np.full(int(keep.sum()), which)
                yield Refills(kinds[some][keep], orders, back[some][keep], *(x[keep] for x in cost))

    def _useful(self, o: np.ndarray) -> np.ndarray:
        """Return which orders no other makes needless: moves nothing more often, and keeps all overlaps."""
        figures = np.stack([np.stack([*m[:3], ~m[3]]) for m in (self.moves(o, order) for order in ORDERS)])
        useful = np.ones((len(o), len(ORDERS)), dtype=bool)
        for i, j in product(range(len(ORDERS)), repeat=2):
            no_more = (figures[j] <= figures[i]).all(axis=0)
            same = (figures[j] == figures[i]).all(axis=0)
            if i != j:
                useful[:, i] &= ~(no_more & (~same | (j < i)))
        return useful

    def _smallest(self, kinds: np.ndarray, tiles: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the fewest lines and words of buffer tiles of some kinds that hold array tiles."""
        B = np.column_stack([axis.B[axis.begin[kinds[:, d]]] for d, axis in enumerate(self.axes)])
        B = np.maximum(B, tiles)
        line = []
        for loop, taps in ((X, R), (Y, S)):
            axis, kind = self.axes[loop], kinds[:, loop]
            held = axis.least(axis.held)[kind] if axis.size > 1 else B[:, taps]
            line += [held, axis.least(axis.fetched)[kind], axis.least(axis.kept)[kind]]
        return line, self.footprint(B, line[0], line[3])

    def _pairs(self, spares: Any, laid: Laid, a: np.ndarray, kinds: np.ndarray, order: str) -> Any:
        """Bound pairs of array tiles and refill counts, and yield the mappings of those that stay open."""
        n = np.empty_like(kinds)
        for d, axis in enumerate(self.axes):
            sizes = laid.tiles[a, d]
            fewest = np.zeros((sizes.max() + 1, len(axis.kinds)), dtype=np.int64)
            for size in np.flatnonzero(np.bincount(sizes)):
                fewest[size] = axis.fewest(int(size))
            n[:, d] = fewest[sizes, kinds[:, d]]
        o = np.column_stack([axis.kinds[kinds[:, d]] for d, axis in enumerate(self.axes)])
        line, words = self._smallest(kinds, laid.tiles[a])
        # Several VNs of one multiplier may not fold: then the buffer tile has one product per output.
        single = (laid.vn[a] + laid.aux[a] == 1) & (laid.V[a] > 1)
        good = (n < FAR).all(axis=1) & self.fits(words)
        good &= ~single | (o[:, REDUCED] == self.size[REDUCED]).all(axis=1)
        a, kinds, n, o, line = a[good], kinds[good], n[good], o[good], [column[good] for column in line]
        if not len(a):
            return
        # Only where no buffer tile can overlap its iterations is the array sure to drain.
        found = self.bound(laid.take(a), n, o, line, words[:, good].sum(axis=0), order, False)
        for i in np.flatnonzero(spares(found.cycles, found.energy * (1 - ROUNDING))):
            yield from self._expanded(spares, laid.take([a[i]]), kinds[i], order)

    def _expanded(self, spares: Any, laid: Laid, kinds: np.ndarray, order: str) -> Any:
        """Yield the buffer tiles of a pair that stay open: if those that none beats are closed, all are."""
        tile = laid.tiles[0]
        for best in (True, False):
            sizes = [axis.members(int(kinds[d]), int(tile[d]), best=best) for d, axis in enumerate(self.axes)]
            lengths, anything = [len(some) for some in sizes], False
            for begin in range(0, prod(lengths), PAIRS):
                index = np.unravel_index(np.arange(begin, min(begin + PAIRS, prod(lengths))), lengths)
                B = np.column_stack([some[i] for some, i in zip(sizes, index, strict=True)])
                B = B[self.legal(np.broadcast_to(tile, B.shape), B)]
                if not len(B):
                    continue
                n, o = self.passes_of(tile, B)
                whole = n * tile == self.size
                drained = whole[:, X] & whole[:, Y] & (whole[:, K] | (B[:, G] <= tile[G])) & (B[:, N] == 1)
                line = self.lines_of(B)
                held = self.footprint(B, line[0], line[3]).sum(axis=0)
                rows = laid.take(np.zeros(len(B), dtype=np.int64))
                found = self.bound(rows, n, o, line, held, order, drained)
                good = spares(found.cycles, found.energy * (1 - ROUNDING))
                anything |= bool(good.any())
                for i in np.flatnonzero(good) if not best else ():
                    mapping = tuple(tile.tolist()), tuple(B[i].tolist()), order
                    yield mapping, False, Cost(found.cycles[i], found.energy[i])
            if not anything:
                return

    # -- one mapping -----------------------------------------------------------------------------------------

    def cost(self, mapping: Any) -> Cost | None:
        """Time and price a legal mapping; None if weights overtake inputs in a buffer tile."""
        tile, B, order = np.array(mapping[0]), np.array(mapping[1]), mapping[2]
        n, o = self.passes_of(tile, B[None])
        back = bool(self.back(o)[0])
        array = 0
        for sizes, sums, count in self._parts(B, back):
            run = timed(self.nest._replace(size=sizes), self.machine, tile, sums)
            if run.overtakes:
                return None
            array += count * run.cycles
        at = np.flatnonzero((self.tiles == tile).all(axis=1) & (self.kept == back))
        line = self.lines_of(B[None])
        held = int(self.footprint(B[None], line[0], line[3]).sum())
        counted = one_of(self.events(self.laid(at[:1], rough=False), n, o) | self.dram(o, line, order))
        latency = int(self.finished(array, counted, held))
        return Cost(latency, priced(self.machine, counted, int) + self.machine.static * latency)

    def _parts(self, B: np.ndarray, back: bool) -> Any:
        """Yield the different buffer tiles, edges included: sizes, what becomes of their sums, how many."""
        choices = []
        for size, b in zip(self.size.tolist(), B.tolist(), strict=True):
            o = -(-size // b)
            rest = size - (o - 1) * b
            choices.append([(b, o)] if rest == b else [(b, o - 1), (rest, 1)])
        for chosen in product(*choices):
            sizes, count = tuple(size for size, _ in chosen), prod(times for _, times in chosen)
            # The first tile along C, R and S begins the sums.
            first = all(sizes[d] == B[d] for d in REDUCED)
            begun = prod(chosen[d][1] for d in OUTER) if first else 0
            if not back:
                yield sizes, "whole", count
            if back and begun:
                yield sizes, "begun", begun
            if back and count > begun:
                yield sizes, "continued", count - begun


def least_with(column: np.ndarray, have: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Return the least of a column among those that have what is wanted; very much where none has."""
    least = [column[have == which].min(initial=int(1e18)) for which in (False, True)]
    return np.where(want, float(least[1]), float(least[0]))


def busiest(ports: np.ndarray) -> np.ndarray:
    """Keep of each tile's ports those that no other exceeds in all of (w, a, b, q), padded with zeros."""
    rows = []
    for mine in ports:
        found = np.unique(mine, axis=0)[::-1]
        beaten = ((found[None] >= found[:, None]).all(axis=2) & ~np.eye(len(found), dtype=bool)).any(axis=1)
        rows.append(found[~beaten])
    result = np.zeros((len(rows), max(len(row) for row in rows), 4), dtype=np.int64)
    for at, row in enumerate(rows):
        result[at, : len(row)] = row
    return result


# ----------------------------------------------------------------------------------------------------------
# The verdict
# ----------------------------------------------------------------------------------------------------------


VALUES = {
    "latency": lambda cycles, energy: cycles,
    "energy": lambda cycles, energy: energy,
    "edp": lambda cycles, energy: cycles * energy,
}
UNITS = {"latency": " cycles", "energy": " of energy", "edp": " cycles x energy"}


def spelled(mapping: Any) -> str:
    """Write a tile as people do, R3 S3 K8; with its buffer tile and order on two levels."""
    if isinstance(mapping[0], tuple):
        return f"{spelled(mapping[0])} in buffer tile {spelled(mapping[1])}, {mapping[2]}"
    words = [f"{d}{size}" for d, size in zip(DIMS, mapping, strict=True) if size > 1]
    return " ".join(words) or "1"


class Case:
    """What follows from a question: forms, and the space of mappings of each."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.question, self.objective = question, question["objective"]
        self.most = None if question["pieces"] == "all" else question["pieces"]
        demand(self.most is None or (type(self.most) is int and self.most > 0), "no number of pieces")
        demand(self.objective in (*VALUES, "pareto"), f"an unknown objective: {self.objective!r}")
        self.machine = machine_of(question["hardware"], question["energy_table"])
        memory, limits = memory_of(question["hardware"]), question["limits"]
        named = limits["lower"].keys() | limits["upper"].keys()
        sizes = (*limits["lower"].values(), *limits["upper"].values())
        demand(named <= set(DIMS) and all(type(v) is int and v > 0 for v in sizes), "limits on no loop")
        one_image = memory is not None or self.machine.real
        wanted = question["forms"]
        self.behind = {"one_image": one_image, "memory": memory is not None}
        self.direct, self.kind = loops_of_layer(question["layer"]), question["layer"]["kind"]
        self.ways = forms_of(self.direct, self.kind, wanted, **self.behind)
        self.forms = [way.nest for way in self.ways]
        self.names = [str(nest) for nest in self.forms]

        @cache
        def space(number: int) -> OneLevel | TwoLevels:
            nest = self.forms[number]
            return (
                TwoLevels(nest, self.machine, memory, limits)
                if memory
                else OneLevel(nest, self.machine, limits)
            )

        self.space = space

    def agree(self, papers: list[dict[str, Any]]) -> str:
        """Believe that a certificate speaks of these forms and all their mappings; return both in words."""
        demand(
            len(self.forms) == len(papers),
            f"the layer has {len(self.forms)} forms that the question allows, not {len(papers)}",
        )
        counts = []
        for number, (nest, form) in enumerate(zip(self.forms, papers, strict=True)):
            self.names[number] = f"the form {form['name']!r}"
            size, adds = tuple(form["loops"][d] for d in DIMS), form["operation"] == "mac"
            stride, dilation = form["stride"], form["dilation"]
            said = Nest(size, (stride[0], stride[1]), (dilation[0], dilation[1]), adds)
            demand(said == nest, f"form {number} has the loops {nest}, not {said}")
            counts.append(self.space(number).count)
            demand(
                counts[-1] == form["mappings"],
                f"{self.names[number]} has {counts[-1]:,} mappings, not {form['mappings']:,}",
            )
        some = sum(count > 0 for count in counts)  # a form without mappings is not counted
        return f"{sum(counts):,} in {some} form{'s' * (some != 1)}"

    def cost(self, space: OneLevel | TwoLevels, name: str, mapping: Any) -> Cost | None:
        """Time and price a mapping."""
        try:
            return space.cost(mapping)
        except TooLong:
            text = f"{spelled(mapping)} of {name}"
            raise Disbelief(f"{text} is not ruled out by bounds, and too long to be timed") from None

    def confirm(self, space: OneLevel | TwoLevels, name: str, row: dict[str, Any]) -> tuple[Any, Cost | None]:
        """Believe a row of a certificate: its mapping is of the space, and costs what it says."""
        mapping = space.mapping(row)
        if mapping is None:
            raise Disbelief(f"{row} of {name} is no legal mapping within {self.question['limits']}")
        found, said = self.cost(space, name, mapping), None
        if not row.get("overtakes"):
            energy = Fraction(row["energy"]) * self.machine.unit
            said = Cost(row["cycles"], int(energy) if energy.denominator == 1 else -1)
        text = f"{spelled(mapping)} of {name}"
        demand(found == said, f"{text} {self.told(found)}; the certificate: {self.told(said)}")
        return mapping, found

    def right(self, space: OneLevel | TwoLevels, name: str, row: dict[str, Any]) -> Cost:
        """Believe a row whose mapping computes what it should."""
        mapping, cost = self.confirm(space, name, row)
        if cost is None:
            raise Disbelief(f"the answer {spelled(mapping)} computes wrong outputs")
        return cost

    def answered(self, answer: dict[str, Any]) -> Cost:
        """Believe the mapping of an answer, or all its pieces; return its cost."""
        if "pieces" not in answer:
            return self.right(self.space(answer["form"]), self.names[answer["form"]], answer)
        nest, loop = cuts_of(self)[answer["cut"]]
        pieces, rows = Pieces(self, nest, loop), answer["pieces"]
        fair = all(type(row["count"]) is int and row["count"] > 0 for row in rows)
        demand(fair and sum(row["count"] for row in rows) == pieces.size, "the pieces are not the layer")
        demand(self.most is None or len(rows) <= self.most, f"{len(rows)} pieces, where {self.most} may be")
        costs = [self.right(*pieces.space(row), row) for row in rows]
        return Cost(sum(cost.cycles for cost in costs), sum(cost.energy for cost in costs))

    def told(self, cost: Cost | None) -> str:
        """Write a cost."""
        if cost is None:
            return "computes wrong outputs (weights overtake inputs)"
        energy = float(Fraction(cost.energy) / self.machine.unit)
        return f"takes {cost.cycles:,} cycles and {energy:.12g} of energy"

    def settle(self, papers: list[dict[str, Any]] | None, spares: Any, beaten: Any, what: str) -> int:
        """Time every mapping that bounds do not rule out, and compare with those that a certificate timed.

        Parameters
        ----------
        papers
            What the certificate says of each form; None if nothing.
        spares
            From cycles and energies: which bounds do not rule their mappings out.
        beaten
            From a cost: whether a mapping that costs so much refutes the certificate.
        what
            What it refutes, in words.

        Returns
        -------
        int
            Mappings timed.
        """
        count = 0
        for number, nest in enumerate(self.forms):
            if not (papers or np.all(spares(physical(nest, self.machine), 0.0))):
                continue
            space = self.space(number)
            rows = papers[number]["timed"] if papers else None
            name = self.names[number]
            listed = [] if rows is None else [self.confirm(space, name, row)[0] for row in rows]
            demand(len(set(listed)) == len(listed), f"{self.names[number]}: a mapping timed twice")
            for mapping, surely, bound in space.open(spares):
                text = f"{spelled(mapping)} of {self.names[number]}"
                demand(
                    rows is None or mapping in listed or not surely,
                    f"{text} is not ruled out by its bounds, and the certificate does not time it: "
                    f"it {self.told(bound)} or more",
                )
                found = self.cost(space, name, mapping)
                count += 1
                demand(found is None or not beaten(found), f"{text} {self.told(found)}: {what}")
        return count

    def nothing_below(self, bound: Fraction, papers: list[dict[str, Any]] | None = None) -> str:
        """Believe that no mapping costs less than a bound (in units of the objective)."""
        value_of, scale = VALUES[self.objective], 1 if self.objective == "latency" else self.machine.unit
        exact, least = bound * scale, float(bound * scale)

        def spares(cycles: Any, energy: Any) -> np.ndarray:
            return np.asarray(value_of(np.asarray(cycles, dtype=np.float64), energy) < least)

        text = f"costs less than {figure(bound)}{UNITS[self.objective]}"
        count = self.settle(papers, spares, lambda cost: value_of(*cost) < exact, f"it {text}")
        return f"{text} ({count:,} timed)"

    def nothing_in_pieces(self, bound: Fraction, lines: list[list[str]]) -> str:
        """Believe that no mapping in as many pieces as the question allows costs less than a bound.

        A product of cycles and energy is no sum over pieces. But if `lines` of (x, y, least) are right, each
        of them x cycles + y energy >= least, it is least at a corner of what they leave (quasi-concave).
        """
        if self.most == 1:
            return ""
        sums = [(Fraction(self.objective == "latency"), Fraction(self.objective == "energy"), bound)]
        if self.objective == "edp":
            sums = [(Fraction(x), Fraction(y), Fraction(least)) for x, y, least in lines]
            allowed = product_of_corners(sums)
            demand(allowed >= bound, f"the lines allow a product of {float(allowed):g}, less than the bound")
        count = sum(self._no_sum_below(*line) for line in sums)
        return f", in {self.most or 'any number of'} pieces neither ({count:,} timed)"

    def _no_sum_below(self, x: Fraction, y: Fraction, bound: Fraction) -> int:
        """Believe that x cycles + y energy is at least a bound in pieces; return how many were timed."""
        demand(min(x, y) >= 0 < max(x, y), f"no weights: {x} and {y}")
        x *= self.machine.unit  # energies are in units of 1 / unit
        whole = lcm(x.denominator, y.denominator)
        scale = Fraction(whole, gcd(int(x * whole), int(y * whole)))
        a, b, least = int(x * scale), int(y * scale), ceil(bound * self.machine.unit * scale)

        def goal(cycles: Any, energy: Any) -> Any:
            return a * cycles + b * energy if a and b else cycles if a else energy

        count = 0
        if self.objective == "edp":  # of other goals one piece is checked by itself

            def spares(cycles: Any, energy: Any) -> np.ndarray:
                return np.asarray(goal(np.asarray(cycles, dtype=np.float64), energy) < float(least))

            what = f"less than {least} with the weights {a} and {b}"
            count = self.settle(None, spares, lambda cost: goal(*cost) < least, what)
        for nest, loop in cuts_of(self):
            count += Pieces(self, nest, loop).nothing_below(goal, least, self.most)
        return count

    def nothing_at_all(self) -> None:
        """Believe that no mapping is legal."""
        everything = "is a mapping where there should be none"
        self.settle(None, lambda cycles, _: np.full(np.shape(cycles), True), lambda cost: True, everything)

    def nothing_outside(self, points: list[Cost], papers: list[dict[str, Any]]) -> str:
        """Believe that each mapping has a point of a front that is at least as good in cycles and energy."""
        demand(points, "the front has no points")
        for one, other in pairwise(points):
            demand(one.cycles < other.cycles and one.energy > other.energy, "the points are no front")
        cycles, energy = np.array([p.cycles for p in points]), [p.energy for p in points]
        floats = np.array(energy, dtype=np.float64)

        def spares(least: Any, energies: Any) -> np.ndarray:
            # The slowest point that is no slower has the least energy.
            at = np.searchsorted(cycles, least, side="right") - 1
            return np.asarray((at < 0) | (energies < floats[np.maximum(at, 0)]))

        def beaten(cost: Cost) -> bool:
            at = int(np.searchsorted(cycles, cost.cycles, side="right")) - 1
            return at < 0 or cost.energy < energy[at]

        count = self.settle(papers, spares, beaten, "no point of the front is as good")
        return f"is better than the front of {len(points)} points anywhere ({count:,} timed)"


# ----------------------------------------------------------------------------------------------------------
# Pieces: ranges of a loop, each a layer of its own (docs/explanation/pieces.md)
# ----------------------------------------------------------------------------------------------------------


def cuts_of(case: Case) -> list[tuple[Nest, int]]:
    """Return where a layer may be cut: nests, and the loop of each that is cut."""
    if case.kind in ("add", "multiply"):
        return []
    found = [(case.direct, K), (case.direct, G)]
    for way in case.ways:
        plain = way.families == {"product"} and way.stays == "weights"
        found += [(way.nest, X)] * (plain and way.nest.size[C] == way.nest.size[N] == 1)
    if case.kind in ("fc", "gemm", "matmul"):
        found.append((case.direct, X))
    return [(nest, loop) for nest, loop in found if nest.size[loop] > 1]


def cheapest(costs: np.ndarray, most: int | None) -> tuple[np.ndarray, list[int]]:
    """Return what 0, 1, 2, ... of a loop cost at least in at most so many pieces, and the pieces.

    `costs`: of a piece of every size; `most`: None for any number of pieces.
    """
    size = len(costs) - 1
    tables = [costs.copy()]
    tables[0][0] = 0
    for _ in range(1 if most is None else most - 1):
        after = tables[-1].copy()
        before = after if most is None else tables[-1]
        for j in range(2, size + 1):
            after[j] = min(after[j], (costs[1:j] + before[j - 1 : 0 : -1]).min())
        tables.append(after)
    pieces, left, at = [], size, len(tables) - 1
    while left:
        before = tables[at if most is None else at - 1]
        if tables[at][left] == costs[left]:
            pieces.append(left)
            break
        pieces.append(int((costs[1:left] + before[left - 1 : 0 : -1]).argmin()) + 1)
        left, at = left - pieces[-1], at if most is None else at - 1
    return tables[-1], pieces


def product_of_corners(lines_: list[tuple[Fraction, Fraction, Fraction]]) -> Fraction:
    """Return the least x y of all x and y with a x + b y >= c for all lines (a, b, c)."""
    plain = {(a > 0, b > 0) for a, b, c in lines_ if c > 0}
    demand({(True, False), (False, True)} <= plain, "the lines do not bound cycles and energy")
    found = []
    for (a, b, p), (c, d, q) in combinations(lines_, 2):
        if a * d != b * c:
            x, y = (p * d - q * b) / (a * d - b * c), (a * q - c * p) / (a * d - b * c)
            found += [x * y] if all(i * x + j * y >= k for i, j, k in lines_) else []
    return min(found)


class Lines(NamedTuple):
    """Tiles of pieces: a piece of s takes i = ceil(s / width) and costs base + step i + each s or more.

    `way`, `row`: the form, and the place in its tiles. `closer`: 1 if the tile was laid out for it.
    """

    way: np.ndarray
    row: np.ndarray
    width: np.ndarray
    base: np.ndarray
    step: np.ndarray
    each: np.ndarray
    closer: np.ndarray


class Pieces:
    """All mappings of a layer in pieces along one loop.

    1. Every tile has a line below its cost in a piece of any size. A mapping that uses it costs no less than
       one iteration of it, and for the rest of the loop the least that any tile takes for one trip of it:
       tiles with which that is too much are left out.
    2. The lines of the others bound every size from below, and a sum over sizes bounds a mapping.
    3. While the least sum is too low, the sizes in it are settled: each tile is bounded for just that size,
       and timed if that is not enough.
    """

    def __init__(self, case: Case, base: Nest, loop: int) -> None:
        self.case, self.machine, self.size = case, case.machine, base.size[loop]
        wanted = dict(case.question["forms"])
        if case.kind in ("fc", "gemm", "matmul"):
            wanted["families"] = [*wanted["families"], "product"]
        elif loop == X:
            wanted["families"] = ["direct", "product"]
        longer = {form.path: form.nest for form in every_form(Form(resized(base, loop, self.size + 1)))}
        self.ways: list[tuple[Nest, int | None]] = []  # the loop is None where only the whole has the form
        for form in forms_of(base, "loops", wanted, **case.behind):
            other = longer.get(form.path, form.nest)
            differ = [d for d in range(8) if other.size[d] != form.nest.size[d]]
            alone = len(differ) != 1 or form.nest.size[differ[0]] != self.size
            self.ways.append((form.nest, None if alone else differ[0]))
            demand(not alone or form.nest in case.forms, "a form of the whole layer that the layer has not")

    def space(self, row: dict[str, Any]) -> tuple[OneLevel, str]:
        """Return the mappings that a piece of the answer may have, and its name."""
        nest, loop = self.ways[row["form"]]
        demand(loop is not None or row["count"] == self.size, "a form that only the whole layer has")
        nest = nest if loop is None else resized(nest, loop, row["count"])
        return self._space(nest), f"a piece of {row['count']}"

    def _space(self, nest: Nest) -> OneLevel:
        return OneLevel(nest, self.machine, self.case.question["limits"])

    def nothing_below(self, goal: Any, least: int, most: int | None) -> int:
        """Believe that no mapping in at most so many pieces costs less; return how many pieces were timed.

        `goal`: from cycles and energy the cost, a sum with weights.
        """
        kind = np.int64 if least < 1 << 60 else object
        lines = self._useful(goal, least)
        costs = np.full(self.size + 1, least, dtype=kind)
        for begin in range(0, len(lines.way), 256):
            some = Lines._make(column[begin : begin + 256, None] for column in lines)
            sizes = np.arange(1, self.size + 1)
            found = some.base + some.step * -(-sizes // some.width) + some.each * sizes
            found = np.where(sizes >= some.width, found, np.inf).min(axis=0) * (1 - ROUNDING)
            costs[1:] = np.minimum(costs[1:], np.ceil(np.clip(found, 0, least)).astype(kind))
        settled: set[int] = set()
        count = 0
        while True:
            sums, pieces = cheapest(costs, most)
            if sums[-1] >= least:
                return count
            rest = sums if most is None else cheapest(costs, None)[0]
            doubtful = set(pieces) - settled
            demand(doubtful, f"pieces of {sorted(pieces)} cost {sums[-1]} in all, less than {least}")
            for size in doubtful:
                costs[size], timed_ = self._settle(goal, size, least - int(rest[self.size - size]), lines)
                count += timed_
            settled |= doubtful

    def _useful(self, goal: Any, least: int) -> Lines:
        """Return the tiles without which mappings that cost less than `least` cannot do, all laid out."""
        self.laid: list[Laid] = []
        found = [Lines._make(np.zeros((7, 0), dtype=np.int64))]
        for way, (nest, loop) in enumerate(self.ways):
            tiles = legal_tiles(nest, self.machine, self.case.question["limits"])
            self.laid.append(on_the_array(nest, self.machine, tiles, rough=True))
            if loop is None or not len(tiles):
                continue
            rows, columns = np.arange(len(tiles)), self._line(goal, way, self.laid[way])
            found.append(Lines(np.full_like(rows, way), rows, tiles[:, loop], *columns, np.zeros_like(rows)))
        lines, many = Lines._make(np.concatenate(column) for column in zip(*found, strict=True)), 256
        while True:
            share = (lines.step + np.minimum(lines.base, 0)) / lines.width + lines.each
            one = share.min(initial=np.inf)
            more = np.minimum(lines.each - one, (lines.each - one) * lines.width)
            keep = (lines.base + lines.step + more + one * self.size) * (1 - ROUNDING) < least
            lines, share = Lines._make(column[keep] for column in lines), share[keep]
            sure = share[lines.closer == 1].min(initial=np.inf)
            wanted = np.flatnonzero((lines.closer == 0) & (share < sure))
            wanted = wanted if len(wanted) else np.flatnonzero(lines.closer == 0)
            if not len(wanted):
                return lines
            self._lay_out(goal, lines, wanted[np.argsort(share[wanted], kind="stable")[:many]])
            many *= 2

    def _lay_out(self, goal: Any, lines: Lines, wanted: np.ndarray) -> None:
        """Make the lines of some tiles closer."""
        for way in np.unique(lines.way[wanted]):
            at = wanted[lines.way[wanted] == way]
            tiles = self.laid[way].tiles[lines.row[at]]
            laid = on_the_array(self.ways[way][0], self.machine, tiles, rough=False)
            lines.base[at], lines.step[at], lines.each[at] = self._line(goal, way, laid)
        lines.closer[wanted] = 1

    def _line(self, goal: Any, way: int, laid: Laid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the lines of tiles: through costs of the whole loop and of twice as much.

        Events are linear in i and s, and bounds on cycles convex in i, so no smaller piece lies below.
        """
        nest, loop = self.ways[way]
        assert loop is not None
        streams_ = self.machine.real and loop in (X, Y) and 2 * max(nest.size[X], nest.size[Y]) > COUNTER
        demand(not streams_, "pieces of so many outputs are not checked on the real hardware")
        size, width = self.size, laid.tiles[:, loop]

        def drain(count: int) -> np.ndarray:
            other = resized(nest, loop, count)
            return drains(other, laid.tiles, trips(other, laid.tiles))

        # No tile above 1 divides two numbers in a row: what drains with both always does.
        always = drain(size) & (drain(size + 1) | (width == 1))
        whole, more, most, twice = (
            np.asarray(goal(*bounds_of(resized(nest, loop, count), self.machine, laid, always)), dtype=float)
            for count in (size, size + 1, size + 2, 2 * size)
        )
        each = np.where(width == 1, 0, np.where(size % width != 0, more - whole, most - more))
        one, two = -(-size // width), -(-2 * size // width)
        step = (twice - whole - each * size) / (two - one)
        return whole - step * one - each * size, step, each

    def _settle(self, goal: Any, size: int, enough: int, lines: Lines) -> tuple[int, int]:
        """Return what a piece of a size costs, or `enough` if that is less, and how many were timed."""
        best, count = enough, 0
        floor = (lines.base + lines.step * -(-size // lines.width) + lines.each * size) * (1 - ROUNDING)
        near = (lines.width <= size) & (floor < enough)
        for way in np.unique(lines.way[near]):
            whole, loop = self.ways[way]
            assert loop is not None
            nest = resized(whole, loop, size)
            tiles = self.laid[way].tiles[lines.row[near & (lines.way == way)]]
            bounds = bounds_of(nest, self.machine, on_the_array(nest, self.machine, tiles, rough=False))
            values = np.asarray(goal(*bounds), dtype=float) * (1 - ROUNDING)
            for at in np.argsort(values, kind="stable"):
                if values[at] >= best:
                    break
                found = self.case.cost(self._space(nest), f"a piece of {size}", tuple(tiles[at].tolist()))
                count += 1
                best = best if found is None else min(best, goal(*found))
        return best, count


def figure(value: Fraction) -> str:
    """Write a number exactly, as people do."""
    return (
        f"{value.numerator:,}"
        if value.denominator == 1
        else f"{Decimal(value.numerator) / value.denominator:,}"
    )


def check_one(paper: dict[str, Any]) -> tuple[str, Fraction, Fraction]:
    """Check the certificate of one layer; return the verdict, its value and its bound."""
    case, answer = Case(paper["question"]), paper["answer"]
    space = case.agree(paper["forms"])
    value = bound = Fraction(0)
    if case.objective == "pareto":
        points = [case.answered(row) for row in answer["points"]]
        found = case.nothing_outside(points, paper["forms"])
    else:
        value, bound = (Fraction(answer[key]) for key in ("value", "bound"))
        demand(bound <= value, f"the bound {answer['bound']} exceeds the answer {answer['value']}")
        demand(bound == value or not answer["proved"], "an answer above its bound is called proved")
        # Where a mapping is too long to be timed only the bound is claimed.
        demand(answer["timed"] or not answer["proved"], "an answer that was not timed is called proved")
        if answer["timed"]:
            scale = 1 if case.objective == "latency" else case.machine.unit
            real = Fraction(VALUES[case.objective](*case.answered(answer)), scale)
            demand(real == value, f"the answer's {case.objective} is {real}, not {answer['value']}")
        found = case.nothing_below(bound, paper["forms"])
        found += case.nothing_in_pieces(bound, answer.get("lines", []))
    unchanged(paper, "forms")
    return f"no mapping of {space} {found}", value, bound


def unchanged(paper: dict[str, Any], rest: str) -> None:
    """Believe that question and answer are those that a certificate was written for."""
    kept = {key: paper[key] for key in ("question", "answer", rest)}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), default=str)
    demand(
        paper["digest"] == hashlib.sha256(text.encode()).hexdigest(),
        "question and answer are not those that the certificate was written for (digest)",
    )


def check_design(paper: dict[str, Any], say: Any) -> str:
    """Check that a network costs no less on any of some accelerators than on the one that was chosen."""
    asked, answer = paper["question"], paper["answer"]
    layers, machines = asked["layers"], asked["accelerators"]
    value, bound = (Fraction(answer[key]) for key in ("value", "bound"))
    demand(asked["objective"] in ("latency", "energy"), "such layers have no sum")
    fair = bound == value or (bound < value and not answer["proved"])
    demand(fair, "the bound is not that of the answer")
    demand(len(paper["least"]) == len(machines), "the accelerators are not those of the bounds")

    def case_of(layer: int, place: int) -> Case:
        rest = {key: asked[key] for key in ("objective", "limits", "forms", "pieces")}
        return Case({"layer": layers[layer], **machines[place], **rest})

    def in_all(costs: list[Fraction | None]) -> Fraction | None:
        """Return what the network costs, each layer taken apart in its cheapest way; None: it cannot run."""
        total = Fraction(0)
        for ways in asked["network"]:
            sums = [
                sum((repeats * cost for cost, (_, repeats) in zip(parts, way, strict=True)), Fraction(0))
                for way in ways
                for parts in [[costs[index] for index, _ in way]]
                if None not in parts
            ]
            if not sums:
                return None
            total += min(sums)
        return total

    costs: list[Fraction | None] = []
    for layer, row in enumerate(answer["mappings"]):
        case = case_of(layer, answer["accelerator"])
        scale = 1 if case.objective == "latency" else case.machine.unit
        costs.append(None if row is None else Fraction(VALUES[case.objective](*case.answered(row)), scale))
    demand(
        in_all(costs) == value, f"the network costs {in_all(costs)} on the chosen accelerator, not {value}"
    )
    for place, stated in enumerate(paper["least"]):
        least = [None if text is None else Fraction(text) for text in stated]
        total, name = in_all(least), f"accelerator {place}"
        demand(total is None or total >= bound, f"the bounds of {name} allow {total}, less than {bound}")
        for layer, cost in enumerate(least):
            case = case_of(layer, place)
            try:
                case.nothing_at_all() if cost is None else case.nothing_below(cost)
                cost is None or case.nothing_in_pieces(cost, [])
            except Disbelief as reason:
                raise Disbelief(f"layer {layer} on {name}: {reason}") from None
        say(f"{name}: " + ("a layer has no mapping" if total is None else f"costs at least {figure(total)}"))
    unchanged(paper, "least")
    unit = UNITS[asked["objective"]]
    return f"the network costs no less than {figure(bound)}{unit} on any of {len(machines)} accelerators"


def check_manifest(paper: dict[str, Any], say: Any) -> str:
    """Check the certificates of several layers, and their total."""
    total = least = Fraction(0)
    asked = [one["question"] for one in paper["certificates"]]
    for number, one in enumerate(paper["certificates"]):
        name = one["question"]["layer"].get("name") or f"layer {number + 1}"
        try:
            verdict, value, bound = check_one(one)
        except Disbelief as reason:
            raise Disbelief(f"{name}: {reason}") from None
        say(f"{name}: {verdict}")
        same = all(asked[number][key] == asked[0][key] for key in ("hardware", "energy_table", "objective"))
        demand(same, f"{name} is about another accelerator, energy table or objective")
        repeats = one.get("repeats", 1)
        demand(type(repeats) is int and repeats > 0, f"{name} is run {repeats!r} times")
        total, least = total + repeats * value, least + repeats * bound
    if "total" in paper:
        said = tuple(Fraction(paper["total"][key]) for key in ("value", "bound"))
        demand(asked and asked[0]["objective"] in ("latency", "energy"), "such layers have no sum")
        demand(
            said == (total, least),
            f"the layers add up to {figure(total)} (bound {figure(least)}), not to "
            f"{figure(said[0])} ({figure(said[1])})",
        )
        return f"{len(asked)} layers; no mappings of them cost less than {figure(least)} in all"
    return f"{len(asked)} layers"


def check(paper: Any, say: Any = lambda line: None) -> str:
    """Check a certificate or a manifest.

    Parameters
    ----------
    paper
        The JSON value.
    say
        Gets a line for each layer of a manifest.

    Raises
    ------
    Disbelief
        With the first reason.
    Unreadable
        If it is no certificate.
    """
    if not isinstance(paper, dict) or paper.get("format") != FORMAT:
        raise Unreadable(f"it does not say format: {FORMAT}")
    if paper.get("version") != VERSION:
        raise Unreadable(f"version {paper.get('version')!r} of the format, expected {VERSION}")
    try:
        if paper["kind"] == "manifest":
            return check_manifest(paper, say)
        if paper["kind"] == "design":
            return check_design(paper, say)
        demand(paper["kind"] == "layer", f"a certificate of unknown kind {paper['kind']!r}")
        return check_one(paper)[0]
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Disbelief(f"the certificate is not complete: {type(error).__name__}: {error}") from error


def main(arguments: list[str]) -> int:
    """Check one file and say what was found."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print("usage: python check_certificate.py FILE", file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            try:
                paper = json.load(file, parse_float=Decimal)
            except ValueError as error:  # no text, no JSON, or a number of thousands of digits
                raise Unreadable(error) from None
        verdict = check(paper, print)
    except (OSError, RecursionError, Unreadable) as error:
        print(f"error: {arguments[0]}: not a certificate: {error}", file=sys.stderr)
        return 2
    except Disbelief as reason:
        print(f"NOT VERIFIED: {reason}")
        return 1
    print(f"VERIFIED: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
