#!/usr/bin/env python3
"""Check a certificate of maeri-solver: ``python check_certificate.py FILE``.

A certificate holds a question (a layer, an accelerator, an energy table, limits, forms), an answer, and the
mappings that had to be timed to know that nothing is better. This program believes none of it. It is one
file, needs the standard library and numpy, and shares no line with the program that wrote the certificate;
its formulas follow docs/specification, whose rules (T1, S1 and so on) it names. It

1. turns the layer into loops, lists all forms that the question allows, and enumerates the legal tiles (T10);
2. bounds the cost of each from below on the laid-out array (T23), of all buffer tiles and loop orders where
   there is a prefetch buffer, and of all sums over pieces where the layer may be cut;
3. times each mapping that its bound does not rule out, cycle by cycle, and prices it in exact integers;
4. believes the certificate if nothing costs less than it says, if the answer costs what it says, and if the
   counts and the list of timed mappings are those that it finds itself.

The parts, in reading order; each trusts only those before it, and restates the rules in brackets:

    The question    loops of a layer (T12), the accelerator, prices of events (T20)
    Forms           other loops that compute the same
    The adder tree  of the simulator (T6, T6b), of the real hardware (S1, S5, S6)
    Tiles           which are legal (T10, T11, S5, S6, S17): the space
    The array       multipliers (T2, T4) and words on the read ports (T3, T17), or the fewest by sizes (T24)
    Bounds          cycles (T23; T26 where a buffer is), events (T17 to T19, T22), energy (T20)
    Cycles          clocks: `Run` (T1 to T8, T22), `Folding` (T9), `RealStream` (S14 to S16); overtaking (T11)
    A form          what a claim is, and which tiles their bounds leave open
    Two levels      buffer tiles, loop orders, words of the DRAM (T21, T22): only with a prefetch buffer
    Pieces          the least of a piece of every size, and sums: only where a layer may be cut
    A layer         `Case`, `check_one`: the verdict
    Designs         grids, areas, sums over layers: only for certificates of designs
    Files           manifests of networks, the command

Who has the verdict in mind begins at `check_one`. It rests on the space (forms, tiles), on what a mapping
costs (`events`, a clock) and on what it costs at least (`least_cycles`). Arrays have a row per tile; T, B, n
and o have the columns R S C K G N X Y.

The first reason for disbelief is printed, with exit code 1; a file that is no certificate gives exit code 2.
What is trusted: the rules (the cost model), Python and numpy, and what the question says: energies of events,
by how much wider words are dearer, areas of parts and of buffers by their capacity are taken from it. What is
not: the search, the constraint solver, the cost functions, the cache and the files of maeri-solver.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
FORMAT, VERSION = "maeri-solver certificate", 3
LONG_RUN, MANY_ITERATIONS, MANY_STEPS = 60_000_000, 20_000, 1 << 24
"""Outputs, iterations, and cycles of ports and VNs of a mapping that may be timed one by one (T25)."""
ROUNDING = 1e-9
"""Bounds on energies are floating point; they count as this much lower (or higher) than computed."""
CHUNK, MANY_TILES, MANY_LAID = 1 << 20, 1 << 14, 1 << 16
"""Array elements, and tiles, at once; tiles whose layout is kept."""
MANY_PRODUCTS = 1 << 52
"""Products of a layer whose events 64 bits count; of one in pieces a quarter, as twice of it is bounded."""
MANY_SUMS = 1 << 20
"""Sums of mappings of some layers of a network that are carried on."""
FAR = 1 << 40
"""More cycles or passes than there are; with a minus, before the first cycle."""


class Disbelief(Exception):
    """The first reason for not believing a certificate."""


class Unreadable(Exception):
    """The file is no certificate."""


class TooLong(Disbelief):
    """A mapping that bounds do not rule out is too long to be timed one by one (T25)."""


def demand(condition: object, reason: str) -> None:
    """Raise `Disbelief` unless a condition holds."""
    if not condition:
        raise Disbelief(reason)


def entries(table: Any, at: Any) -> Any:
    """Return some entries of a tuple of columns."""
    return table._make(column[at] for column in table)


def joined(tables: Iterable[Any]) -> Any:
    """Return tuples of columns as one; ports that a table does not list have no words."""
    first, *rest = tables
    return first._make(piled(column) for column in zip(first, *rest, strict=True))


def piled(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """Return arrays as one, their rows padded with zeros to the longest."""
    arrays = list(arrays)
    if arrays[0].ndim == 1:
        return np.concatenate(arrays)
    shape = sum(len(array) for array in arrays), max(array.shape[1] for array in arrays)
    result, begin = np.zeros(shape, dtype=arrays[0].dtype), 0
    for array in arrays:
        result[begin : begin + len(array), : array.shape[1]] = array
        begin += len(array)
    return result


# ----------------------------------------------------------------------------------------------------------
# The question: loops, accelerator
# ----------------------------------------------------------------------------------------------------------


class Nest(NamedTuple):
    """Loop sizes in the order of `DIMS`; stride and dilation along (rows, columns); what the adders do."""

    size: tuple[int, ...]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    adds: bool = True

    def words(self, loops: str) -> int:
        """Multiply some loops."""
        return prod(self.size[DIMS.index(d)] for d in loops)

    def of(self, loops: str) -> Nest:
        """Return these loops with some sizes only, the others 1."""
        return self._replace(size=tuple(n if d in loops else 1 for d, n in zip(DIMS, self.size, strict=True)))

    def with_size(self, **sizes: int) -> Nest:
        """Return these loops with other sizes."""
        return self._replace(size=tuple(sizes.get(d, n) for d, n in zip(DIMS, self.size, strict=True)))


def nest_of(sizes: dict[str, int], **rest: Any) -> Nest:
    """Build a nest from the loops that are not 1."""
    return Nest(tuple(sizes.get(d, 1) for d in DIMS), **rest)


PLAIN = {
    "fc": {"S": "inputs", "K": "outputs", "X": "batch"},
    "gemm": {"S": "k", "K": "n", "X": "m", "G": "batch"},
    "matmul": {"S": "k", "K": "n", "X": "m", "G": "batch"},
    "add": {"C": "operands", "X": "elements"},
    "multiply": {"G": "elements", "S": "terms", "X": "broadcast"},
}
"""Layers without windows: which loop each of their sizes is (T12 for matrix products)."""


def loops_of_layer(layer: dict[str, Any]) -> Nest:
    """Return the loops of a layer as it is written."""
    kind = layer["kind"]
    if kind in PLAIN:
        return nest_of({d: layer.get(key, 1) for d, key in PLAIN[kind].items()})
    if kind == "loops":
        demand(layer["sums"] == "whole", "the loops are a part of sums that go on elsewhere")
        rest = {key: tuple(layer[key]) for key in ("stride", "dilation")}
        return nest_of({d: layer[d] for d in DIMS}, adds=layer["operation"] == "mac", **rest)
    demand(kind in ("conv", "maxpool", "avgpool"), f"a layer of unknown kind {kind!r}")
    channels, *image = layer["input"]
    window, dilation = layer.get("kernel") or image, layer["dilation"]
    stride = layer.get("stride") or window
    across = [image[a] + sum(layer["padding"][a]) - (window[a] - 1) * dilation[a] - 1 for a in (0, 1)]
    out = [across[a] // stride[a] + 1 for a in (0, 1)]
    sizes = {"R": window[0], "S": window[1], "N": layer["batch"], "X": out[0], "Y": out[1]}
    if kind == "conv":
        groups = layer["groups"]
        sizes |= {"C": channels // groups, "K": layer["filters"] // groups, "G": groups}
    else:  # one group a channel; nothing strides where there is one window
        sizes |= {"G": channels}
        stride = [stride[a] if out[a] > 1 else 1 for a in (0, 1)]
    return nest_of(sizes, stride=tuple(stride), dilation=tuple(dilation), adds=kind != "maxpool")


class Memory(NamedTuple):
    """Prefetch buffer and DRAM: room of a tile (one number, or one per operand) and bandwidths, in units.

    `units`: of a word of weights, inputs and outputs. `held`: weights that a multiplier holds.
    """

    room: tuple[int, ...]
    double: bool
    bandwidth: int | None
    adder: bool
    dram: int
    held: int | None
    units: tuple[int, ...]


class Machine(NamedTuple):
    """An accelerator; `price` is energy by event, `static` per cycle, in units of 1 / `unit`."""

    ms: int
    dn_bw: int
    rn_bw: int
    accumulators: bool
    real: bool
    sliding: bool
    price: dict[str, int]
    static: int
    unit: int
    memory: Memory | None
    counts_setup: bool

    @property
    def width(self) -> int:
        """Multipliers behind a read port (m)."""
        return self.ms // self.dn_bw

    @property
    def latch(self) -> int:
        """Cycles in the distribution network (l, T5)."""
        return int(self.dn_bw < self.ms)

    @property
    def tree_setup(self) -> int:
        """Cycles in which the adder tree is set: one for each word (S2, S8), and one to hand them over."""
        singles = 2 * self.ms.bit_length() - 3
        return -(-(self.ms - 1 - singles) // 8) + -(-singles // 8) + 1


PRICED = {
    "weights read": ("buffer_read",),
    "inputs read": ("buffer_read",),
    "sums read": ("buffer_read",),
    "writes": ("buffer_write",),
    "dn wires": ("dn_wire",),
    "dn switches": ("dn_switch",),
    "products": ("multiplication",),
    "sums passed": ("psum_forward",),
    "handed on": ("mn_wire",),
    "rn wires": ("rn_wire",),
    "twos": ("add_2_1",),
    "threes": ("add_3_1",),
    "accumulations": ("accumulate",),
    "bus wires": ("bus_wire",),
    "dram weights": ("dram_read", "buffer_write"),
    "dram inputs": ("dram_read", "buffer_write"),
    "dram sums": ("dram_read", "buffer_write"),
    "dram outputs": ("buffer_read", "dram_write"),
}
"""Events and the energies that price them (T20); without a prefetch buffer there are no DRAM words."""


def moved(event: str) -> int:
    """Return whose words an event of buffer or DRAM moves: weights (0), inputs (1) or outputs (2)."""
    return ["weights" in event, "inputs" in event, True].index(True)


def machine_of(hardware: dict[str, Any], table: dict[str, str]) -> Machine:
    """Read an accelerator and its energy table."""
    ms, dn_bw, rn_bw = (hardware[key] for key in ("num_ms", "dn_bw", "rn_bw"))
    for size in (ms, dn_bw, rn_bw):
        demand(type(size) is int and 1 <= size <= ms and size & (size - 1) == 0, "no such accelerator")
    real, accumulators = hardware["reduction"] == "rtl", hardware["accumulation_buffer"]
    demand(not (real and accumulators), "the real hardware has no accumulation buffer")
    energy = {name: Fraction(text) for name, text in table.items()}
    demand(all(value >= 0 for value in energy.values()), "an energy below 0")
    memory, factors = memory_of(hardware)
    exact = {
        name: sum(
            (energy[e] * (factors[moved(name)] if e[:4] in ("buff", "dram") else 1) for e in entries_),
            Fraction(0),
        )
        for name, entries_ in PRICED.items()
        if memory or not name.startswith("dram")
    }
    # T20: what leaks.
    leaking = rn_bw if real else (ms - 1) * accumulators
    exact["static"] = (ms - 1) * energy["adder_static"] + leaking * energy["accumulator_static"]
    exact["static"] += (ms - dn_bw) * energy["dn_switch_static"] + ms * energy["multiplier_static"]
    exact["static"] += energy["buffer_static"]
    unit = lcm(*(value.denominator for value in exact.values()))
    price = {name: int(value * unit) for name, value in exact.items()}
    static, sliding = price.pop("static"), hardware["forwarding"] == "sliding"
    rest = memory, hardware.get("count_setup", False)
    return Machine(ms, dn_bw, rn_bw, accumulators, real, sliding, price, static, unit, *rest)


def memory_of(hardware: dict[str, Any]) -> tuple[Memory | None, list[Fraction]]:
    """Read what lies behind the array, and by how much a word of each operand is dearer than the table's."""
    if "prefetch_buffer" not in hardware:
        return None, [Fraction(1)] * 3
    buffer = hardware["prefetch_buffer"]
    demand(hardware["controller"] == "fixed", "orders of a programmable controller are not checked")
    adds = buffer["adder"] if hardware["reduction"] == "rtl" else hardware["accumulation_buffer"]
    demand(adds, "a prefetch buffer needs an accumulation buffer, or an adder behind the real hardware")
    operands = ("weights", "inputs", "outputs")
    words, copies = [buffer["word_bytes"][name] for name in operands], 1 + buffer["double_buffered"]
    unit = gcd(*words)
    units = tuple(word // unit for word in words)
    if "capacity" in buffer:
        room: tuple[int, ...] = (buffer["capacity"] // (unit * copies),)
    else:
        room = tuple(buffer[name] // (word * copies) for name, word in zip(operands, words, strict=True))
    # Bandwidths count the narrowest words.
    bandwidth, dram = (
        at_once and at_once * min(units) for at_once in (buffer.get("bandwidth"), hardware["dram_bandwidth"])
    )
    rest = buffer["adder"], dram, hardware.get("weights_per_switch"), units
    factors = [Fraction(factor) for factor in buffer["word_energy"]]
    return Memory(room, buffer["double_buffered"], bandwidth, *rest), factors


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
    """A nest that computes the layer, and the steps that lead there, each a family with details.

    `copies`: how often memory holds an input word, on average. `stays`: the operand of a product that does.
    """

    nest: Nest
    path: tuple[str, ...] = ()
    copies: Fraction = Fraction(1)
    stays: str = "weights"

    @property
    def families(self) -> set[str]:
        """Families of the steps; a product is one, whatever it is a product of."""
        found = [step.split()[0] for step in self.path]
        return set(found[found.index("product") :] if "product" in found else found)

    @property
    def channels(self) -> bool:
        """Whether it is a product over C."""
        return any(step.startswith("product") and step.endswith("C") for step in self.path)

    @property
    def varied(self) -> bool:
        """Whether it is strips, or a product in other loops."""
        return self.channels or "strips" in self.families or {"product", "mirrored"} <= self.families

    def then(self, step: str, nest: Nest | None, copies: Fraction = Fraction(1)) -> Form:
        """Take a step, if it leads to another nest."""
        if nest is None or nest == self.nest:
            return self
        return Form(nest, (*self.path, step), self.copies * copies, self.stays)

    def mirrored(self) -> Form:
        """Swap rows and columns."""
        nest = self.nest
        size = tuple(nest.size[d] for d in (S, R, C, K, G, N, Y, X))
        return self.then("mirrored", Nest(size, nest.stride[::-1], nest.dilation[::-1], nest.adds))


def along(nest: Nest, axis: int, family: str) -> tuple[Nest | None, Fraction]:
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
    strides, dilations = list(nest.stride), list(nest.dilation)
    strides[axis] = dilations[axis] = 1
    return Nest(tuple(size), tuple(strides), tuple(dilations), nest.adds), copies  # type: ignore[arg-type]


def stacked(nest: Nest) -> Nest | None:
    """Put the images one below the other, each padded to whole strides."""
    size = nest.size
    if size[N] == 1:
        return None
    window = (size[X] - 1) * nest.stride[0] + (size[R] - 1) * nest.dilation[0] + 1
    pitch = size[X] if size[R] == 1 else -(-window // nest.stride[0])
    return nest.with_size(X=(size[N] - 1) * pitch + size[X], N=1)


def strips_of(form: Form) -> Iterator[Form]:
    """Yield a form with its rows cut into strips, images of their own that run beside each other."""
    size, axis = form.nest.size, (form.nest.stride[0], form.nest.dilation[0])
    for count in (2, 4, 8):
        if size[K] > 1 and count <= size[X]:
            rows = -(-size[X] // count)
            held = sum(int(lines(min(rows, size[X] - at), size[R], *axis)) for at in range(0, size[X], rows))
            copies = Fraction(held, int(lines(size[X], size[R], *axis)))
            yield form.then(f"strips {count}", form.nest.with_size(N=size[N] * count, X=rows), copies)


def products_of(form: Form) -> Iterator[Form]:
    """Yield a form with windows of one word as the matrix products that it is (T12)."""
    size, adds = form.nest.size, form.nest.adds
    stream, kept = size[N] * size[X] * size[Y], size[K]
    for stays, inner in product(("weights", "inputs"), "SC"):
        if stays == "inputs" and not adds:
            continue
        sides = (stream, kept) if stays == "weights" else (kept, stream)
        nest = nest_of({inner: size[C], "X": sides[0], "K": sides[1], "G": size[G]}, adds=adds)
        one = Form(nest, (*form.path, f"product {stays} {inner}"), form.copies, stays)
        yield one
        yield from strips_of(one)
        if inner == "S":
            yield one.mirrored()


def every_form(direct: Form) -> Iterator[Form]:
    """Yield all forms: a step along each axis, then a product if it is one, else mirror, stack or strips."""
    yield direct
    yield direct.mirrored()
    for chosen in product(("", "space-to-depth", "patches", "dilation-phases"), repeat=2):
        form = direct
        for axis, family in enumerate(chosen):
            form = form.then(f"{family} {axis}", *along(form.nest, axis, family))
        if form.nest.size[R] == form.nest.size[S] == 1 and form.nest.stride == (1, 1):
            yield from products_of(form)
            continue
        for one in (form, form.mirrored()):
            yield one
            yield one.then("stacked-images", stacked(one.nest))
            if "patches" not in one.families:
                yield from strips_of(one)


def forms_of(direct: Nest, kind: str, wanted: dict[str, Any], machine: Machine) -> list[Form]:
    """Return every form of a layer's loops that a question allows, each nest once."""
    families = set(wanted["families"])
    plain = not families & {"product", "strips"}
    if kind in ("add", "multiply"):
        families = {"direct"}
    elif kind in ("fc", "gemm", "matmul"):
        families.add("product")
    one_image = machine.real or machine.memory
    kept: dict[Nest, Form] = {}
    for form in sorted(every_form(Form(direct)), key=lambda form: (form.varied, len(form.path))):
        used = form.families - ({"product"} if "strips" in form.families else set())
        if used <= families and (wanted["copying"] or form.copies == 1):
            kept.setdefault(form.nest, form)
    forms = [
        form
        for form in kept.values()
        if not (one_image and "strips" in form.families)
        and not (machine.memory and form.channels)
        and not (plain and "product" in form.families and form.varied)
    ]
    forms = [form for form in forms if form.stays == wanted["stationary"]] or forms
    # Images of the streamed side of products, which only buffer tiles tell from them.
    known = {form.nest for form in forms}
    for columns, form in product(wanted.get("columns", ()), tuple(forms)):
        size, plain = form.nest.size, form.nest.adds and form.nest.stride == (1, 1)
        if plain and size[R] == size[C] == size[Y] == size[N] == 1 and size[X] % columns == 0:
            rows = size[X] // columns
            image = form.nest.with_size(C=size[S], S=1, X=rows, Y=columns)._replace(dilation=(1, 1))
            forms += [Form(image)] * (image not in known)
            known.add(image)
    return forms


# ----------------------------------------------------------------------------------------------------------
# The adder tree of the simulator (T6, T6b) and of the real hardware (S1, S5, S6)
# ----------------------------------------------------------------------------------------------------------


Wiring = namedtuple("Wiring", "start line place paths figures")
"""How the virtual neurons (VNs) of one size are summed, one entry a VN, left to right.

`line`, `place`: bus line, and place in the order in which lines serve adders (real hardware: switches).
`paths`: cycles from each multiplier to the exit, shape (VNs, v); of the real hardware 2 levels + 1.
`figures`: of the first 1, 2, ... VNs, the last columns of `Laid`, shape (VNs, 9).
"""


@lru_cache(maxsize=64)
def simulator_lines(ms: int, rn_bw: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Number the adders as T6 does: (level, adder) to its line, and its place in the order of numbers."""
    levels = range(ms.bit_length() - 1)
    found = {}
    pairs = [(level, adder) for level in levels for adder in range(1, 2**level - 1, 2)]
    for at, (level, adder) in enumerate(pairs):
        found[level, adder] = at % rn_bw, 2 * at
        found[level, adder + 1] = at % rn_bw, 2 * at + 1
    single = [(level, adder) for level in levels for adder in sorted({0, 2**level - 1})]
    for number, one in enumerate(single, 2 * len(pairs)):
        found[one] = number % rn_bw, number
    return found


def summed_by_simulator(ms: int, size: int) -> tuple[np.ndarray, ...]:
    """Configure the tree for all VNs of a size (T6b): level and adder of the exit, paths, adds, wires.

    One entry a VN; paths: shape (VNs, size); adds: 2:1 and 3:1. At each level the sums of a VN are a run of
    places, and all adders above it get two but the first and the last. A link joins those two only, with
    their neighbours: elsewhere the run goes on beyond.
    """
    low = np.arange(ms // size) * size
    high, at = low + size - 1, low[:, None] + np.arange(size)
    path = np.zeros(at.shape, dtype=np.int16)
    twos, threes, wires, level = np.zeros((4, len(low)), dtype=np.int64)
    for above in reversed(range(ms.bit_length() - 1)):
        on = np.flatnonzero((low < high) | (above == ms.bit_length() - 2))
        a, b = low[on], high[on]
        first, last = a // 2, b // 2
        alone, ends = first == last, (2 - a % 2, 1 + b % 2)  # sums that both ends get
        level[on], at[on] = above, at[on] // 2
        path[on] += 1
        # The smaller side goes to the larger one.
        down = ~alone & (last % 2 == 0) & (2 * last - a >= b - 2 * last + 1)
        up = ~alone & (first % 2 == 1) & (2 * first + 2 - a < b - 2 * first - 1)
        wires[on] += b - a + 1 + down + up
        twos[on] += np.where(alone, a < b, last - first - 1 + (ends[0] == 2) + (ends[1] == 2))
        for sent, sender, to, other in ((down, last, last - 1, 0), (up, first, first + 1, 1)):
            held = np.where(to == (first, last)[other], ends[other], 2)  # before
            twos[on] += np.where(sent, np.where(held == 1, 1, -1), 0)
            threes[on] += sent & (held == 2)
            moved = sent[:, None] & (at[on] == sender[:, None])
            path[on] += moved
            at[on] = np.where(moved, to[:, None], at[on])
        low[on], high[on] = first + up, last - down
    return level, low, path, twos, threes, wires


def summed_by_hardware(ms: int, first: int, size: int) -> tuple[int, int, int, int, int] | None:
    """Return levels, bus switch, 2:1 and 3:1 adds, wires of one VN on the real tree (S5), None: no fit."""
    a, b, levels, twos, threes, wires = first, first + size - 1, 0, 0, 0, 0
    if first == ms - 1:  # the right input of the last single switch
        a = b = ms // 2 - 1
        levels = wires = 1
    while levels == 0 or a < b:
        held = b - a + 1
        inner = (a % 4 == 3) + (b % 4 == 0 and b > 0)
        a = (a + 1) // 2 if a % 4 == 3 else a // 2
        b = b // 2 - 1 if b % 4 == 0 and b > 0 else b // 2
        levels, wires = levels + 1, wires + held
        if size > 1:
            twos += held - (b - a + 1) - 2 * inner
            threes += inner
    if a > b:
        return None
    level = ms.bit_length() - 1 - levels
    if a in (0, 2**level - 1):  # single switches, numbered apart (S1)
        return levels, max(0, 2 * level - (a == 0)), twos, threes, wires
    return levels, 2 ** (level - 1) - level + (a - 1) // 2, twos, threes, wires


def places_of_hardware(ms: int, size: int) -> Iterator[tuple[int, ...]]:
    """Yield the VNs of a size on the first leaves where the real tree adds them up: leaf, and the above."""
    free = 0
    while free + size <= ms:
        way = summed_by_hardware(ms, free, size)
        # S6: a single leaf in the middle of a switch, or at an edge if the other leaf is unused.
        inner = size == 1 and 1 < free < ms - 2 and free % 4 in (0, 3)
        if way is None or inner or (size == 1 and free == ms - 1):
            free += 1
        else:
            yield free, *way
            free += 2 if size == 1 and free in (0, ms - 2) else size


@lru_cache(maxsize=8192)
def wiring(ms: int, rn_bw: int, real: bool, size: int) -> Wiring:
    """Wire all VNs of one size, packed (T2) on the simulator."""
    if real:
        rows = np.array(list(places_of_hardware(ms, size)), dtype=np.int64).reshape(-1, 6)
        start, levels, place, *adds = rows.T
        line, paths = place % rn_bw, np.repeat((2 * levels + 1)[:, None], size, axis=1)
    else:
        number = simulator_lines(ms, rn_bw)
        level, adder, paths, *adds = summed_by_simulator(ms, size)
        at = [number[exit_] for exit_ in zip(level.tolist(), adder.tolist(), strict=True)]
        line, place = np.array(at, dtype=np.int64).T
        start = np.arange(len(line)) * size
    by_line = np.argsort(line, kind="stable")
    place_on_line = np.empty(len(line), dtype=np.int64)
    place_on_line[by_line] = np.arange(1, len(line) + 1) - np.searchsorted(line[by_line], line[by_line])
    load = np.maximum.accumulate(place_on_line)
    least = np.minimum.accumulate(paths.min(axis=1))
    first = paths[:, 0]
    ways = np.maximum.accumulate(first), np.minimum.accumulate(first), np.cumsum(first)
    columns = least, load, *(np.cumsum(column) for column in adds), *ways, start + size
    return Wiring(start, line, place, paths, np.column_stack(columns))


# ----------------------------------------------------------------------------------------------------------
# Tiles: the space, and what is legal (T10, T11, S5, S6, S17)
# ----------------------------------------------------------------------------------------------------------


Trips = namedtuple("Trips", "n vn V F aux fw drained")
"""What follows from the sizes of a layer's tiles, one entry each (the specification's names).

`n`: passes along each loop. `aux`: 1 where sums fold through memory (T9). `fw`: whether neighbours hand
on inputs (T4). `drained`: whether the array is empty between iterations (T8).
"""


def trips(nest: Nest, machine: Machine, T: np.ndarray) -> Trips:
    """Count passes, folds and the like of tiles."""
    size = np.array(nest.size)
    n = -(-size // T)
    vn, V, F = T[:, REDUCED].prod(axis=1), T[:, OUTER].prod(axis=1), n[:, REDUCED].prod(axis=1)
    aux = (F > 1) & (not machine.accumulators and not machine.real)
    # Not over a dilation, and on the real hardware not where Y = 1.
    on = machine.sliding and nest.stride == (1, 1) and nest.dilation[1] == 1
    on = on and not (machine.real and nest.size[Y] == 1)
    fw = on & (T[:, Y] == 1) & (T[:, S] > 1) & (size[S] % T[:, S] == 0)
    # Outputs count up to the threshold exactly.
    whole = size % T == 0
    drained = whole[:, X] & whole[:, Y] & (whole[:, K] | (n[:, G] == 1)) & (T[:, N] == 1) & (size[N] == 1)
    return Trips(n, vn, V, F, aux.astype(np.int64), fw, drained)


def sizes_of_tiles(nest: Nest, machine: Machine, limits: dict[str, Any]) -> list[np.ndarray]:
    """Return the sizes that tiles may have along each loop, within layer, limits and the stride rule."""
    found = []
    for d, (loop, size) in enumerate(zip(DIMS, nest.size, strict=True)):
        most = min(size, limits["upper"].get(loop, size), machine.ms)
        one_image = d == N and (machine.real or machine.memory)
        if one_image or (d in (X, Y) and nest.stride != (1, 1)):
            most = min(most, 1)
        found.append(np.arange(limits["lower"].get(loop, 1), most + 1))
    return found


def fitting_tiles(nest: Nest, machine: Machine, limits: dict[str, Any]) -> Iterator[np.ndarray]:
    """Enumerate the tiles of these sizes within the multipliers, in lexicographic order.

    In several arrays: all tiles of 65,536 multipliers at once would take gigabytes.
    """
    allowed = sizes_of_tiles(nest, machine, limits)

    def extended(tiles: np.ndarray, loops: range) -> np.ndarray:
        for d in loops:
            at, size = np.nonzero(tiles.prod(axis=1)[:, None] * allowed[d] <= machine.ms)
            tiles = np.column_stack([tiles[at], allowed[d][size]])
        return tiles

    begun = extended(np.zeros((1, 0), dtype=np.int64), range(X))
    step = MANY_TILES // 16
    for begin in range(0, len(begun), step):
        yield extended(begun[begin : begin + step], range(X, len(DIMS)))


@lru_cache(maxsize=32)
def vns_that_fit(ms: int, rn_bw: int) -> np.ndarray:
    """Return how many VNs of each size the real tree can add up."""
    return np.array([0] + [len(wiring(ms, rn_bw, True, size).start) for size in range(1, ms + 1)])


def legal_tiles(nest: Nest, machine: Machine, limits: dict[str, Any]) -> np.ndarray:
    """Enumerate the tiles that keep T10 but for overtaking, and with a buffer but for its part in it."""
    blocks = [kept_tiles(nest, machine, T) for T in fitting_tiles(nest, machine, limits)]
    return np.concatenate([np.zeros((0, len(DIMS)), dtype=np.int32), *blocks])


def kept_tiles(nest: Nest, machine: Machine, T: np.ndarray) -> np.ndarray:
    """Return those of some tiles that `legal_tiles` enumerates."""
    n = trips(nest, machine, T)
    if machine.real:
        T = T[nest.adds & (vns_that_fit(machine.ms, machine.rn_bw)[n.vn] >= n.V)]
        # No bus has more sums per window than the window has cycles, 2 a word (S16, S17).
        keep = lay(nest, machine, T, rough=True).crowd <= 2
        laid = lay(nest, machine, T[~keep])
        slides = (nest.size[Y] > laid.T[:, Y])[:, None]
        keep[~keep] = laid.crowd <= 2 * np.where(slides, laid.b, laid.a).max(axis=1)
        return T[keep]
    if machine.memory:
        return T
    keep = ((T[:, N] == 1) | (T[:, G] == 1)) & ((n.vn + n.aux) * n.V <= machine.ms)
    keep &= (n.F == 1) | (n.vn >= 2) | (n.V == 1) | (not machine.accumulators)
    return T[keep].astype(np.int32)  # millions of them


def doubtful(nest: Nest, machine: Machine, T: np.ndarray, kept: int = 0) -> np.ndarray:
    """Return which tiles only a replay can clear of weights that overtake inputs (T11).

    `kept`: 1 if each VN keeps a multiplier for a sum that comes back (T22).
    """
    n = trips(nest, machine, T)
    iterations, alone = n.n[:, [N, G, K]].prod(axis=1), n.n[:, G] * n.n[:, K] * n.F == 1
    doubt = n.fw & (iterations > 1) & ~alone & ~n.drained & (nest.size[Y] > 1 and not machine.real)
    for i in np.flatnonzero(doubt):
        taps, size, head = T[i, S], n.vn[i], n.aux[i] + kept
        first = (np.arange(n.V[i])[:, None] * (size + head) + head + np.arange(0, size, taps)).ravel()
        doubt[i] = (first // machine.width != (first + taps - 1) // machine.width).any()
    return doubt


# ----------------------------------------------------------------------------------------------------------
# The array: words on the read ports (T2 to T4, T17, T24), and what the tree has
# ----------------------------------------------------------------------------------------------------------


Laid = namedtuple(
    "Laid",
    "T vn V fw aux w a b q up through soon shortest crowd twos threes wires far near ways reach",
)
"""Tiles with what their place on the array decides, one entry each.

T, vn, V, fw, aux: see `Trips`; aux is also 1 where sums come back from a buffer (T22).
w, a, b, q: words per port and step, shape (tiles, ports): weights, inputs, inputs of sliding windows, sums;
    of ports that no other exceeds in all four, as what a mapping waits for grows with each (see `busiest`).
up, through: shape (tiles, 3), for w, a and b: the sums of CNT(m / 2^j) with and without the last term (T17).
soon: shape (tiles, 2): the fewest weights, and inputs, of a port in use.
shortest, crowd: shortest way to an exit, most VNs on one line.
twos, threes, wires, reach: adders of a wave and their wires, leaves up to the last in use.
far, near, ways: of the ways from a VN's first multiplier to its exit the longest, the shortest, their sum.
"""


def lay(
    nest: Nest, machine: Machine, T: np.ndarray, aux: np.ndarray | None = None, *, rough: bool = False
) -> Laid:
    """Lay tiles out; `aux`: see `Laid`, without it that of a layer by itself.

    `rough`: count no words, but bound them from below, for three ports that stand for all (see `fewest`).
    """
    n = trips(nest, machine, T)
    aux = n.aux if aux is None else aux
    figures = np.zeros((len(T), 9), dtype=np.int64)
    order = np.argsort(n.vn + aux, kind="stable")
    sizes, starts = np.unique((n.vn + aux)[order], return_index=True)
    for size, (begin, end) in zip(sizes.tolist(), pairwise([*starts, len(T)]), strict=True):
        mine = order[begin:end]
        figures[mine] = wiring(machine.ms, machine.rn_bw, machine.real, size).figures[n.V[mine] - 1]
    if rough or not len(T):
        columns = list(fewest(nest, machine, T, n, aux, figures[:, -1]))
    else:
        step = max(1, CHUNK // 8 // machine.ms)
        some = [order[first : first + step] for first in range(0, len(T), step)]
        parts = [words(nest, machine, T[mine], aux[mine]) for mine in some]
        columns = [piled(column)[np.argsort(order)] for column in zip(*parts, strict=True)]
    return Laid(T, n.vn, n.V, n.fw, aux, *columns, *figures.T)


class Layouts:
    """Tiles laid out once for all nests with the same strides: their sizes decide nothing but `fw`."""

    def __init__(self) -> None:
        self.place, self.laid = dict[bytes, int](), list[Laid]()

    def of(self, nest: Nest, machine: Machine, T: np.ndarray, aux: np.ndarray, rough: bool) -> Laid:
        """Do what `lay` does."""
        if len(self.place) > MANY_LAID:
            self.place, self.laid = {}, []
        key = np.column_stack([T, aux, trips(nest, machine, T).fw]).astype(np.int32)
        names = key.view(f"V{key.itemsize * key.shape[1]}").ravel().tolist()
        new = [at for at, name in enumerate(names) if name not in self.place]
        if new or not self.laid:
            self.place |= {names[at]: place for place, at in enumerate(new, len(self.place))}
            self.laid = [joined([*self.laid, lay(nest, machine, T[new], aux[new], rough=rough)])]
        return entries(self.laid[0], [self.place[name] for name in names])


@lru_cache(maxsize=16)
def layouts(array: Any, stride: tuple[int, int], dilation: tuple[int, int], rough: bool) -> Layouts:
    """Return what is kept of tiles on an array, the first entries of a `Machine`."""
    return Layouts()


def laid_out(nest: Nest, machine: Machine, T: np.ndarray, aux: np.ndarray, rough: bool) -> Laid:
    """Do what `lay` does, and keep it where it is asked for again: with a buffer."""
    if not machine.memory:
        return lay(nest, machine, T, aux, rough=rough)
    return layouts(machine[:6], nest.stride, nest.dilation, rough).of(nest, machine, T, aux, rough)


@lru_cache(maxsize=8192)
def standing(ms: int, rn_bw: int, real: bool, size: int) -> np.ndarray:
    """Return of every multiplier the VN of a size that it is of (`ms` for none), and its place in it."""
    start = wiring(ms, rn_bw, real, size).start
    vn = np.searchsorted(start, np.arange(ms), side="right") - 1
    inside = np.arange(ms) - start[vn]
    return np.array([np.where((vn < 0) | (inside >= size), ms, vn), inside])


def multipliers(nest: Nest, machine: Machine, T: np.ndarray, aux: np.ndarray) -> Any:
    """Return what every multiplier of tiles does (T2); arrays of shape (tiles, used).

    Names of the weight, by (g, k, c, r, s), and of the input that it wants, in sending order: row, column,
    image, group, channel; -1 where it forms no product. Its filter column; and whether it keeps a sum. Names
    are sums of what a VN adds, shape (tiles, VNs), and of what a place in it does, shape (tiles, size).
    """
    sizes, V = T[:, REDUCED].prod(axis=1) + aux, T[:, OUTER].prod(axis=1)
    known, alike = np.unique(sizes, return_inverse=True)
    stands = [standing(machine.ms, machine.rn_bw, machine.real, size) for size in known.tolist()]
    at = np.array(stands)[alike]
    used = at[:, 0] < V[:, None]
    reach = -(-(1 + int(np.flatnonzero(used.any(axis=0))[-1])) // machine.width) * machine.width
    used, tile = used[:, :reach], np.arange(len(T))[:, None]
    at_vn, at_place = np.where(used, at[:, 0, :reach], 0), np.where(used, at[:, 1, :reach], 0)
    forms = used & (at_place >= aux[:, None])
    at_vn, at_place = at_vn + tile * V.max(), at_place + tile * sizes.max()
    t = [column[:, None].astype(np.int32) for column in T.T]
    inside = np.arange(sizes.max(), dtype=np.int32) - aux[:, None].astype(np.int32)
    s, r, c = inside % t[S], inside // t[S] % t[R], inside // (t[S] * t[R])
    # The real multipliers hand on to the right: where that is done the columns stand the other way round.
    turned = (trips(nest, machine, T).fw & machine.real)[:, None]
    s = np.where(turned, t[S] - 1 - s, s)
    vn = np.arange(V.max(), dtype=np.int32)
    y, x, k = vn % t[Y], vn // t[Y] % t[X], vn // (t[Y] * t[X]) % t[K]
    group = vn // (t[Y] * t[X] * t[K])
    g, n = group % t[G], group // t[G]
    across = (t[Y] - 1) * nest.stride[1] + (t[S] - 1) * nest.dilation[1] + 1
    weight = (g * t[K] + k) * t[C] * t[R] * t[S], (c * t[R] + r) * t[S] + s
    row = x * nest.stride[0], r * nest.dilation[0]
    col = y * nest.stride[1], s * nest.dilation[1]
    pixel = [row[i] * across + col[i] for i in (0, 1)]
    name = ((pixel[0] * t[N] + n) * t[G] + g) * t[C], pixel[1] * t[N] * t[G] * t[C] + c
    names = [np.where(forms, of.take(at_vn) + more.take(at_place), -1) for of, more in (weight, name)]
    return *names, s.take(at_place), used & ~forms


def distinct(names: np.ndarray, block: int) -> np.ndarray:
    """Count the distinct names (-1 is none) in each block of multipliers, shape (tiles, blocks)."""
    if block <= 4:
        # Of few it is faster to ask whether an equal one stands before it in the block.
        columns = [names[:, place::block] for place in range(block)]
        count = np.zeros(columns[0].shape, dtype=np.int32)
        for place, column in enumerate(columns):
            count += np.logical_and.reduce([column >= 0, *(column != other for other in columns[:place])])
        return count
    ordered = np.sort(names.reshape(len(names), names.shape[1] // block, block), axis=2)
    new = (ordered[:, :, 1:] != ordered[:, :, :-1]) & (ordered[:, :, 1:] >= 0)
    return new.sum(axis=2, dtype=np.int32) + (ordered[:, :, 0] >= 0)


def words(nest: Nest, machine: Machine, T: np.ndarray, aux: np.ndarray) -> Any:
    """Count w, a, b, q, up, through and soon of `Laid` (T3, T17)."""
    weight, inputs, s, sums = multipliers(nest, machine, T, aux)
    fw = trips(nest, machine, T).fw[:, None]
    sliding = np.where(fw & (s != T[:, [S]] - 1), -1, inputs) if fw.any() else inputs
    ports: list[np.ndarray] = []
    up, through = [], []
    for wanted in (weight, inputs, sliding):
        if wanted is not inputs or len(ports) < 2:
            counts = [distinct(wanted, machine.width >> j) for j in range(machine.width.bit_length())]
        ports.append(counts[0])
        up.append(np.sum([count.sum(axis=1) for count in counts], axis=0))
        through.append(up[-1] - counts[-1].sum(axis=1))
    q = (
        sums.reshape(*ports[0].shape, machine.width).sum(axis=2, dtype=np.int32)
        if aux.any()
        else 0 * ports[0]
    )
    soon = [np.where(ports[0] > 0, some, machine.ms).min(axis=1) for some in ports[:2]]
    most = busiest(np.array([*ports, q]), machine.width + 1)
    return *most, np.stack(up, axis=1), np.stack(through, axis=1), np.stack(soon, axis=1)


def busiest(figures: np.ndarray, base: int) -> np.ndarray:
    """Keep of each tile's ports those that no other exceeds in all figures, padded with zeros.

    `figures`: whole numbers below `base`, shape (figures, tiles, ports). No bound on cycles is lower for it:
    a port that sends nothing while the window slides waits no longer than one that does takes to send.
    """
    if figures.shape[2] == 1:
        return figures.astype(np.int64)
    demand(base ** len(figures) < 1 << 63, "too many multipliers behind a port")
    code = np.zeros(figures.shape[1:], dtype=np.int64)
    for column in figures:
        code = code * base + column
    if base ** len(figures) > 1 << 12:
        known, place = np.unique(code, return_inverse=True)
        place = place.reshape(code.shape)
    else:
        known, place = np.arange(base ** len(figures)), code
    there = np.zeros((len(code), len(known)), dtype=bool)
    there[np.arange(len(code))[:, None], place] = True
    some = np.flatnonzero(there.any(axis=0))[::-1]
    there, digits = there[:, some], known[some] // base ** np.arange(len(figures))[::-1, None] % base
    exceeds = (digits[:, :, None] >= digits[:, None, :]).all(axis=0) & ~np.eye(len(some), dtype=bool)
    there &= (there.astype(np.float32) @ exceeds.astype(np.float32)) == 0
    few = max(1, int(there.sum(axis=1).max(initial=0)))
    first = np.argsort(~there, axis=1, kind="stable")[:, :few]
    return np.asarray(digits[:, first] * np.take_along_axis(there, first, axis=1))


def fewest(nest: Nest, machine: Machine, T: np.ndarray, n: Trips, aux: np.ndarray, reach: np.ndarray) -> Any:
    """Bound what `words` counts from below by sizes alone (T24), with three ports for those of the array.

    One has a word of each kind; one what the ports have on average, as each word is behind one at least; and
    one what the simulator's first port has, whose multipliers are all of the first VN, or hold it.
    """
    t, seen = T.T, [lines(T[:, (X, Y)[i]], T[:, (R, S)[i]], nest.stride[i], nest.dilation[i]) for i in (0, 1)]
    images = t[N] * t[G] * t[C] * seen[0]
    apart = t[G] * t[K] * n.vn, images * seen[1], images * np.where(n.fw, 1, seen[1])
    used = n.V * n.vn, n.V * n.vn, n.V * n.vn // np.where(n.fw, t[S], 1)
    first = np.ones_like(n.vn) if machine.real else np.minimum(n.vn, machine.width - aux)
    firsts = first, first, np.ones_like(n.vn) if machine.real else first // np.where(n.fw, t[S], 1)
    ports = -(-reach // machine.width)
    found = [np.column_stack([first**0, all_ / ports, one]) for all_, one in zip(apart, firsts, strict=True)]
    found.append(np.column_stack([0 * aux, aux * n.V / ports, 0 * aux]))
    blocks = machine.width >> np.arange(machine.width.bit_length())
    count = [
        np.maximum(all_[:, None], -(-many[:, None] // blocks)) for all_, many in zip(apart, used, strict=True)
    ]
    up, through = (np.column_stack([one[:, :end].sum(axis=1) for one in count]) for end in (None, -1))
    return *found, up, through, np.ones((len(T), 2), dtype=np.int64)


# ----------------------------------------------------------------------------------------------------------
# Bounds on cycles (T23, S14 to S16), events and energy (T17 to T20, T22)
# ----------------------------------------------------------------------------------------------------------

COUNTER = 2**16 - 1
"""Windows of one stream on the real hardware: 16-bit counters (S9, S10)."""


Steps = namedtuple("Steps", "weights first slides waves windows")
"""Steps of a run (T1): weights, first and sliding windows of rows, both, and windows of iterations."""


def steps_of(machine: Machine, laid: Laid, n: np.ndarray, o: np.ndarray) -> Steps:
    """Count steps (T1, T21): n passes over all buffer tiles, of which there are o, along each loop."""
    i, j = n.T, o.T
    filters, folds = i[N] * i[G] * i[K], i[C] * i[R] * i[S]
    starts = -(-i[Y] // COUNTER) if machine.real else 1  # whole windows of a row
    first = filters * folds * i[X] * np.where(laid.fw, j[Y] * starts, i[Y])
    windows = filters * i[X] * i[Y]
    return Steps(filters * folds * j[X] * j[Y], first, windows * folds - first, windows * folds, windows)


def least_cycles(
    machine: Machine, laid: Laid, n: np.ndarray, o: np.ndarray, rounds: Any, drained: Any, held: Any = 0
) -> Any:
    """Return cycles of the array that no run falls below (T23), over all buffer tiles: sums of T23's terms.

    `n`, `o` as in `steps_of`; a sum leaves the array `rounds` times; `drained`: where the array is surely
    empty between iterations; `held`: see `Levels.held`. Figures below those of a mapping give no more cycles
    than it takes.
    """
    s, i, j, w, a, b = steps_of(machine, laid, n, o), n.T, o.T, laid.w, laid.a, laid.b
    most = [per_port.max(axis=1) for per_port in (w, a, b)]
    folds, parts = i[C] * i[R] * i[S], j[C] * j[R] * j[S]
    if machine.real:  # if a sum with the shortest way is the last (S14 to S16)
        streams = s.weights * np.where(j[X] * j[Y] == 1, -(-i[X] * i[Y] // COUNTER), 1)
        streams = np.where(laid.fw, s.first, streams)
        sending = 2 * (s.weights * most[0] + s.first * most[1] + s.slides * most[2])
        return 13 + sending + 3 * s.weights + streams * (3 + laid.shortest + laid.fw * (laid.T[:, S] + 1))
    outer = np.where(drained, i[N] * i[G] * i[K] * j[X] * j[Y], o[:, OUTER].prod(axis=1))
    starts, loads = outer * parts, outer * folds  # times that the array is empty; folds of the windows then
    sent = sum(x[:, None] * y for x, y in ((s.weights, w), (s.first, a), (s.slides, b)))
    # A port that sends nothing while the window slides waits for the steps of the last row.
    idle = laid.fw[:, None] & (b == 0) & (a > 0)
    row = idle * (loads // j[Y] * (i[Y] - j[Y]))[:, None]
    back = np.where(laid.aux == 1, s.windows * (rounds - 1), 0)[:, None] * laid.q  # sums, then perhaps
    sent = (sent + np.maximum(row, back) + held).max(axis=1)
    last = starts * (np.maximum(1, np.where(i[Y] > 1, most[2], most[1])) - 1)
    made = s.weights + s.waves + np.maximum(last, (idle * loads[:, None] * (a - 1)).max(axis=1))
    through = (laid.aux == 1) & (not machine.accumulators)  # sums fold through memory
    travel = _travel(laid, folds, machine.latch) if through.any() else 0
    fire = loads * laid.soon[:, 0] + np.where(through, 0, (loads - starts) * laid.soon[:, 1])
    paced = np.where(through, travel, 0)
    out = fire + s.windows * np.maximum(laid.crowd * rounds, paced)
    leave = machine.latch + laid.shortest + int(machine.accumulators) + 2
    return np.maximum(np.maximum(sent, made), out) + starts * leave


def _travel(laid: Laid, f: np.ndarray, latch: int) -> np.ndarray:
    """Return the least cycles of a window whose sums fold through memory (U of T23)."""
    v = laid.V
    log = np.array([int(x).bit_length() for x in v])  # floor(log2 V) + 1
    alone = (f - 1) * (laid.far + 2 + latch) + 1
    together = ((f - 1) * (laid.ways + (2 + latch) * v) + v + v * (f - log)) // (v + 1)
    way = laid.near + 2 + latch
    paced = v * (f - 1 - log) * way // (v // (way + 1) * way + v % (way + 1))
    return np.maximum(alone, np.maximum(together, paced))


def setting_up(machine: Machine, n: np.ndarray, o: np.ndarray) -> Any:
    """Return the cycles of setting up, where they count (S8, S14): the tree once, multipliers at each start.

    The real hardware's runs have those of the multipliers in them.
    """
    iterations = n[:, [N, G, K]].prod(axis=1) * o[:, [C, R, S, X, Y]].prod(axis=1)
    return machine.counts_setup * (machine.tree_setup + 2 * (not machine.real) * iterations)


def events(
    nest: Nest, machine: Machine, laid: Laid, n: np.ndarray, o: np.ndarray, rounds: np.ndarray
) -> dict[str, Any]:
    """Count every event (T17 to T19, T22); n, o and rounds as in `least_cycles`."""
    steps, t, buffered = steps_of(machine, laid, n, o), laid.T.T, int(machine.accumulators)
    i, j = n.T, o.T
    came = np.where(laid.aux == 1, laid.V * steps.windows * (rounds - 1), 0)  # back into the array
    outside = np.where(laid.aux == 1, 0, nest.words("NGKXY") * (rounds - 1))
    levels, groups = machine.width.bit_length() - 1, i[G] * t[G]
    start_up = laid.V + np.where((laid.vn + laid.aux) % 2 == 1, laid.V // 2, 0)
    # VNs of one multiplier whose sums leave together.
    pairs = np.where(t[X] * t[Y] == 1, laid.V // t[K] * (t[K] // 2), 0)
    pairs = laid.V // 2 if machine.dn_bw == machine.ms else pairs
    pairs = np.where((laid.vn + laid.aux == 1) & (not machine.real), pairs, 0)

    def sent(per: np.ndarray) -> np.ndarray:
        return per[:, 0] * steps.weights + per[:, 1] * steps.first + per[:, 2] * steps.slides

    def read(axis: int) -> np.ndarray:  # distinct lines of all folds of an axis
        folds, out = i[(R, S)[axis]], t[(X, Y)[axis]]
        return folds * out + (nest.size[(R, S)[axis]] - folds) * np.minimum(nest.dilation[axis], out)

    columns = read(1)
    fresh = j[Y] * (-(-i[Y] // COUNTER) if machine.real else 1)
    in_row = fresh * columns + (i[Y] - fresh) * np.where(laid.fw, i[S], columns)
    return {
        "weights read": i[N] * j[X] * j[Y] * groups * nest.words("KCRS"),
        "inputs read": i[N] * t[N] * groups * i[K] * nest.size[C] * i[X] * read(0) * in_row,
        "sums read": came + outside,
        "writes": nest.words("NGKXY") * rounds,
        "dn wires": sent(laid.up) + came * (levels + 1),
        "dn switches": sent(laid.through) + came * levels,
        "products": laid.vn * laid.V * steps.waves,
        "sums passed": came,
        "handed on": np.where(laid.fw, laid.V * t[C] * t[R] * (t[S] - 1) * steps.slides, 0),
        "rn wires": (laid.wires + buffered * (laid.V - pairs)) * steps.waves
        + np.where((laid.aux == 1) & (not buffered), start_up, 0),
        "twos": laid.twos * steps.waves,
        "threes": laid.threes * steps.waves,
        "accumulations": buffered * laid.V * (steps.waves - steps.windows * rounds) + outside,
        "bus wires": (2 * laid.V - (1 - buffered) * pairs) * steps.windows * rounds,
    }


def priced(machine: Machine, counted: dict[str, Any], number: type) -> Any:
    """Price events: with `float` for bounds of many tiles, with `int` exactly, in units of 1 / `unit`."""
    return sum((number(machine.price[name]) * count for name, count in counted.items()), number(0))


def physical(nest: Nest, machine: Machine) -> int:
    """Return cycles that every mapping needs: products, words and outputs over what can pass in a cycle."""
    size = nest.size
    seen = [int(lines(size[(X, Y)[i]], size[(R, S)[i]], nest.stride[i], nest.dilation[i])) for i in (0, 1)]
    needed = nest.words("GKCRS") + nest.words("NGC") * prod(seen)
    limits = (prod(size), machine.ms), (needed, machine.dn_bw), (nest.words("NGKXY"), machine.rn_bw)
    return max(-(-many // at_once) for many, at_once in limits)


Cost = namedtuple("Cost", "cycles energy")
"""Cycles, and energy in units of 1 / `unit`: exact ones of a mapping, or bounds of several."""


def one_of(counted: dict[str, Any]) -> dict[str, int]:
    """Return the counts of a single mapping as Python's integers, which do not overflow."""
    return {name: int(np.ravel(count)[0]) for name, count in counted.items()}


def bounds_of(nest: Nest, machine: Machine, laid: Laid, drained: np.ndarray | None = None) -> Cost:
    """Bound the cost of tiles of a layer that has no other memory; `drained`: as in `least_cycles`."""
    n = trips(nest, machine, laid.T)
    o, rounds = np.ones_like(n.n), np.where(machine.accumulators, 1, n.F)
    cycles = least_cycles(machine, laid, n.n, o, rounds, n.drained if drained is None else drained)
    cycles = cycles + setting_up(machine, n.n, o)
    counted = events(nest, machine, laid, n.n, o, rounds)
    return Cost(cycles, priced(machine, counted, float) + float(machine.static) * cycles)


# ----------------------------------------------------------------------------------------------------------
# Cycles, one tile at a time (T1 to T9, T11, T22, S14 to S16)
# ----------------------------------------------------------------------------------------------------------


Timed = namedtuple("Timed", "cycles overtakes")
"""Cycles of a tile, and whether weights overtake inputs in it (T11)."""


def places(names: np.ndarray, port: np.ndarray, wanted: np.ndarray, ports: int) -> tuple[Any, Any]:
    """Return when multipliers get words among their ports' (from 1; 0: none), and words per port."""
    place, span = np.zeros(len(names), dtype=np.int64), int(names.max()) + 1
    word, which = np.unique(port[wanted] * span + names[wanted], return_inverse=True)
    begin = np.searchsorted(word, np.arange(ports + 1) * span)
    place[wanted] = which.ravel() - begin[port[wanted]] + 1
    return place, np.diff(begin)


class Placed:
    """One tile on the array, multiplier by multiplier, with what all the clocks below begin with.

    Attributes
    ----------
    port, s, heads
        Of the multipliers that form products: read port and filter column; where VNs begin.
    w_turn, a_turn, b_turn, w, a, b
        When multipliers get their weight and input in a step, and words per port (see `places`).
    rows, cols
        Windows: those of a row slide, the first one does not; without forwarding each is a row.
    """

    def __init__(self, nest: Nest, machine: Machine, tile: np.ndarray, kept: int = 0) -> None:
        one = tile[None]
        self.nest, self.machine, self.tile, self.n = nest, machine, tile, trips(nest, machine, one)
        n, aux = self.n.n[0].tolist(), self.n.aux + kept
        self.V, self.F, self.vn = (int(column[0]) for column in (self.n.V, self.n.F, self.n.vn))
        self.NO: int = n[N] * n[G] * n[K]
        self.fw = bool(self.n.fw[0]) and (n[Y] > 1 or machine.real)
        self.cols: int = n[Y] if self.fw else 1
        self.rows: int = n[X] * n[Y] // self.cols
        self.size, self.watched = int(self.vn + aux[0]), bool(doubtful(nest, machine, one, kept)[0])
        weight, names, s, sums = (column[0] for column in multipliers(nest, machine, one, aux[:1]))
        at, used = np.flatnonzero(weight >= 0), weight >= 0
        self.port, self.s, names = at // machine.width, s[at], names[at].astype(np.int64)
        every, ports = np.ones(len(at), dtype=bool), int(np.flatnonzero(used | sums)[-1]) // machine.width + 1
        self.w_turn, self.w = places(weight[at].astype(np.int64), self.port, every, ports)
        self.a_turn, self.a = self.b_turn, self.b = places(names, self.port, every, ports)
        if self.fw:
            self.b_turn, self.b = places(names, self.port, self.s == tile[S] - 1, ports)
        self.heads = np.arange(0, len(at), self.vn)
        self.tree = wiring(machine.ms, machine.rn_bw, machine.real, self.size)
        self.line, self.path = self.tree.line[: self.V], self.tree.paths[: self.V].astype(np.int64)
        # T8: outputs after which the weights of each iteration of groups and filters are fetched.
        g, k = np.arange(n[G])[:, None], np.arange(n[K])
        before = (g * tile[G] * nest.size[K] + k * tile[K] * tile[G]).ravel()
        self.barrier = (before * (nest.size[X] * nest.size[Y])).tolist()

    def turns(self, sent: np.ndarray, cut: slice, before: Any) -> np.ndarray:
        """Return when multipliers have their turn with the last fold of each window, shape (windows, n).

        `sent`: when each of them has the word that it is sent; while the window slides all but the last
        column have their right neighbour's instead, a cycle later (T4). They fire F folds from window to
        window, and as long after `before`.
        """
        if not self.fw:
            return sent
        first = (np.arange(len(sent)) % self.cols == 0)[:, None]
        pace, result = self.F * np.arange(len(sent))[:, None], np.empty_like(sent)
        right = sent[:, :0]
        for s in reversed(range(self.tile[S])):
            mine = self.s[cut] == s
            had = sent[:, mine]
            if s < self.tile[S] - 1:
                had = np.where(first, had, np.roll(right, 1, axis=0) + 1)
            had[0] = np.maximum(had[0], before[mine] + self.F)
            result[:, mine] = right = np.maximum.accumulate(had - pace, axis=0) + pace
        return result

    def out(self, ready: np.ndarray) -> Outputs:
        """Return the lines with outputs that are ready at some time, shape (windows, V)."""
        out = Outputs(self.machine.rn_bw)
        out.add(ready, self.line)
        return out

    def at_most(self, limit: int, work: int) -> None:
        """Give up if the clock would take too long."""
        if work > limit:
            text = f"{spelled(self.tile.tolist())} is not ruled out by bounds, and too long to be timed"
            raise TooLong(text)

    def overtaken(self, weight: Any, turn: Any) -> bool:
        """Return whether a weight is sent before old inputs have had their turn (T11)."""
        return bool(((self.s < self.tile[S] - 1) & (weight <= turn)).any())


class Outputs:
    """Bus lines and memory (T6, T7): one output a line and cycle; memory takes half of what waits."""

    def __init__(self, lines_: int) -> None:
        self.free = np.full(lines_, -FAR)
        self.room = 2 * lines_ + 2  # more never wait
        self.settled = np.zeros(0, dtype=np.int64)
        self.time, self.line = np.zeros((2, 0), dtype=np.int64)
        self.on_line = self.time

    def add(self, ready: np.ndarray, line: np.ndarray) -> None:
        """Let outputs be ready for their lines from some cycles on, shape (windows, VNs)."""
        self.time = np.concatenate([self.time, ready.ravel()])
        self.line = np.concatenate([self.line, np.tile(line, len(ready))])
        order = np.lexsort((self.time, self.line))
        self.time, self.line = self.time[order], self.line[order]
        rank = np.arange(len(order)) - np.searchsorted(self.line, self.line)
        ahead = np.maximum(self.time, self.free[self.line] + 1) - rank
        apart = self.line * (int(ahead.max()) - int(ahead.min()) + 1)
        self.on_line = np.maximum.accumulate(ahead + apart) - apart + rank

    def settle(self, now: int) -> None:
        """Let nothing that is added later be ready before `now`: what is on its line by then stays so."""
        done = self.on_line <= now
        np.maximum.at(self.free, self.line[done], self.on_line[done])
        self.settled = np.concatenate([self.settled, np.sort(self.on_line[done])])
        self.time, self.line, self.on_line = self.time[~done], self.line[~done], self.on_line[~done]

    def sorted(self) -> np.ndarray:
        """Return when the outputs so far are on their lines, in order; settled ones come first."""
        return np.concatenate([self.settled, np.sort(self.on_line)])

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


def paced(total: int, few: int, grow: int, pace: int, ends: Callable[[int], list[int]]) -> int:
    """Return when so many rows or windows end; once four in a row end `pace` apart, all later ones do.

    `ends`: when some, one less, two and three less end; of all of them when these end.
    """
    few = min(few, total)
    while True:
        found = ends(few)
        if few == total or [a - b for a, b in pairwise(found)] == [pace] * 3:
            return found[0] + (total - few) * pace
        few = min(grow * few, total)


class Run(Placed):
    """One tile on the simulator's array, its folds added in accumulators if there are any (T1 to T8).

    In a part of a layer whose sums are begun or continued, each VN keeps a multiplier (T22); where they are
    continued its port sends one more word per VN behind the inputs of the last fold of a window.
    """

    def __init__(self, nest: Nest, machine: Machine, tile: np.ndarray, sums: str = "whole") -> None:
        kept = int(sums != "whole")
        super().__init__(nest, machine, tile, kept)
        # T5: latch, adders and hops, accumulator; then the line.
        paths = self.path + machine.latch + int(machine.accumulators) + 1
        self.delay, self.q = paths[:, kept:].ravel(), np.zeros_like(self.w)
        if sums == "continued":
            head = np.arange(self.V) * self.size
            self.back_port, self.back_delay = head // machine.width, paths[:, 0]
            every = np.ones(self.V, dtype=bool)
            self.back_turn, self.q = places(head, self.back_port, every, len(self.w))
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
        self.fired = np.full(len(self.port), -FAR)

    def timed(self) -> Timed:
        """Time the whole layer."""
        return Timed(self.NO * self.alone(), False) if self.n.drained[0] else self.chained()

    def alone(self) -> int:
        """Time one iteration in an empty array.

        Times of ports, multipliers and lines are greatest sums, so the end moves by more and more per row,
        up to what the slowest of them takes.
        """

        def ends(rows: int) -> list[int]:
            self.empty(0)
            ready = self.iteration(0, rows)
            counts = range(rows, rows - 4, -1) if rows < self.rows else (rows,)
            windows = [count * self.cols for count in counts]
            return [self.out(ready[:some]).taken(some * self.V) for some in windows]

        return paced(self.rows, 8, 3, self.row_pace, ends)

    def chained(self) -> Timed:
        """Time iterations that overlap (T8), and watch for weights that overtake inputs (T11).

        Once three in a row are later than the ones before by what the slowest port, multiplier or line takes,
        in outputs, weights and turns alike, all others are.
        """
        made, barrier = self.V * self.rows * self.cols, self.barrier  # outputs of an iteration
        # While the barrier asks for all outputs so far, each iteration finds the array as the first one did.
        empty = 0
        while empty + 1 < min(len(barrier), self.NO) and barrier[empty + 1] == (empty + 1) * made:
            empty += 1
        start = empty * self.alone() if empty else 0
        self.empty(start)
        # Of the iterations before, nothing is left but their number.
        out = Outputs(self.machine.rn_bw)
        came: list[np.ndarray] = []
        weights = np.maximum(self.words[self.port], self.steps)
        # Inputs come as fast as the slowest port between a multiplier and the end of its row.
        in_rows = weights.reshape(-1, self.tile[S] if self.watched else 1)[:, ::-1]
        turns = np.maximum.accumulate(in_rows, axis=1)[:, ::-1].ravel()
        gains = np.concatenate([np.full(made, self.pace), *[weights, turns] * self.watched])
        for at in range(empty, self.NO):
            self.at_most(LONG_RUN, (at - empty + 1) * made)
            self.at_most(MANY_ITERATIONS, at - empty)
            if at > empty:
                wanted = (barrier[at] if at < len(barrier) else 0) - empty * made
                start = max(start + self.steps, out.taken(wanted) if wanted > 0 else 0)
            np.maximum(self.free, start, out=self.free)
            weight, turn = self.free[self.port] + self.w_turn, self.fired.copy()
            # Before this no output of the iteration is ready.
            out.settle(int(np.maximum.reduceat(self.free[self.port], self.heads).min()))
            out.add(self.iteration(start, self.rows), self.line)
            if self.watched and self.overtaken(weight, turn):
                return Timed(0, True)
            if at >= len(barrier) - 1:
                now = np.concatenate([out.sorted()[-made:], *[weight, turn] * self.watched])
                came = [*came[-3:], now]
                if len(came) == 4 and all((b - a == gains).all() for a, b in pairwise(came)):
                    break
        left = self.NO - 1 - at
        overtaken = self.watched and self.overtaken(weight + left * weights, turn + left * turns)
        return Timed(out.taken((at + 1 - empty) * made) + left * self.pace, overtaken)

    def iteration(self, start: int, rows: int) -> np.ndarray:
        """Return when each output may be on its line, shape (windows, V), and let the ports send on.

        Ports send step after step, none before it is generated, one step a cycle. Only ports that send
        nothing while the window slides ever wait for that.
        """
        self.at_most(LONG_RUN, rows * self.cols * max(self.V, len(self.w)))
        window = np.arange(rows * self.cols)[:, None]
        inputs = np.where(window % self.cols == 0, self.a, self.b)
        words_ = self.F * inputs + self.q
        before = np.cumsum(words_, axis=0) - words_
        generated = start + self.F * (1 + window)
        # A port without inputs in a window has its sums in the last fold's step.
        lead = np.where(words_ > 0, generated + np.where(inputs > 0, 0, self.F - 1) - before, -FAR)
        ahead = np.maximum(np.maximum.accumulate(lead, axis=0), self.free + self.F * self.w)
        self.free = ahead[-1] + before[-1] + words_[-1]
        last_fold = ahead + before + (self.F - 1) * inputs  # when it begins, shape (windows, ports)
        ready = np.empty((len(window), self.V), dtype=np.int64)
        step = max(1, CHUNK // (len(window) * self.vn))
        for begin in range(0, self.V, step):
            cut = slice(begin * self.vn, (begin + step) * self.vn)
            turn = np.where(window % self.cols == 0, self.a_turn[cut], self.b_turn[cut])
            had = self.turns(last_fold[:, self.port[cut]] + turn, cut, self.fired[cut])
            self.fired[cut] = had[-1]
            ends = self.heads[begin : begin + step] - cut.start
            ready[:, begin : begin + step] = np.maximum.reduceat(had + self.delay[cut], ends, axis=1)
        if self.q.any():
            back = (last_fold + inputs)[:, self.back_port] + self.back_turn + self.back_delay
            ready = np.maximum(ready, back)
        return ready


class Folding(Placed):
    """One tile on the simulator's array whose folds go through memory, on the clock (T9)."""

    def __init__(self, nest: Nest, machine: Machine, tile: np.ndarray) -> None:
        super().__init__(nest, machine, tile)
        self.steps = self.F * self.rows * self.cols  # sums of a VN in an iteration
        path = self.path + machine.latch + 1
        self.back = path[:, 0].tolist()  # a sum that comes back: from its sending to the line
        self.aux_port = (np.arange(self.V) * self.size // machine.width).tolist()
        # (port, turn, cycles to the line) of the words that VNs wait for, in first and in later windows.
        words_ = [
            list(zip(self.port.tolist(), turn.tolist(), path[:, 1:].ravel().tolist(), strict=True))
            for turn in (self.a_turn, self.b_turn)
        ]
        self.needs = [[last_of(one[at : at + self.vn]) for at in self.heads] for one in words_]
        # Words of each port before each step of an iteration (T1), and after the last.
        self.at_most(MANY_STEPS, self.steps * len(self.w))
        later = (np.arange(self.steps) // self.F % self.cols > 0)[:, None]
        steps = np.concatenate([np.tile(self.w, (self.F, 1)), np.where(later, self.b, self.a)])
        self.before = np.cumsum(np.concatenate([0 * steps[:1], steps]), axis=0).T
        self.words = self.before[:, -1].tolist()

    def timed(self) -> Timed:
        """Run to the last sum of the last fold."""
        ports, F, steps = len(self.w), self.F, self.F + self.steps
        last = dict.fromkeys(self.line.tolist(), -1)
        line, place = self.line.tolist(), self.tree.place.tolist()
        sums: list[list[int]] = [[] for _ in range(ports)]  # VNs whose sums a port has to send
        sent: list[list[int]] = [[] for _ in range(ports)]  # when each of its words was sent
        coming: list[int | None] = [1 + back for back in self.back]  # zeros are sent in the first cycle
        reached, step, done = [-FAR] * self.V, [0] * self.V, [0] * self.V
        undecided = list(range(self.V))
        due: dict[int, list[int]] = {}
        queues: dict[int, dict[int, list[int]]] = {}  # by line and adder
        waiting: list[int] = []
        on_line: list[int] = []
        received = iteration = start = cycle = 0
        busy = set(range(ports))  # who may have something to send
        while True:
            opens = start + steps if iteration + 1 < self.NO else FAR
            if not (waiting or on_line or queues or busy):  # nothing happens until then
                cycle = max(cycle, min(opens, *due, FAR) - 1)
            cycle += 1
            self.at_most(MANY_STEPS, cycle * (ports + self.V))
            waiting += on_line
            taken, waiting = waiting[: (len(waiting) + 1) // 2], waiting[(len(waiting) + 1) // 2 :]
            received += len(taken)
            if received == self.NO * self.steps * self.V:
                return Timed(cycle, self.watched and self._overtakes([np.array(words) for words in sent]))
            for vn in taken:
                done[vn] += 1
                if done[vn] % F:
                    sums[self.aux_port[vn]].append(vn)
                    busy.add(self.aux_port[vn])
            for p in tuple(busy):
                if sums[p]:
                    vn = sums[p].pop(0)
                    coming[vn] = cycle + self.back[vn]
                # Only ports that send nothing while the window slides wait for steps.
                elif len(sent[p]) < iteration * self.words[p] + self.before[p][min(cycle - start, steps)]:
                    sent[p].append(cycle)
                elif len(sent[p]) == (iteration + 1) * self.words[p]:
                    busy.remove(p)
            still = []
            for vn in undecided:
                back = coming[vn]
                when = None if back is None else self._complete(vn, step[vn], sent)
                if back is None or when is None:
                    still.append(vn)
                else:
                    due.setdefault(max(when, back, reached[vn] + 1), []).append(vn)
            undecided = still
            for vn in sorted(due.pop(cycle, [])):
                queues.setdefault(line[vn], {}).setdefault(place[vn], []).append(vn)
                reached[vn], step[vn] = cycle, step[vn] + 1
                if step[vn] % F:  # a zero follows the last sum of a window
                    coming[vn] = None
                if step[vn] < self.NO * self.steps:
                    undecided.append(vn)
            on_line = []
            for at, queue in sorted(queues.items()):
                last[at] = min([adder for adder in queue if adder > last[at]] or queue)
                on_line.append(queue[last[at]].pop(0))
                if not queue[last[at]]:
                    del queue[last[at]]
                if not queue:
                    del queues[at]
            following = iteration + 1
            enough = self.barrier[following] * F if following < len(self.barrier) else 0
            if cycle >= opens and received >= enough:
                iteration, start, busy = following, cycle, set(range(ports))

    def _complete(self, vn: int, step: int, sent: list[list[int]]) -> int | None:
        """Return when the words of a VN's next sum have come, None if they are not sent yet."""
        iteration, at = divmod(step, self.steps)
        when = 0
        for p, turn, path in self.needs[at // self.F % self.cols > 0][vn]:
            word = iteration * self.words[p] + self.before[p][self.F + at] + turn
            if len(sent[p]) < word:
                return None
            when = max(when, sent[p][word - 1] + path)
        return when

    def _overtakes(self, sent: list[np.ndarray]) -> bool:
        """Return whether weights overtake inputs (T11); `sent`: when each port sent its words."""
        windows, port = np.arange(self.rows * self.cols)[:, None], self.port
        before, words = np.full(len(port), -FAR), np.array(self.words)[port]
        turn = np.where(windows % self.cols == 0, self.a_turn, self.b_turn)
        inputs = self.before.T[(2 + windows) * self.F - 1, port] + turn  # of the last folds
        for begin in (iteration * words for iteration in range(self.NO - 1)):
            # Who is sent nothing looks at some word here, and has its turn after its neighbour.
            had = np.column_stack(
                [sent[p][number - 1] for p, number in zip(port, (begin + inputs).T, strict=True)]
            )
            number = begin + words + self.w_turn
            weight = [sent[p][at - 1] for p, at in zip(port, number, strict=True)]
            if self.overtaken(weight, self.turns(had, slice(None), before)[-1]):
                return True
        return False


def last_of(words_: list[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    """Return those of (port, turn, way) that no later word of their port makes needless; turn 0 is none."""
    some = {word for word in words_ if word[1]}
    return {
        (p, turn, way)
        for p, turn, way in some
        if not any(q == p and t > turn and t + w >= turn + way for q, t, w in some)
    }


class RealStream(Placed):
    """Windows under one configuration of the real hardware, put by put (S14 to S16)."""

    def timed(self) -> Timed:
        """Time the layer: per pass a weight load and its streams, dealt out evenly."""
        cols = -(-self.cols // COUNTER)
        count = self.rows * cols if self.fw else -(-self.rows // COUNTER)
        each, more = divmod(self.rows * self.cols, count)
        sent = (count - more) * self.stream(each) + (more * self.stream(each + 1) if more else 0)
        return Timed(13 + self.NO * self.F * (2 * int(self.w.max()) + 3 + sent), False)

    def stream(self, windows: int) -> int:
        """Time a stream, which the port with the most words paces."""
        pace = 2 * int(self.b.max())

        def ends(few: int) -> list[int]:
            ready, counts = self.arrivals(few), range(few, few - 4, -1) if few < windows else (few,)
            return [int(self.out(ready[:count]).on_line.max()) for count in counts]  # one a bus and cycle

        return paced(windows, 6 + 32 // pace, 2, pace, ends) + 2

    def arrivals(self, windows: int) -> np.ndarray:
        """Return when each sum is at its bus, shape (windows, V)."""
        ports, hops = len(self.w), int(self.tile[S]) - 1 if self.fw else 0
        queue = [[-FAR] * 4 for _ in range(ports)]  # the last four deliveries of each port
        put, result = 0, []
        for window in range(windows):
            turn, words = (self.b_turn, self.b) if window else (self.a_turn, self.a)
            if window == 1 and hops:  # the first window has to be there
                put = max(q[-1] for q in queue) + 1
            had = np.zeros((int(words.max()) + 1, ports), dtype=np.int64)
            for j in range(1, len(had)):
                put = max(put + 1, *(q[0] - 2 for q in queue))
                for p in np.flatnonzero(words >= j):
                    queue[p] = [*queue[p][1:], max(put, queue[p][-1]) + 2]
                had[j] = [q[-1] for q in queue]
            at = np.where(turn > 0, had[turn, self.port], -FAR)
            result.append(np.maximum.reduceat(at, self.heads) + (hops if window else 0))
        return np.array(result) + self.path[:, 0]


KNOWN: dict[Any, Timed] = {}
"""What was timed, so that each run is timed once."""


def timed(nest: Nest, machine: Machine, tile: np.ndarray, sums: str = "whole") -> Timed:
    """Time one legal tile; iterations that drain are all alike. `sums`: see `Run`."""
    n = trips(nest, machine, tile[None])
    serial, times = bool(n.aux[0]), 1
    if n.drained[0] and not serial and not machine.real:
        nest = nest.with_size(**{d: min(nest.words(d), int(tile[DIMS.index(d)])) for d in "KG"})
        times = int(n.n[0, [N, G, K]].prod())
    key = nest, machine[:6], tuple(tile.tolist()), sums
    if key not in KNOWN:
        if machine.real or serial:
            KNOWN[key] = (RealStream if machine.real else Folding)(nest, machine, tile).timed()
        else:
            KNOWN[key] = Run(nest, machine, tile, sums).timed()
    return Timed(times * KNOWN[key].cycles, KNOWN[key].overtakes)


# ----------------------------------------------------------------------------------------------------------
# The space of a form: tiles, and what bounds leave of them
# ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """That no mapping has a lower value than some least one: `value` is of cycles and energy.

    Bounds are compared in floating point, mappings that were timed in integers.
    """

    value: Callable[[Any, Any], Any]
    least: Any
    text: str

    def about(self, cycles: Any, energy: Any) -> np.ndarray:
        """Return the value of bounds in floating point: weighted sums of them exceed 64 bits."""
        return np.asarray(self.value(np.asarray(cycles, dtype=np.float64), energy), dtype=np.float64)

    def limit(self, T: np.ndarray | None) -> Any:
        """Return what mappings with array tiles, or with any, do not fall below if it is right."""
        return float(self.least)

    def spares(self, cycles: Any, energy: Any, T: np.ndarray | None = None) -> np.ndarray:
        """Return which bounds do not prove it of their mappings, with array tiles T or any."""
        return np.asarray(self.about(cycles, energy) < self.limit(T), dtype=bool)

    def broken(self, cost: Cost) -> bool:
        """Return whether a mapping is a counterexample."""
        return bool(self.value(*cost) < self.least)


@dataclass(frozen=True)
class Sought(Claim):
    """What mappings cost at least, by the size of their array tiles along a loop, shape (sizes,).

    It begins with what they need not exceed, and is lowered while mappings are bounded.
    """

    loop: int

    def limit(self, T: np.ndarray | None) -> Any:
        """Return what mappings may cost to lower the least of theirs."""
        return self.least.max() if T is None else self.least[T[..., self.loop]]


def sifted(
    nest: Nest, machine: Machine, T: np.ndarray, aux: np.ndarray | None, keep: Callable[[Laid], np.ndarray]
) -> Iterator[Laid]:
    """Yield the tiles that some bound keeps, laid out: those at once that it keeps without (T24)."""
    for begin in range(0, max(1, len(T)), MANY_TILES):
        some = T[begin : begin + MANY_TILES].astype(np.int64)
        kept = trips(nest, machine, some).aux if aux is None else aux[begin : begin + MANY_TILES]
        near = keep(laid_out(nest, machine, some, kept, True))
        laid = laid_out(nest, machine, some[near], kept[near], False)
        yield entries(laid, keep(laid))


class Space:
    """All mappings of one form on the array alone: its tiles, with those in which weights may overtake."""

    def __init__(self, nest: Nest, machine: Machine, limits: dict[str, Any]) -> None:
        self.nest, self.machine, self.size, self.limits = nest, machine, np.array(nest.size), limits

    @cached_property
    def tiles(self) -> np.ndarray:
        """All tiles, shape (tiles, 8); of a piece they are seldom needed."""
        return legal_tiles(self.nest, self.machine, self.limits)

    @property
    def count(self) -> int:
        """How many mappings there are."""
        return len(self.tiles)

    def mapping(self, row: dict[str, Any]) -> Any:
        """Return the mapping that a row of a certificate names, None if there is no such mapping."""
        tile, allowed = row["tile"], sizes_of_tiles(self.nest, self.machine, self.limits)
        fits = len(tile) == len(DIMS) and all(type(size) is int for size in tile)
        fits = fits and all(size in some for size, some in zip(tile, allowed, strict=True))
        fits = fits and prod(tile) <= self.machine.ms
        legal = fits and len(kept_tiles(self.nest, self.machine, np.array([tile])))
        return tuple(tile) if legal else None

    def open(self, claim: Claim) -> Iterator[tuple[Any, bool, Cost]]:
        """Yield the mappings that bounds do not rule out, whether surely so, and their bounds."""
        always = physical(self.nest, self.machine)

        def bound(laid: Laid) -> Cost:
            cycles, energy = bounds_of(self.nest, self.machine, laid)
            return Cost(np.maximum(cycles, always), energy * (1 - ROUNDING))

        def keep(laid: Laid) -> np.ndarray:
            return claim.spares(*bound(laid))

        for laid in sifted(self.nest, self.machine, self.tiles, None, keep):
            cycles, energy = bound(laid)
            surely = claim.spares(cycles, energy * (1 + 2 * ROUNDING))
            for at, tile in enumerate(laid.T.tolist()):
                yield tuple(tile), bool(surely[at]), Cost(cycles[at], energy[at])

    def cost(self, mapping: Any) -> Cost | None:
        """Time and price a mapping exactly; None if weights overtake inputs (T11)."""
        return cost_of(self.nest, self.machine, np.array(mapping))


def cost_of(nest: Nest, machine: Machine, tile: np.ndarray) -> Cost | None:
    """Time and price a tile of a layer without other memory; None if weights overtake inputs (T11)."""
    run, n = timed(nest, machine, tile), trips(nest, machine, tile[None])
    if run.overtakes:
        return None
    o, rounds = np.ones_like(n.n), np.where(machine.accumulators, 1, n.F)
    cycles = run.cycles + int(setting_up(machine, n.n, o)[0])
    counted = one_of(events(nest, machine, lay(nest, machine, tile[None]), n.n, o, rounds))
    return Cost(cycles, priced(machine, counted, int) + machine.static * cycles)


# ----------------------------------------------------------------------------------------------------------
# Two levels: a prefetch buffer and DRAM behind the array (T21, T22)
# ----------------------------------------------------------------------------------------------------------

ORDERS = ("QPK", "QKP", "KPQ", "KQP", "PKQ", "PQK")
"""Orders of the loops K, P = (N, X, Y) and Q = (C, R, S) between DRAM and buffer, outermost first."""
CHEAPEST = ORDERS[:3]
"""One for each innermost loop: those that no other beats (see `moves`), as long as that loop is refilled.

Of what is refilled the innermost loop decides what moves how often; with Q outside of P input overlaps stay.
"""
GROUPS = {"K": [K], "P": [N, X, Y], "Q": [C, R, S]}
STAGES = [[Y, X], [K, G], [N, C, R, S]]
"""Loops along which buffer tiles are chosen together: of inputs that overlap, of the barrier, and others."""
AHEAD = 1.5
"""By how much more than the bounds that are known pieces are bounded."""
BITS, NEAR = 2, 5
"""Leading bits of sizes of pieces in which those are alike that are bounded at once, at first and later."""
MARGIN = 32
"""Which part more than a piece is allowed others of its range may be, without pairs being looked for anew."""
PAIRS = 1 << 16
"""Pairs of array tiles and refill counts bounded at once."""


def passes(size: Any, B: np.ndarray, T: Any) -> np.ndarray:
    """Return n: array tiles along loops over all buffer tiles B."""
    full = -(-size // B) - 1
    return full * -(-B // T) + -(-(size - full * B) // T)


def input_lines(nest: Nest, axis: int, B: np.ndarray, R_or_S: np.ndarray) -> tuple[Any, Any, Any]:
    """Return input lines of buffer tiles of an axis: held; of all, fetched whole; of all, overlaps kept."""
    size, taps = nest.size[(X, Y)[axis]], nest.size[(R, S)[axis]]
    how = nest.stride[axis], nest.dilation[axis]
    o = -(-size // B)
    if size == 1:  # the lines are the taps
        return R_or_S, o * taps, o * taps
    rest, held = size - (o - 1) * B, lines(B, taps, *how)
    more, end = lines(2 * B, taps, *how), lines(B + rest, taps, *how)
    kept = np.where(o > 1, (o - 2) * (more - held) + end, held)
    return held, (o - 1) * held + lines(rest, taps, *how), kept


class Axis:
    """Buffer tiles B of one loop: how often they are refilled (o), and their input lines.

    Attributes
    ----------
    size, B, o
        The loop, all allowed buffer tiles ascending, and ceil(size / B).
    kinds, begin, room
        The different o, ascending in B, where their B begin, and these B.
    fetched, kept
        Lines of all tiles, each fetched whole; of all, overlaps kept in the buffer.
    """

    def __init__(self, nest: Nest, loop: int, *, free: bool) -> None:
        """Take all buffer tiles, or one that is filled once and takes no room: no other costs less."""
        self.loop, self.size = loop, nest.size[loop]
        whole = (loop == R and nest.size[X] > 1) or (loop == S and nest.size[Y] > 1)
        self.B = np.arange(self.size if whole or free else 1, self.size + 1)
        self.o = -(-self.size // self.B)
        self.begin = np.flatnonzero(np.diff(self.o, prepend=0))
        self.kinds, self.room = self.o[self.begin], self.B[self.begin] * (not free)
        self.known: dict[int, np.ndarray] = {}
        self.fetched = self.kept = np.zeros_like(self.B)
        if loop in (X, Y):
            _, self.fetched, self.kept = input_lines(nest, int(loop == Y), self.B, self.kept)

    def passes(self, tile: int) -> np.ndarray:
        """Return n of every B; many where B is smaller than the array tile."""
        return np.where(tile <= self.B, passes(self.size, self.B, tile), FAR)

    def least(self, column: np.ndarray) -> np.ndarray:
        """Return the least of a column for each kind."""
        return np.minimum.reduceat(column, self.begin)

    def fewest(self, tile: int) -> np.ndarray:
        """Return the fewest passes of each kind."""
        if tile not in self.known:
            self.known[tile] = self.least(self.passes(tile))
        return self.known[tile]

    def span(self, kind: np.ndarray, tile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where the B of some kinds that hold array tiles begin, and how many there are."""
        first = np.maximum(self.begin[kind], tile - self.B[0])
        return first, np.maximum(0, np.append(self.begin, len(self.B))[kind + 1] - first)


axis_of = lru_cache(maxsize=4096)(Axis)
NEEDED = ("RX", "SY", "C", "K", "G", "N", "RX", "SY")
"""Which loops the buffer tiles of each depend on, so that pieces of other sizes have the same."""

Refills = namedtuple("Refills", "kinds order back transfer exposed energy")
"""Refill counts of all loops with an order, and what they cost at least, one entry each.

`kinds` are places in the axes' kinds; `back` tells whose sums come back into the array.
"""


class Levels(Space):
    """All mappings of one form on two levels: array tiles, buffer tiles, orders.

    `count` has every array tile with every buffer tile and order, whether they go together or not. `free`: a
    loop whose refills cost nothing.
    """

    def __init__(self, nest: Nest, machine: Machine, limits: Any, free: int | None = None) -> None:
        super().__init__(nest, machine, limits)
        assert machine.memory
        self.memory, self.free = machine.memory, free
        self.axes = [axis_of(nest.of(NEEDED[d]), d, free=d == free) for d in range(8)]
        self.waiting: dict[Any, np.ndarray] = {}  # by array tile: see `waits`

    @cached_property
    def kept(self) -> tuple[np.ndarray, np.ndarray]:
        """Array tiles that go with their smallest buffer tile, and whether sums come back with it."""
        found, every = [], legal_tiles(self.nest, self.machine, self.limits)
        for back in (False,) if self.memory.adder else (False, True):
            B = every.copy()
            whole = [loop for loop, along in ((R, X), (S, Y)) if self.nest.size[along] > 1]
            whole += REDUCED if not (back or self.memory.adder) else []
            B[:, whole] = self.size[whole]
            good = self.legal(every, B) & (self.back(-(-self.size // B)) == back)
            found.append((every[good], np.full(int(good.sum()), int(back))))
        tiles, aux = (np.concatenate(column) for column in zip(*found, strict=True))
        return tiles, aux

    @property
    def count(self) -> int:
        """How many array tiles, buffer tiles and orders there are, multiplied."""
        used = len(np.unique(self.kept[0], axis=0))
        return used * prod(len(axis.B) for axis in self.axes) * len(ORDERS)

    def mapping(self, row: dict[str, Any]) -> Any:
        """Return the mapping that a row of a certificate names, None if there is no such mapping."""
        tile, buffer = (np.array(row[name], dtype=np.int64)[None] for name in ("tile", "buffer_tile"))
        inside = bool((self.kept[0] == tile).all(axis=1).any()) and row["dram_order"] in ORDERS
        if not (inside and self.legal(tile, buffer)[0]):
            return None
        return tuple(row["tile"]), tuple(row["buffer_tile"]), row["dram_order"]

    def back(self, o: np.ndarray) -> np.ndarray:
        """Return whose sums come back into the array (T22)."""
        return (o[:, REDUCED].prod(axis=1) > 1) & (not self.memory.adder)

    def legal(self, T: np.ndarray, B: np.ndarray) -> np.ndarray:
        """Return which pairs keep the rules of T10 in every buffer tile, and fit into the buffer."""
        good = (T <= B).all(axis=1) & (self.size >= B).all(axis=1)
        for loop, along in ((R, X), (S, Y)):
            good &= (B[:, loop] == self.nest.size[loop]) | (self.nest.size[along] == 1)
        vn, V = T[:, REDUCED].prod(axis=1), T[:, OUTER].prod(axis=1)
        folds = (-(-B // T))[:, REDUCED].prod(axis=1)
        v = vn + self.back(-(-self.size // B))
        good &= self.machine.real | (((folds == 1) | (v >= 2) | (V == 1)) & (v * V <= self.machine.ms))
        if self.memory.held is not None:
            good &= folds <= self.memory.held
        return good & self.fits(self.footprint(B, *self.lines_of(B)[0::3]))

    def lines_of(self, B: np.ndarray) -> list[np.ndarray]:
        """Return rows held, fetched, kept, then columns; of buffer tiles."""
        axes = ((X, R), (Y, S))
        found = [input_lines(self.nest, a, B[:, out], B[:, taps]) for a, (out, taps) in enumerate(axes)]
        return [*found[0], *found[1]]

    @staticmethod
    def footprint(B: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Return the words of a buffer tile: weights, inputs, outputs; shape (3, tiles)."""
        b = B.T
        inputs = b[N] * b[G] * b[C] * rows * cols
        return np.array([b[G] * b[K] * b[C] * b[R] * b[S], inputs, b[N] * b[G] * b[K] * b[X] * b[Y]])

    def in_units(self, words: Any) -> Any:
        """Return the units of words of weights, inputs and outputs, shape (3, ...), or of counted events."""
        if isinstance(words, dict):
            return sum(self.memory.units[moved(name)] * count for name, count in words.items())
        return sum(unit * some for unit, some in zip(self.memory.units, words, strict=True))

    def fits(self, words: np.ndarray) -> np.ndarray:
        """Return which buffer tiles fit."""
        if len(self.memory.room) == 1:
            return np.asarray(self.in_units(words) <= self.memory.room[0])
        return np.logical_and.reduce(words <= np.array(self.memory.room)[:, None], axis=0)

    def array(self, laid: Laid, n: Any, o: Any, drained: Any, idle: Any = 0) -> tuple[Any, dict[str, Any]]:
        """Return the least cycles of the array, and its events, over all buffer tiles."""
        rounds = (n if self.machine.real else o)[:, REDUCED].prod(axis=1)
        cycles = least_cycles(self.machine, laid, n, o, rounds, drained, idle)
        return cycles, events(self.nest, self.machine, laid, n, o, rounds)

    def moves(self, o: np.ndarray, order: str) -> tuple[np.ndarray, ...]:
        """Return how often weights, inputs and outputs cross the chip's edge, and if input overlaps stay.

        An operand is fetched anew for each step of a loop that it does not depend on, unless nothing moves
        inside of that loop.
        """
        j = o.T
        runs = {group: j[loops].prod(axis=0) for group, loops in GROUPS.items()}

        def times(group: str) -> np.ndarray:
            inside = [runs[other] > 1 for other in order[order.index(group) + 1 :]]
            return np.where(np.logical_or.reduce([runs[group] < 0, *inside]), runs[group], 1)

        stays = (runs["Q"] == 1) | (order.index("Q") < order.index("P"))
        return times("P"), times("K"), times("Q"), stays

    def useful(self, o: np.ndarray, order: str, alike: tuple[str, ...] = CHEAPEST) -> np.ndarray:
        """Return which refills need one of the cheapest orders: those of its innermost loop.

        What is free here may be refilled elsewhere. Without refills orders are `alike`: one of these is kept.
        """
        refilled = {g: (o[:, loops] > 1).any(axis=1) | (self.free in loops) for g, loops in GROUPS.items()}
        nothing = ~np.logical_or.reduce(list(refilled.values()))
        return np.asarray(refilled[order[-1]] | (nothing & (order in alike)))

    def dram(self, o: np.ndarray, line: list[np.ndarray], order: str) -> dict[str, np.ndarray]:
        """Count the words between DRAM and buffer."""
        weights, inputs, outputs, stays = self.moves(o, order)
        overlapping = np.where(o[:, Y] > 1, line[1] * line[5], line[2] * line[4])
        fetched = np.where(stays, overlapping, line[1] * line[4])
        return {
            "dram weights": self.nest.words("GKCRS") * weights,
            "dram inputs": self.nest.words("NGC") * fetched * inputs,
            "dram outputs": self.nest.words("NGKXY") * outputs,
            "dram sums": self.nest.words("NGKXY") * (outputs - 1),
        }

    def latency(self, array: Any, transfer: Any, exposed: Any) -> Any:
        """Return the cycles of a layer (T21)."""
        return np.maximum(array + exposed, transfer) if self.memory.double else array + transfer

    def finished(self, array: Any, counted: dict[str, Any], held: Any) -> Any:
        """Return the cycles of mappings from those of the array, events, and the units of a buffer tile."""
        if self.memory.bandwidth is not None:
            sides = {name: count for name, count in counted.items() if "buffer" in " ".join(PRICED[name])}
            on_chip = self.in_units(sides)
            array = np.maximum(array, -(-on_chip // self.memory.bandwidth))
        return self.latency(array, self.transfer(counted), -(-held // self.memory.dram))

    def transfer(self, counted: dict[str, Any]) -> Any:
        """Return the cycles of the DRAM."""
        units = self.in_units({name: counted[name] for name in counted if name.startswith("dram")})
        return -(-units // self.memory.dram)

    def bound(
        self, laid: Laid, n: Any, o: Any, line: Any, held: Any, order: str, drained: Any, idle: Any = 0
    ) -> Cost:
        """Bound mappings from below; all figures may be lower than those of the mappings."""
        cycles, counted = self.array(laid, n, o, drained, idle)
        counted |= self.dram(o, line, order)
        cycles = self.finished(cycles, counted, self.in_units(held)) + setting_up(self.machine, n, o)
        energy = priced(self.machine, counted, float) + float(self.machine.static) * cycles
        return Cost(cycles, energy * (1 - ROUNDING))

    def open(self, claim: Claim) -> Iterator[tuple[Any, bool, Cost]]:
        """Yield the mappings that bounds do not rule out, as `Space.open` does."""
        for pairs, kinds, order, _ in self.pairs(claim):
            if len(kinds):
                yield from self.expanded(claim, pairs, kinds, order)

    def once(self) -> tuple[Any, int, Any]:
        """Return the least cycles of transfers, of those that nothing overlaps with, and their energy."""
        once = self.dram(np.ones((1, 8), dtype=np.int64), self.lines_of(self.size[None]), ORDERS[0])
        return self.transfer(once), 0, priced(self.machine, once, float)

    def pairs(self, claim: Claim) -> Iterator[tuple[Laid, np.ndarray, str, Cost]]:
        """Yield pairs of array tiles and refill counts that bounds do not rule out, with an order and bounds.

        Both are bounded each with the best of the other, then together.
        """

        def spared(T: np.ndarray | None, *figures: Any) -> np.ndarray:
            cycles, energy, transfer, exposed, moved = figures
            latency = self.latency(cycles, transfer, exposed)
            whole = energy + moved + float(self.machine.static) * latency
            return claim.spares(latency, whole * (1 - ROUNDING), T)

        least = self.once()

        def alone(laid: Laid, *fewest: np.ndarray) -> np.ndarray:
            return spared(laid.T, *self._alone(laid, *fewest), *least)

        nothing, (T, aux) = np.zeros(len(self.kept[0])), self.kept
        asked = claim.spares(nothing, nothing, T)
        laid = joined(sifted(self.nest, self.machine, T[asked], aux[asked], alone))
        if not len(laid.T):
            return
        cycles, energy = self._alone(laid)
        first = np.argsort(claim.about(cycles, energy + float(self.machine.static) * cycles), kind="stable")
        laid, cycles, energy = entries(laid, first), cycles[first], energy[first]
        found = list(self._refills(spared, self._kinds(laid, alone), cycles.min(), energy.min()))
        if not found:
            return
        refills = joined(found)
        best = [least_with(column, refills.back, laid.aux == 1) for column in refills[3:]]
        keep = spared(laid.T, cycles, energy, *best)
        if not keep.any():
            return
        laid, cycles, energy = entries(laid, keep), cycles[keep], energy[keep]
        best = [least_with(column, laid.aux == 1, refills.back) for column in (cycles, energy)]
        refills = entries(refills, spared(None, *best, *refills[3:]))
        step = max(1, 8 * PAIRS // max(1, len(refills.order)))
        for begin in range(0, len(cycles), step):
            cut = slice(begin, begin + step)
            good = spared(laid.T[cut, None], cycles[cut, None], energy[cut, None], *refills[3:])
            a, b = np.nonzero(good & ((laid.aux[cut] == 1)[:, None] == refills.back))
            for which, order in enumerate(CHEAPEST):
                mine = np.flatnonzero(refills.order[b] == which)
                for at in range(0, len(mine), PAIRS):
                    some = mine[at : at + PAIRS]
                    yield self._pairs(claim, laid, begin + a[some], refills.kinds[b[some]], order)

    def _alone(self, laid: Laid, n: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the least cycles and energy of array tiles with any buffer tile, sums there aside.

        `n`: the fewest passes, without it those of the whole layer at once.
        """
        n = -(-self.size // laid.T) if n is None else n
        once, least = np.ones_like(n), np.full(len(n), np.inf)
        cycles = self.array(laid, n, once, False)[0] + setting_up(self.machine, n, once)
        # Energy is linear in the refills of a row of windows and in those of the sums: an end is least.
        split = (laid.aux == 1) | self.memory.adder
        for columns, sums in product((False, True), repeat=2):
            o = np.ones_like(n)
            o[:, Y] = n[:, Y] if columns else 1
            o[:, REDUCED] = np.where(split[:, None] & sums, n[:, REDUCED], 1)
            counted = self.array(laid, n, o, False)[1] | {"sums read": 0, "writes": self.nest.words("NGKXY")}
            least = np.minimum(least, priced(self.machine, counted, float))
        return cycles.astype(np.float64), least

    def _kinds(self, laid: Laid, spared: Callable[..., np.ndarray]) -> list[np.ndarray]:
        """Return the refill counts of each loop, as places in its kinds, that may go with some array tile."""
        found, many = [], prod(len(axis.kinds) for axis in self.axes) > 2 * PAIRS
        for d, axis in enumerate(self.axes):
            tile, kind = (x.ravel() for x in np.indices((len(laid.T), len(axis.kinds))))
            if many and len(kind) <= PAIRS:  # else it would take longer than it saves
                n = (-(-self.size // laid.T))[tile]
                n[:, d] = np.stack([axis.fewest(int(size)) for size in laid.T[:, d]]).ravel()
                fits = n[:, d] < FAR
                some = entries(laid, tile[fits])
                fits[fits] = spared(some, n[fits])
                kind = kind[fits]
            found.append(np.unique(kind))
        return found

    def _refills(
        self, spared: Any, allowed: list[np.ndarray], cycles: float, energy: float
    ) -> Iterator[Refills]:
        """Yield the refill counts and orders that the least of any array tile does not rule out."""
        sizes = [len(kinds) for kinds in allowed]
        price = self.machine.price
        sums = float(price["sums read"] + price["writes"]) * self.nest.words("NGKXY")
        for begin in range(0, prod(sizes), 2 * PAIRS):
            place = np.unravel_index(np.arange(begin, min(begin + 2 * PAIRS, prod(sizes))), sizes)
            kinds = np.column_stack([some[at] for some, at in zip(allowed, place, strict=True)])
            line, words = self._smallest(kinds, np.zeros_like(kinds))
            good = self.fits(words)
            kinds, words, line = kinds[good], words[:, good], [column[good] for column in line]
            o = np.column_stack([axis.kinds[kinds[:, d]] for d, axis in enumerate(self.axes)])
            exposed = -(-self.in_units(words) // self.memory.dram)
            later = sums * (o[:, REDUCED].prod(axis=1) - 1)
            back = self.back(o)
            for which, order in enumerate(CHEAPEST):
                words_ = self.dram(o, line, order)
                cost = self.transfer(words_), exposed, priced(self.machine, words_, float) + later
                keep = spared(None, cycles, energy, *cost) & self.useful(o, order, CHEAPEST[:1])
                orders = np.full(int(keep.sum()), which)
                yield Refills(kinds[keep], orders, back[keep], *(x[keep] for x in cost))

    def _smallest(self, kinds: np.ndarray, T: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the fewest lines and words of buffer tiles of some kinds that hold array tiles."""
        B = np.column_stack([axis.room[kinds[:, d]] for d, axis in enumerate(self.axes)])
        B = np.maximum(np.maximum(B, T), 1)
        line = []
        for a, (loop, taps) in enumerate(((X, R), (Y, S))):
            axis, kind = self.axes[loop], kinds[:, loop]
            held = lines(B[:, loop], B[:, taps], self.nest.stride[a], self.nest.dilation[a])
            line += [held, axis.least(axis.fetched)[kind], axis.least(axis.kept)[kind]]
        return line, self.footprint(B, line[0], line[3])

    def _fewest(self, T: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        """Return the fewest passes of array tiles over buffer tiles of some kinds."""
        n = np.empty_like(kinds)
        for d, axis in enumerate(self.axes):
            if len(axis.kinds) == 1:  # the whole loop at once
                n[:, d] = -(-axis.size // T[:, d])
                continue
            fewest = np.zeros((T[:, d].max(initial=0) + 1, len(axis.kinds)), dtype=np.int64)
            for size in np.flatnonzero(np.bincount(T[:, d])):
                fewest[size] = axis.fewest(int(size))
            n[:, d] = fewest[T[:, d], kinds[:, d]]
        return n

    def _pairs(
        self, claim: Claim, laid: Laid, a: np.ndarray, kinds: np.ndarray, order: str
    ) -> tuple[Laid, np.ndarray, str, Cost]:
        """Bound pairs of array tiles and refill counts; return those that stay open."""
        n = self._fewest(laid.T[a], kinds)
        o = np.column_stack([axis.kinds[kinds[:, d]] for d, axis in enumerate(self.axes)])
        line, words = self._smallest(kinds, laid.T[a])
        # Several VNs of one multiplier may not fold: then the buffer tile has one product per output.
        single = (laid.vn[a] + laid.aux[a] == 1) & (laid.V[a] > 1) & (not self.machine.real)
        good = (n < FAR).all(axis=1) & self.fits(words) & self.useful(o, order)
        good &= ~single | (o[:, REDUCED] == self.size[REDUCED]).all(axis=1)
        a, kinds, n, o, line = a[good], kinds[good], n[good], o[good], [column[good] for column in line]
        # Only where no buffer tile can overlap its iterations is the array sure to drain.
        found = self.bound(entries(laid, a), n, o, line, words[:, good], order, False)
        left = claim.spares(*found, laid.T[a])
        return entries(laid, a[left]), kinds[left], order, entries(found, left)

    def expanded(self, claim: Claim, laid: Laid, kinds: np.ndarray, order: str) -> Iterator[Any]:
        """Yield the buffer tiles of pairs that stay open."""
        B = np.column_stack([axis.room[kinds[:, d]] for d, axis in enumerate(self.axes)])
        n = self._fewest(laid.T, kinds)
        yield from self._chosen(claim, (laid, kinds, np.maximum(B, laid.T), n), order, STAGES)

    def _chosen(self, claim: Claim, ranges: Any, order: str, stages: list[list[int]]) -> Iterator[Any]:
        """Yield the same of ranges of buffer tiles: array tiles, kinds, and the least B and n of each loop.

        Those along the loops of `stages` are still to be chosen.
        """
        laid, kinds, B, n = ranges
        span = [axis.span(kinds[:, d], laid.T[:, d]) for d, axis in enumerate(self.axes)]
        every = [d for stage in stages for d in stage]
        if np.prod([span[d][1] for d in every], axis=0, dtype=np.float64).sum() <= PAIRS:
            stages = [every]
        count = np.prod([span[d][1] for d in stages[0]], axis=0)
        ends = np.cumsum(count)
        for begin in range(0, int(ends[-1]), PAIRS):
            place = np.arange(begin, min(begin + PAIRS, int(ends[-1])))
            at = np.searchsorted(ends, place, side="right")
            place, some, b, i = place - (ends - count)[at], entries(laid, at), B[at], n[at]
            for d in stages[0]:
                first, many = span[d]
                place, one = np.divmod(place, many[at])
                b[:, d] = self.axes[d].B[first[at] + one]
                i[:, d] = passes(self.size[d], b[:, d], some.T[:, d])
            rows, found = self._spared(claim, some, b, i, order, stages[1:])
            if stages[1:] and len(rows):
                left = entries(laid, at[rows]), kinds[at[rows]], b[rows], i[rows]
                yield from self._chosen(claim, left, order, stages[1:])
            elif len(rows):
                for row, cost in zip(rows, zip(*found, strict=True), strict=True):
                    yield (tuple(some.T[row].tolist()), tuple(b[row].tolist()), order), False, Cost(*cost)

    def _spared(
        self, claim: Claim, laid: Laid, B: np.ndarray, n: np.ndarray, order: str, later: Any
    ) -> tuple[np.ndarray, Cost]:
        """Return which rows stay open, and their bounds; `later`: loops that are not chosen yet."""
        line = self.lines_of(B)
        words = self.footprint(B, line[0], line[3])
        rows = np.flatnonzero(self.fits(words) if later else self.legal(laid.T, B))
        whole = n * laid.T == self.size
        drained = whole[:, X] & whole[:, Y] & (whole[:, K] | (B[:, G] <= laid.T[:, G])) & (B[:, N] == 1)
        idle: Any = 0
        for again in (False, True)[: 1 + (len(later) < 2 and not self.machine.real)]:
            some, b, i = entries(laid, rows), B[rows], n[rows]
            if again and len(rows):
                idle = self.held(some, b, i, drained[rows])
            rest = [column[rows] for column in line], words[:, rows], order, drained[rows] & (len(later) < 2)
            found = self.bound(some, i, -(-self.size // b), *rest, idle)
            left = claim.spares(*found, some.T)
            rows, found = rows[left], entries(found, left)
        return rows, found

    def waits(self, laid: Laid) -> np.ndarray:
        """Return of an array tile who waits for ports that send no less than some, and for how long.

        Shape (3, ports): how many VNs, and the fewest cycles from the last word of a window there to the next
        word that may be sent once the memory has an output of one of them, or of all; 0 where not known.
        """
        key = laid.T[0].tobytes(), int(laid.aux[0]), laid.w.shape[1]
        if key not in self.waiting:
            run = Run(self.nest, self.machine, laid.T[0], "continued" if laid.aux[0] else "whole")
            last = np.minimum(run.a_turn - run.a[run.port], run.b_turn - run.b[run.port]) - run.q[run.port]
            found = []
            for w, a, b, q in zip(laid.w[0], laid.a[0], laid.b[0], laid.q[0], strict=True):
                port = (run.w >= w) & (run.a >= a) & (run.b >= b) & (run.q >= q) & (b > 0)
                sent = np.where(port[run.port] & (run.b_turn > 0), last + run.delay + 1, -FAR)
                vns = np.maximum.reduceat(sent, run.heads)
                some = vns > -FAR
                found.append((int(some.sum()), 0, 0))
                if some.any():
                    out = Outputs(self.machine.rn_bw)
                    out.add(vns[None, some] - 1, run.line[some])
                    found[-1] = len(out.line), int(vns[some].min()), out.taken(len(out.line))
            self.waiting[key] = np.array(found).T
        return self.waiting[key]

    def held(self, laid: Laid, B: np.ndarray, n: np.ndarray, drained: np.ndarray) -> np.ndarray:
        """Return how long ports idle at least between iterations and at the end (T26), shape (tiles, ports).

        What the array takes to be empty is counted as far as it is above the least of any tile (T23).
        Over all buffer tiles; of B sizes along K, G, X and Y count, and along C, R, S how many there are.
        """
        o, T, result = -(-self.size // B), laid.T, np.zeros(laid.w.shape)
        kinds = np.column_stack([T, laid.aux])
        _, first, which = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
        waits = np.stack([self.waits(entries(laid, [at])) for at in first], axis=1)
        behind, leave, empty = waits[:, which.ravel()]
        least = self.machine.latch + laid.shortest + int(self.machine.accumulators) + 2
        fills = np.where(drained, n[:, [N, G, K]].prod(axis=1) * o[:, X] * o[:, Y], o[:, OUTER].prod(axis=1))
        folds, sums = (x[:, REDUCED].prod(axis=1)[:, None] for x in (n, o))
        for edge in product((False, True), repeat=4):
            size, times = B.copy(), o[:, N].copy()
            for d, rest in zip((K, G, X, Y), edge, strict=True):
                count, short = np.divmod(self.size[d], B[:, d])
                size[:, d] = short if rest else B[:, d]
                times *= (short > 0) if rest else count
            f, outputs = -(-size // T), T[:, G] * size[:, X] * size[:, Y]
            windows = f[:, X] * f[:, Y]
            filters = f[:, K] - 1, laid.V * windows - T[:, K] * outputs
            groups = f[:, G] - 1, f[:, K] * laid.V * windows - size[:, K] * outputs
            across = np.maximum(1, f[:, [Y]])
            sent = folds * (laid.b + (laid.a - laid.b) / across) + sums * laid.q  # in a window
            for count, missing in (filters, groups):
                less = sent * missing[:, None] / np.maximum(1, behind)  # from one iteration to the next
                known = (windows[:, None] * behind - 1) // np.maximum(1, missing)[:, None]
                most = np.minimum(np.minimum(count[:, None], known), sums * leave // np.maximum(less, 1e-9))
                most = np.maximum(0, most) * (times > 0)[:, None]
                result += times[:, None] * most * (sums * leave - less * (most + 1) / 2)
        result = np.where(drained[:, None], 0, np.floor(result * (1 - ROUNDING))).astype(np.int64)
        return result + (fills[:, None] * sums) * np.maximum(0, empty - least[:, None])

    def cost(self, mapping: Any) -> Cost | None:
        """Time and price a legal mapping; None if weights overtake inputs in a buffer tile."""
        tile, B, order = np.array(mapping[0]), np.array(mapping[1])[None], mapping[2]
        n, o = passes(self.size, B, tile), -(-self.size // B)
        back = bool(self.back(o)[0])
        cycles = once = 13 * self.machine.real  # it starts up once
        for sizes, sums, count in self._parts(B[0], back):
            run = timed(self.nest._replace(size=sizes), self.machine, tile, sums)
            if run.overtakes:
                return None
            cycles += count * (run.cycles - once)
        line, aux = self.lines_of(B), np.array([int(back)])
        laid = laid_out(self.nest, self.machine, tile[None], aux, False)
        counted = one_of(self.array(laid, n, o, False)[1] | self.dram(o, line, order))
        held = int(self.in_units(self.footprint(B, line[0], line[3]))[0])
        latency = int(self.finished(cycles, counted, held)) + int(setting_up(self.machine, n, o)[0])
        return Cost(latency, priced(self.machine, counted, int) + self.machine.static * latency)

    def _parts(self, B: np.ndarray, back: bool) -> Iterator[tuple[tuple[int, ...], str, int]]:
        """Yield the different buffer tiles, edges included: sizes, what becomes of their sums, how many."""
        choices = []
        for size, b in zip(self.size.tolist(), B.tolist(), strict=True):
            times, rest = divmod(size, b)
            choices.append([(b, times)] + [(rest, 1)] * (rest > 0))
        for chosen in product(*choices):
            sizes, count = tuple(size for size, _ in chosen), prod(times for _, times in chosen)
            # The first tile along C, R and S begins the sums.
            first = all(sizes[d] == B[d] for d in REDUCED)
            begun = prod(chosen[d][1] for d in OUTER) if first and back else 0
            for sums, some in (("begun", begun), ("continued" if back else "whole", count - begun)):
                if some:
                    yield sizes, sums, some


def least_with(column: np.ndarray, have: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Return the least of a column among those that have what is wanted; very much where none has."""
    least = [column[have == which].min(initial=int(1e18)) for which in (False, True)]
    return np.where(want, float(least[1]), float(least[0]))


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


def cheapest(costs: np.ndarray, most: int | None) -> tuple[list[int], list[int]]:
    """Return what 0, 1, 2, ... of a loop cost at least in at most so many pieces, and the pieces.

    `costs`: of a piece of every size; `most`: None for any number of pieces.
    """
    exact, near = [0, *costs[1:].tolist()], costs.astype(np.float64)
    tables, best = [exact], [near]

    def first(j: int, table: int) -> int:
        """Return the smallest of several pieces that make j: floating point tells which may cost least."""
        half = j // 2
        sums = near[1 : half + 1] + best[table][j - 1 : j - half - 1 : -1]
        at = np.flatnonzero(sums <= sums.min() * (1 + 1e-14)) + 1
        return int(min(at.tolist(), key=lambda size: exact[size] + tables[table][j - size]))

    for _ in range(1 if most is None else most - 1):
        tables, best = [*tables, exact.copy()], [*best, near.copy()]
        before = -1 if most is None else -2
        for j in range(2, len(exact)):
            size = first(j, before)
            tables[-1][j] = min(exact[j], exact[size] + tables[before][j - size])
            best[-1][j] = tables[-1][j]
    pieces, left, at = [], len(exact) - 1, len(tables) - 1
    while left:
        before = at if most is None else at - 1
        alone = tables[at][left] == exact[left]
        pieces.append(left if alone else first(left, before))
        left, at = left - pieces[-1], before
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


def lines_of(answer: dict[str, Any], name: str) -> list[tuple[Fraction, ...]]:
    """Return lines of an answer: x, y and what x cycles + y energy is at least."""
    return [(Fraction(x), Fraction(y), Fraction(least)) for x, y, least in answer.get(name, [])]


def demand_product(lines_: list[Any], bound: Fraction) -> None:
    """Believe that lines leave no product of cycles and energy below a bound."""
    allowed = product_of_corners(lines_)
    demand(allowed >= bound, f"the lines allow a product of {float(allowed):g}, less than the bound")


Lines = namedtuple("Lines", "way width T base step each")
"""Tiles of pieces: a piece of s takes i = ceil(s / width) and costs base + step i + each s or more.

`way`: the place of the form.
"""


def weighed(found: Lines, claim: Claim) -> Lines:
    """Return lines of what a claim is about, a sum of cycles and energy, from lines of the two."""
    return Lines(*found[:3], *(claim.about(*column.T) for column in found[3:]))


def least_of(found: Lines, size: Any) -> Any:
    """Return what pieces of a size cost at least, as far as they hold the tile."""
    floor = found.base + found.step * -(-size // found.width) + found.each * size
    return np.where(size >= found.width, floor, np.inf) * (1 - ROUNDING)


def rate_of(found: Lines) -> np.ndarray:
    """Return what tiles take at least for one of the loop, in pieces of any size."""
    return np.asarray((found.step + np.minimum(found.base, 0)) / found.width + found.each)


def beyond(found: Lines, one: float, size: int) -> np.ndarray:
    """Return what a mapping with a tile costs at least: an iteration of it, and `one` for each other."""
    more = np.minimum(found.each - one, (found.each - one) * found.width)
    return np.asarray((found.base + found.step + more + one * size) * (1 - ROUNDING))


class Pieces:
    """All mappings of a layer in pieces along one loop.

    1. Every tile has a line below its cost in a piece of any size. A mapping that uses it costs no less than
       one iteration of it, and for the rest of the loop the least that any tile takes for one trip of it:
       tiles with which that is too much are left out.
    2. The lines of the others bound every size from below, and a sum over sizes bounds a mapping.
    3. While the least sum is too low, tiles that seem to cost less in its sizes are timed where their
       iterations are all alike, which makes their lines exact; else the sizes are settled: each tile is
       bounded for just that size, and timed if that is not enough.
    """

    def __init__(self, case: Case, base: Nest, loop: int) -> None:
        self.case, self.machine, self.size = case, case.machine, base.size[loop]
        demand(prod(base.size) <= MANY_PRODUCTS // 4, "pieces of so large a layer are not checked")
        wanted = dict(case.question["forms"])
        if case.kind in ("fc", "gemm", "matmul"):
            wanted["families"] = [*wanted["families"], "product"]
        elif loop == X:
            wanted["families"] = ["direct", "product"]
        longer = base.with_size(**{DIMS[loop]: self.size + 1})
        others = {form.path: form.nest for form in every_form(Form(longer))}
        forms = {form.path: form.nest for form in forms_of(base, "loops", wanted, case.machine)}
        # Those that have the loops of another in the whole range only, as of a square product, count too.
        same = {form.path: form.nest for form in every_form(Form(base))}
        twins = [form.path for form in forms_of(longer, "loops", wanted, case.machine)]
        self.ways: list[tuple[Nest, int | None]] = []  # the loop is None where only the whole has the form
        for path, nest in (forms | {path: same[path] for path in twins if path in same}).items():
            other = others.get(path, nest)
            differ = [d for d in range(8) if other.size[d] != nest.size[d]]
            alone = len(differ) != 1 or nest.size[differ[0]] != self.size
            if path in forms or not alone:
                self.ways.append((nest, None if alone else differ[0]))
                demand(not alone or nest in case.forms, "a form of the whole layer that the layer has not")
        streams_ = self.machine.real and any(along in (X, Y) for _, along in self.ways)
        long = streams_ and 2 * self.size > COUNTER
        demand(not long, "pieces of so many outputs are not checked on the real hardware")

    def space(self, way: int, size: int) -> Space:
        """Return the mappings of a piece in one of the ways."""
        nest, loop = self.ways[way]
        demand(loop is not None or size == self.size, "a form that only the whole layer has")
        return self.case.space(nest if loop is None else nest.with_size(**{DIMS[loop]: size}))

    def nothing_below(self, claim: Claim, most: int | None) -> int:
        """Believe a claim about sums over at most so many pieces; return how many pieces were timed."""
        self._begin(claim)
        settled: dict[int, int] = {}
        count = 0
        while True:
            floors = np.ceil(np.clip(self._floors(), 0, claim.least)).tolist()
            costs = np.array([int(floor) for floor in floors], dtype=object)
            for size, value in settled.items():
                costs[size] = value
            rest, _ = cheapest(costs, most if most is None else most - 1)
            enough = claim.least - np.array(rest[::-1], dtype=object)
            low = np.flatnonzero(costs < enough)[::-1].tolist()
            if not low:
                return count
            doubtful = [size for size in low if size not in settled]
            if not doubtful:
                sums, pieces = cheapest(costs, most)
                raise Disbelief(f"pieces of {sorted(pieces)} cost {sums[-1]} in all, less than {claim.least}")
            if self._raised(claim, doubtful, enough.astype(np.float64)):
                continue
            now: set[int] = set()
            for size in doubtful:  # the larger first: what makes up the rest may do without
                if self.size - size not in now:
                    now.add(size)
                    settled[size], some = self._settle(claim, size, enough[size])
                    count += some

    def _begin(self, claim: Claim) -> None:
        """Bound pieces of every size from below."""
        self.found = self._lines(claim)
        self.exact, self.some = np.zeros(len(self.found.way), dtype=bool), 4
        self._bound_sizes()

    def _bound_sizes(self) -> None:
        found, sizes = self.found, np.arange(1, self.size + 1)
        self.least = np.full(self.size + 1, np.inf)
        for at in range(0, len(found.way), 256):
            some = Lines(*(column[at : at + 256, None] for column in found))  # a row each
            self.least[1:] = np.minimum(self.least[1:], least_of(some, sizes).min(axis=0))

    def _floors(self) -> np.ndarray:
        """Return what pieces of every size cost at least; one piece may count as checked by itself."""
        return self.least

    def _raised(self, claim: Claim, sizes: list[int], enough: np.ndarray) -> bool:
        """Raise the bounds of pieces of about some sizes, if there are closer ones; return whether.

        `enough`: what pieces of every size need not exceed.

        Tiles whose iterations are all alike are timed: what they take in pieces of every size is on a line.
        The lowest come first, each time twice as many, as the others may not be low any more after them.
        """
        raised = False
        below = np.min([least_of(self.found, size) - enough[size] for size in sizes], axis=0)
        low = np.flatnonzero(~self.exact & (below < 0))
        self.some *= 2
        for at in low[np.argsort(below[low], kind="stable")[: self.some]]:
            self.exact[at] = True
            nest, loop = self.ways[self.found.way[at]]
            laid = lay(nest, self.machine, self.found.T[[at]].astype(np.int64))
            if loop in (K, G) and self._alike(nest, loop, laid.T)[0] and not laid.aux[0]:
                line = (claim.about(*column.T) for column in self._line(nest, loop, laid, exact=True))
                self.found.base[at], self.found.step[at], self.found.each[at] = (float(x[0]) for x in line)
                raised = True
        if raised:
            self._bound_sizes()
        return raised

    @cached_property
    def _every(self) -> Lines:
        """All tiles, with lines of cycles and energy, shape (tiles, 2): at first by their sizes (T24)."""
        nothing = [np.zeros(0, dtype=np.int64)] * 2 + [np.zeros((0, 8), dtype=np.int32)]
        found = [Lines(*nothing, *np.zeros((3, 0, 2)))]
        for way, (nest, loop) in enumerate(self.ways):
            if loop is None:
                continue
            T = self.case.space(nest).tiles
            for begin in range(0, len(T), MANY_TILES):
                some = T[begin : begin + MANY_TILES]
                laid = lay(nest, self.machine, some.astype(np.int64), rough=True)
                columns = np.full(len(some), way), some[:, loop], some
                found.append(Lines(*columns, *self._line(nest, loop, laid)))
        return joined(found)

    @cached_property
    def _placed(self) -> np.ndarray:
        """Which of all tiles have been laid out, so that their lines are closer."""
        return np.zeros(len(self._every.way), dtype=bool)

    def _lay(self, which: np.ndarray) -> None:
        """Lay out some of all tiles."""
        every = self._every
        for way, (nest, loop) in enumerate(self.ways):
            mine = which[every.way[which] == way]
            for begin in range(0, len(mine), MANY_TILES):
                some = mine[begin : begin + MANY_TILES]
                laid = lay(nest, self.machine, every.T[some].astype(np.int64))
                every.base[some], every.step[some], every.each[some] = self._line(nest, loop, laid)
        self._placed[which] = True

    def _lines(self, claim: Claim) -> Lines:
        """Return the tiles without which mappings that refute a claim cannot do.

        What any tile takes for one of the loop is first what those take that seem to take the least without
        being laid out: these are laid out until no other seems to take less.
        """
        while True:
            found = weighed(self._every, claim)
            takes = rate_of(found)
            one = takes[self._placed].min(initial=np.inf)
            less = np.flatnonzero(~self._placed & (takes < one))
            if not len(less):
                break
            self._lay(less[np.argsort(takes[less])[: MANY_TILES // 4]])
        near = beyond(found, one, self.size) < claim.least
        self._lay(np.flatnonzero(near & ~self._placed))
        found = weighed(entries(self._every, near), claim)
        return entries(found, beyond(found, one, self.size) < claim.least)

    def _drains(self, nest: Nest, loop: int, T: np.ndarray) -> np.ndarray:
        """Return which tiles drain in pieces of every size (T8)."""
        nests = (nest.with_size(**{DIMS[loop]: s}) for s in (self.size, self.size + 1))
        whole, more = (trips(piece, self.machine, T).drained for piece in nests)
        # No tile above 1 divides two numbers in a row: what drains with both always does.
        return np.asarray(whole & (more | (T[:, loop] == 1)))

    def _alike(self, nest: Nest, loop: int, T: np.ndarray) -> np.ndarray:
        """Return of which tiles all iterations take as long: they drain, or the hardware is real (S14)."""
        return self._drains(nest, loop, T) | self.machine.real

    def _line(
        self, nest: Nest, loop: int | None, laid: Laid, *, exact: bool = False
    ) -> tuple[np.ndarray, ...]:
        """Return base, step and each of tiles: through costs of the whole loop and of twice as much.

        Events are linear in i and s, and bounds on cycles convex in i, so no smaller piece lies below. Where
        iterations are alike exact cycles are linear in i.
        """
        assert loop is not None
        size, width = self.size, laid.T[:, [loop]]
        nests = [nest.with_size(**{DIMS[loop]: s}) for s in (size, size + 1, size + 2, 2 * size)]
        if exact:
            timed_ = [[cost_of(piece, self.machine, T) for T in laid.T] for piece in nests]
            costs: Any = (np.array(found, dtype=np.float64) for found in timed_)
        else:
            always = self._drains(nest, loop, laid.T)
            bounds = (bounds_of(piece, self.machine, laid, always) for piece in nests)
            costs = (np.stack(bound, axis=1) for bound in bounds)
        whole, more, most, twice = costs
        each = np.where(width == 1, 0, np.where(size % width != 0, more - whole, most - more))
        first, second = -(-size // width), -(-2 * size // width)
        step = (twice - whole - each * size) / (second - first)
        return whole - step * first - each * size, step, each

    def _settle(self, claim: Claim, size: int, best: int) -> tuple[int, int]:
        """Return what a piece of a size costs if it is less than enough, and how many were timed."""
        count, near = 0, entries(self.found, least_of(self.found, size) < best)
        for way in np.unique(near.way):
            space, T = self.space(int(way), size), near.T[near.way == way]
            bounds = bounds_of(space.nest, self.machine, lay(space.nest, self.machine, T))
            values = claim.about(*bounds) * (1 - ROUNDING)
            for at in np.argsort(values, kind="stable"):
                if values[at] >= best:
                    break
                found = space.cost(tuple(T[at].tolist()))
                count += 1
                best = best if found is None else min(best, claim.value(*found))
        return best, count


class LevelPieces(Pieces):
    """The same behind a prefetch buffer, where bounds are of pairs of array tiles and refill counts.

    What a pair takes grows with the passes and the filters (or what else is cut) of a piece, from what it
    takes without any. So a larger piece takes no less, and a smaller one its share at least, of its passes or
    filters, beside the words that pieces of all sizes move; as far as the loop that is cut is never refilled,
    which costs least. All pairs are bounded for the whole loop, then for narrower ranges of sizes: what the
    smallest size of a range takes the others do. Tiles of all widths that are in doubt are bounded at once,
    each width up to the least of it that is found. Single sizes need only the pairs that the smallest size of
    their range leaves open (`_pairs_near`).
    """

    def _begin(self, claim: Claim) -> None:
        whole = all(nest in self.case.forms for nest, _ in self.ways)
        self.whole = claim.least if whole else 0
        self.known: dict[tuple[int, int], Any] = {}  # by way and size: whose least is known
        self.near: dict[int, Any] = {}  # by way: see `_pairs_near`
        self.single: set[int] = set()  # sizes that are bounded one by one
        widest = min(self.size, self.machine.ms)
        self.least = np.zeros((len(self.ways), widest + 1, self.size + 1))
        self.least[[loop is None for _, loop in self.ways]] = np.inf
        self.least[:, 0] = np.inf
        self.least[:, np.arange(self.size + 1) < np.arange(widest + 1)[:, None]] = np.inf
        width = np.maximum(1, np.arange(widest + 1))
        wasted = -(-self.size // width) * width / self.size
        # What moves once in a piece of any size.
        self.fixed = []
        for way, (_, loop) in enumerate(self.ways):
            one, two = (self._levels(way, size)[1].once()[2] if loop is not None else 0 for size in (1, 2))
            self.fixed.append(claim.about(0, 2 * one - two) * (1 - ROUNDING))
        for way in range(len(self.ways)):
            self._bound(claim, way, self.size, AHEAD * claim.least * wasted)

    def _bound(self, claim: Claim, way: int, size: int, most: np.ndarray) -> None:
        """Bound pieces by what those of a size take, with tiles of every width, up to a value for each."""
        loop, fixed = self.ways[way][1], self.fixed[way]
        if loop is None:
            return
        # Some figures are rounded up to whole cycles, at most two.
        more = float(claim.about(2, 2 * float(self.machine.static)))
        most = most * (1 + 4 * ROUNDING) + 2 * more * (most > 0)
        sought = Sought(claim.value, most.copy(), "", loop)
        for pairs, _, _, cost in self._levels(way, size)[1].pairs(sought):
            np.minimum.at(sought.least, pairs.T[:, loop], claim.about(*cost))
        known = self.known.get((way, size), False)
        self.known[way, size] = known | (sought.least < most)
        sizes, width = np.arange(self.size + 1), np.maximum(1, np.arange(len(most)))[:, None]
        share = np.minimum(sizes / size, -(-sizes // width) / -(-size // width))
        found = sought.least[:, None]
        floor = np.where(share < 1, fixed + share * (found - more - fixed), found)
        self.least[way] = np.maximum(self.least[way], np.where(most[:, None] > 0, floor, 0))

    def _floors(self) -> np.ndarray:
        floors = self.least.min(axis=(0, 1)) * (1 - ROUNDING)
        floors[-1] = max(floors[-1], self.whole)
        return floors

    def _raised(self, claim: Claim, sizes: list[int], enough: np.ndarray) -> bool:
        # What the larger of two cost at least tells what the smaller need not exceed.
        larger, smaller = ([n for n in sizes if (2 * n > self.size) == which] for which in (True, False))
        return (
            self._raised_about(claim, BITS, sizes, enough)
            or self._raised_alone(claim, larger, enough)
            or self._raised_about(claim, NEAR, smaller, enough)
            or self._raised_alone(claim, [size for size in smaller if size >> NEAR], enough)
        )

    def _raised_alone(self, claim: Claim, sizes: list[int], enough: np.ndarray) -> bool:
        """Bound pieces of sizes one by one, up to what is enough; return whether that was new."""
        new = [size for size in sizes if size not in self.single]
        for size in new:
            self.single.add(size)
            for way in self._open(size, enough[size]):
                least, free = enough[size], self._levels(way, size)[1]
                for *_, found in self._still(free, claim, way, size, least):
                    least = claim.about(*found).min(initial=least)
                self.least[way, :, size] = np.maximum(self.least[way, :, size], least)
        return bool(new)

    def _open(self, size: int, best: float) -> list[int]:
        """Return the ways in which a piece may cost less."""
        low = np.atleast_1d((self.least[:, :, size] * (1 - ROUNDING) < best).any(axis=1))
        return [way for way, (_, loop) in enumerate(self.ways) if loop is not None and low[way]]

    def _still(self, free: Levels, claim: Claim, way: int, size: int, best: float) -> Iterator[Any]:
        """Yield pairs, kinds, orders and bounds of a piece whose bounds are not enough."""
        for order, laid, kinds in self._pairs_near(claim, way, size, best):
            yield free._pairs(Claim(claim.value, best, ""), laid, np.arange(len(kinds)), kinds, order)

    def _raised_about(self, claim: Claim, bits: int, sizes: list[int], enough: np.ndarray) -> bool:
        """Bound pieces by the smallest of those with the same leading bits; return whether that was new.

        That is done with tiles of the widths whose bounds are not enough.
        """
        shifts = [max(0, size.bit_length() - bits) for size in sizes]
        ranges = {(size >> shift << shift, 1 << shift) for size, shift in zip(sizes, shifts, strict=True)}
        raised = False
        for way, (size, many) in product(range(len(self.ways)), sorted(ranges)):
            some = np.intersect1d(np.arange(size, size + many), sizes)
            least = self.least[way][:, some]
            low = (least * (1 - ROUNDING) < enough[some]) & (np.arange(len(least)) <= size)[:, None]
            low &= np.logical_not(np.reshape(self.known.get((way, size), False), (-1, 1)))
            most = np.where(low, np.minimum(enough[some], AHEAD * least), 0).max(axis=1)
            if most.any():
                self._bound(claim, way, size, most)
                raised = True
        return raised

    def _levels(self, way: int, size: int) -> tuple[Levels, Levels]:
        """Return the mappings of a piece, and those of which the loop that is cut is never refilled."""
        nest, loop = self.ways[way]
        assert loop is not None
        piece = nest.with_size(**{DIMS[loop]: size})
        limits = self.case.question["limits"]
        return Levels(piece, self.machine, limits), Levels(piece, self.machine, limits, loop)

    def _pairs_near(self, claim: Claim, way: int, size: int, best: Any) -> Any:
        """Return orders, and pairs that may cost less in a piece: those that do in the smallest of its range.

        Kept for the next size, which needs no others if it is of the range, and need cost no more.
        """
        loop: Any = self.ways[way][1]
        shift = max(0, size.bit_length() - NEAR)
        asked = size >> shift << shift
        more = best + best // MARGIN  # the next sizes may cost a little more
        near = (self.least[way][:, asked : asked + (1 << shift)] * (1 - ROUNDING) < more).any(axis=1)
        asked = size if near[asked + 1 :].any() else asked  # no smaller piece has so wide a tile
        first, most, found = self.near.get(way, (0, 0, ()))
        if first != asked or most < best:
            sought = Sought(claim.value, np.where(near, float(more), 0), "", loop)
            by_order: dict[str, list[Any]] = {}
            for laid, kinds, order, _ in self._levels(way, asked)[1].pairs(sought) if near.any() else ():
                if len(kinds):
                    by_order.setdefault(order, []).append((laid, kinds))
            columns = [(order, *zip(*some, strict=True)) for order, some in by_order.items()]
            found = [(order, joined(laid), np.concatenate(kinds)) for order, laid, kinds in columns]
            self.near[way] = asked, more, found
        return found

    def _settle(self, claim: Claim, size: int, best: int) -> tuple[int, int]:
        count, still = 0, Claim(claim.value, best, "")
        left: list[Any] = []
        for way in self._open(size, best):
            loop: Any = self.ways[way][1]
            space, free = self._levels(way, size)
            more = len(space.axes[loop].kinds)
            for laid, kinds, order, _ in self._still(free, claim, way, size, best):
                for begin in range(0, len(kinds), max(1, PAIRS // more)):
                    some = np.arange(begin, min(begin + max(1, PAIRS // more), len(kinds))).repeat(more)
                    refills = kinds[some]
                    refills[:, loop] = np.arange(len(some)) % more
                    pairs, refills, _, found = space._pairs(still, laid, some, refills, order)
                    left.append((space, pairs, refills, order, claim.about(*found)))
        values = np.concatenate([np.zeros(0), *[part[-1] for part in left]])
        ends = np.cumsum([len(part[-1]) for part in left])
        for at in np.argsort(values, kind="stable"):  # the most promising first
            if values[at] >= best:
                break
            part = int(np.searchsorted(ends, at, side="right"))
            space, pairs, refills, order, mine = left[part]
            place = int(at - ends[part]) + len(mine)
            now = Claim(claim.value, best, "")
            mappings = space.expanded(now, entries(pairs, [place]), refills[[place]], order)
            for value, mapping in sorted((float(claim.about(*cost)), one) for one, _, cost in mappings):
                if value < best:
                    real = space.cost(mapping)
                    count += 1
                    best = best if real is None else min(best, claim.value(*real))
        return best, count


# ----------------------------------------------------------------------------------------------------------
# A layer: the verdict
# ----------------------------------------------------------------------------------------------------------

VALUES: dict[str, Callable[[Any, Any], Any]] = {
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


def figure(value: Fraction) -> str:
    """Write a number exactly, as people do."""
    whole = value.denominator == 1
    return f"{value.numerator:,}" if whole else f"{Decimal(value.numerator) / value.denominator:,}"


def most_of(pieces: Any) -> int | None:
    """Return in how many pieces a layer may run at most; None: in any number."""
    demand(pieces == "all" or (type(pieces) is int and pieces > 0), "no number of pieces")
    return None if pieces == "all" else pieces


def in_pieces(most: int | None) -> str:
    """Say in how many pieces a layer may run; None: in any number."""
    return "in one piece" if most == 1 else f"in {most or 'any number of'} pieces"


class Case:
    """What follows from a question: forms, and the space of mappings of each."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.question, self.objective = question, question["objective"]
        self.most = most_of(question["pieces"])
        demand(self.objective in (*VALUES, "pareto"), f"an unknown objective: {self.objective!r}")
        self.machine = machine_of(question["hardware"], question["energy_table"])
        limits = question["limits"]
        sizes = [pair for key in ("lower", "upper") for pair in limits[key].items()]
        demand(all(d in DIMS and type(v) is int and v > 0 for d, v in sizes), "limits on no loop")
        self.direct, self.kind = loops_of_layer(question["layer"]), question["layer"]["kind"]
        demand(prod(self.direct.size) <= MANY_PRODUCTS, "a layer too large to be counted in 64 bits")
        self.ways = forms_of(self.direct, self.kind, question["forms"], self.machine)
        self.forms = [way.nest for way in self.ways]
        self.names = [str(nest) for nest in self.forms]
        self.scale = 1 if self.objective == "latency" else self.machine.unit

        memory = self.machine.memory

        @cache
        def space(nest: Nest) -> Any:
            return (Levels if memory else Space)(nest, self.machine, limits)

        @cache
        def pieces(base: Nest, loop: int) -> Pieces:
            return (LevelPieces if memory else Pieces)(self, base, loop)

        self.space: Callable[[Nest], Any] = space
        self.pieces: Callable[[Nest, int], Pieces] = pieces  # along a loop

    def agree(self, papers: list[dict[str, Any]]) -> str:
        """Believe that a certificate speaks of these forms and all their mappings; return both in words."""
        many = f"the layer has {len(self.forms)} forms that the question allows, not {len(papers)}"
        demand(len(self.forms) == len(papers), many)
        counts = [self.space(nest).count for nest in self.forms]
        for number, form in enumerate(papers):
            name = self.names[number] = f"the form {form['name']!r}"
            how = {key: tuple(form[key]) for key in ("stride", "dilation")}
            said, nest = nest_of(form["loops"], adds=form["operation"] == "mac", **how), self.forms[number]
            demand(said == nest, f"form {number} has the loops {nest}, not {said}")
            many = f"{name} has {counts[number]:,} mappings, not {form['mappings']:,}"
            demand(counts[number] == form["mappings"], many)
        some = sum(count > 0 for count in counts)  # a form without mappings is not counted
        return f"{sum(counts):,} in {some} form{'s' * (some != 1)}"

    def confirm(self, space: Any, name: str, row: dict[str, Any]) -> tuple[Any, Cost | None]:
        """Believe a row of a certificate: its mapping is of the space, and costs what it says."""
        mapping = space.mapping(row)
        demand(mapping, f"{row} of {name} is no legal mapping within {self.question['limits']}")
        found, said = space.cost(mapping), None
        if not row.get("overtakes"):
            said = Cost(row["cycles"], Fraction(row["energy"]) * self.machine.unit)
        text = f"{spelled(mapping)} of {name}"
        demand(found == said, f"{text} {self.told(found)}; the certificate: {self.told(said)}")
        return mapping, found

    def told(self, cost: Cost | None) -> str:
        """Write a cost."""
        if cost is None:
            return "computes wrong outputs (weights overtake inputs)"
        energy = float(Fraction(cost.energy) / self.machine.unit)
        return f"takes {cost.cycles:,} cycles and {energy:.12g} of energy"

    def answered(self, answer: dict[str, Any]) -> Cost:
        """Believe the mapping of an answer, or all its pieces; return its cost."""
        if "pieces" in answer:
            pieces, rows = self.pieces(*cuts_of(self)[answer["cut"]]), answer["pieces"]
            fair = all(type(row["count"]) is int and row["count"] > 0 for row in rows)
            fair = fair and sum(row["count"] for row in rows) == pieces.size
            demand(fair, "the pieces are not the layer")
            few = self.most is None or len(rows) <= self.most
            demand(few, f"{len(rows)} pieces, where {self.most} may be")
            parts = [(pieces.space(r["form"], r["count"]), f"a piece of {r['count']}", r) for r in rows]
        else:
            place = answer["form"]
            parts = [(self.space(self.forms[place]), self.names[place], answer)]
        costs = [self.confirm(*part) for part in parts]
        for mapping, cost in costs:
            demand(cost is not None, f"the answer {spelled(mapping)} computes wrong outputs")
        return Cost(sum(cost.cycles for _, cost in costs if cost), sum(c.energy for _, c in costs if c))

    def value(self, cost: Cost) -> Fraction:
        """Return the objective of a mapping as certificates state it."""
        return Fraction(VALUES[self.objective](*cost), self.scale)

    def claim(self, bound: Fraction) -> Claim:
        """Return that no mapping costs less than a bound."""
        text = f"costs less than {figure(bound)}{UNITS[self.objective]}"
        return Claim(VALUES[self.objective], bound * self.scale, text)

    def outside(self, points: list[Cost], corners: list[Cost]) -> Claim:
        """Return that each mapping has a point (or what is left open, a corner) as good in both figures."""
        falling(points)
        stairs = sorted([*points, *corners])
        cycles = np.array([float(stair.cycles) for stair in stairs])
        least = [stairs[0].energy]  # of all that are no slower
        for stair in stairs[1:]:
            least.append(min(least[-1], stair.energy))
        limits = np.array([float("inf"), *least], dtype=object)
        near = limits.astype(np.float64)  # for bounds

        def value(cycles_: Any, energy: Any) -> Any:
            exact = limits if np.ndim(energy) == 0 else near
            return energy - exact[np.searchsorted(cycles, cycles_, side="right")]

        some = f" or {len(corners)} open corners" if corners else ""
        return Claim(value, 0, f"is better than the front of {len(points)} points{some} anywhere")

    def below(self, points: list[Cost]) -> str:
        """Believe that nothing lies below the lines between points; return it in words."""
        falling(points)
        exact = [(Fraction(cost.cycles), Fraction(cost.energy, self.machine.unit)) for cost in points]
        weights = [(Fraction(1), Fraction(0)), (Fraction(0), Fraction(1))]
        weights += [(e - f, d - c) for (c, e), (d, f) in pairwise(exact)]
        count = sum(self._no_sum_below(x, y, min(x * c + y * e for c, e in exact)) for x, y in weights)
        sums = [[x * c + y * e for c, e in exact] for x, y in weights[2:]]
        hull = all(min(some) == some[at] for at, some in enumerate(sums))
        demand(hull, "the points are not the corners of a hull")
        return f"{in_pieces(self.most)} lies below the hull of {len(points)} points ({count:,} timed)"

    def nothing_beyond(self, rows: list[dict[str, Any]] | None, *, hull: bool) -> Points:
        """Believe that no mapping lies outside of a front, or below its hull; return its points.

        `rows`: mappings, or bare figures; None: there is no mapping.
        """
        if rows is None:
            text = "is a mapping where there should be none"
            self.believe(Claim(lambda cycles, energy: 0 * energy, 1, text))
            return []
        unit = self.machine.unit
        points = [
            self.answered(row) if "tile" in row else Cost(int(row["cycles"]), Fraction(row["energy"]) * unit)
            for row in rows
        ]
        if hull:
            self.below(points)
        else:
            self.believe(self.outside(points, []))
        return [(cost.cycles, Fraction(cost.energy) / unit) for cost in points]

    def believe(self, claim: Claim, papers: list[dict[str, Any]] | None = None) -> int:
        """Believe a claim: time every mapping that bounds do not rule out; return how many these are.

        `papers`: what a certificate says of each form; it has to have timed the same mappings.
        """
        count = 0
        for number, nest in enumerate(self.forms):
            if not (papers or claim.spares(physical(nest, self.machine), 0.0)):
                continue
            space, name = self.space(nest), self.names[number]
            rows = papers[number]["timed"] if papers else None
            listed = [self.confirm(space, name, row)[0] for row in rows or ()]
            demand(len(set(listed)) == len(listed), f"{name}: a mapping timed twice")
            for mapping, surely, bound in space.open(claim):
                text = f"{spelled(mapping)} of {name}"
                known = rows is None or mapping in listed or not surely
                missing = "is not ruled out by its bounds, and the certificate does not time it: it"
                demand(known, f"{text} {missing} {self.told(bound)} or more")
                found = space.cost(mapping)
                count += 1
                refuted = found is not None and claim.broken(found)
                demand(not refuted, f"{text} {self.told(found)}: it {claim.text}")
        return count

    def sums(self, bound: Fraction, answer: dict[str, Any]) -> str:
        """Believe that no mapping in as many pieces as the question allows costs less than a bound.

        A product of cycles and energy is no sum over pieces. But if lines of (x, y, least) are right, each
        of them x cycles + y energy >= least, it is least at a corner of what they leave (quasi-concave).
        Some may speak of two and more pieces only: the product of one piece is bounded by itself.
        """
        several: list[Any] = []
        weighted: list[Any] = [
            (Fraction(self.objective == "latency"), Fraction(self.objective == "energy"), bound)
        ]
        if self.objective == "edp":
            weighted, several = (lines_of(answer, name) for name in ("lines", "lines_of_several"))
        if self.most == 1 and (self.objective != "edp" or not weighted):
            return ""
        if self.objective == "edp" and self.most != 1:
            demand_product(weighted + several, bound)
        count = sum(self._no_sum_below(*line) for line in weighted)
        count += sum(self._no_sum_of_pieces_below(*line) for line in several)
        if self.most == 1:
            return f", {len(weighted)} weighted sums are no lower than stated ({count:,} timed)"
        return f", {in_pieces(self.most)} neither ({count:,} timed)"

    def _no_sum_below(self, x: Fraction, y: Fraction, bound: Fraction) -> int:
        """Believe that x cycles + y energy is at least a bound in any pieces; return how many were timed."""
        # Of other goals than those that the question asks for one piece is checked here.
        if bound <= 0:
            return 0
        alone = self.believe(self._sum(x, y, bound)) if self.objective in ("edp", "pareto") else 0
        return alone + (self._no_sum_of_pieces_below(x, y, bound) if self.most != 1 else 0)

    def _no_sum_of_pieces_below(self, x: Fraction, y: Fraction, bound: Fraction) -> int:
        """Believe the same of two and more pieces; the layer in one is none of them."""
        claim = self._sum(x, y, bound)
        return sum(self.pieces(*cut).nothing_below(claim, self.most) for cut in cuts_of(self))

    def _sum(self, x: Fraction, y: Fraction, bound: Fraction) -> Claim:
        """Return that x cycles + y energy is at least a bound."""
        demand(min(x, y) >= 0 < max(x, y), f"no weights: {x} and {y}")
        x *= self.machine.unit  # energies are in units of 1 / unit
        whole = lcm(x.denominator, y.denominator)
        scale = Fraction(whole, gcd(int(x * whole), int(y * whole)))
        a, b, least = int(x * scale), int(y * scale), ceil(bound * self.machine.unit * scale)

        def goal(cycles: Any, energy: Any) -> Any:
            return a * cycles + b * energy if a and b else cycles if a else energy

        return Claim(goal, least, f"costs less than {least} with the weights {a} and {b}")


class Believed(NamedTuple):
    """What a certificate of a layer shows: 0 and empty where its kind has no such thing.

    `lines`: x, y, and what x cycles + y energy is at least.
    """

    verdict: str
    value: Fraction = Fraction(0)
    bound: Fraction = Fraction(0)
    cycles: int = 0
    energy: Fraction = Fraction(0)
    lines: tuple[tuple[Fraction, ...], ...] = ()


def check_one(paper: dict[str, Any]) -> Believed:
    """Check the certificate of one layer."""
    case, answer = Case(paper["question"]), paper["answer"]
    space = case.agree(paper["forms"])
    rest: list[Any] = []
    if case.objective == "pareto":
        points = [case.answered(row) for row in answer["points"]]
        demand(case.most == 1 or answer["corners"], "of pieces only the corners of a front are checked")
        if answer["corners"]:
            found = case.below(points)
            unchanged(paper, "forms")
            return Believed(f"no mapping of {space} {found}")
        unit = case.machine.unit
        corners = [Cost(Fraction(x), Fraction(y) * unit) for x, y in answer.get("open", [])]
        claim, bound = case.outside(points, corners), Fraction(0)
    else:
        value, bound = (Fraction(answer[key]) for key in ("value", "bound"))
        fair_bound(value, bound, answer["proved"])
        # Where a mapping is too long to be timed only the bound is claimed.
        demand(answer["timed"] or not answer["proved"], "an answer that was not timed is called proved")
        if answer["timed"]:
            cost = case.answered(answer)
            real = case.value(cost)
            demand(real == value, f"the answer's {case.objective} is {real}, not {value}")
            rest = [cost.cycles, Fraction(cost.energy, case.machine.unit)]
        claim, rest = case.claim(bound), [value, bound, *rest]
        if case.objective == "edp" and rest[2:]:
            rest.append(tuple(lines_of(answer, "lines")))
    found = f"{claim.text} ({case.believe(claim, paper['forms']):,} timed)"
    found += case.sums(bound, answer)
    unchanged(paper, "forms")
    return Believed(f"no mapping of {space} {found}", *rest)


def falling(points: list[Cost]) -> None:
    """Believe that points may be a front: each is slower than the one before, and needs less energy."""
    fair = all(one.cycles < other.cycles and one.energy > other.energy for one, other in pairwise(points))
    demand(points and fair, "the points are no front")


def fair_bound(value: Fraction, bound: Fraction, proved: bool) -> None:
    """Believe that an answer's bound is one, and that it is the answer if that is called proved."""
    demand(bound <= value, f"the bound {figure(bound)} exceeds the answer {figure(value)}")
    demand(bound == value or not proved, "an answer above its bound is called proved")


def unchanged(paper: dict[str, Any], rest: str) -> None:
    """Believe that question and answer are those that a certificate was written for."""
    kept = {key: paper[key] for key in ("question", "answer", rest)}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), default=str)
    same = paper["digest"] == hashlib.sha256(text.encode()).hexdigest()
    demand(same, "question and answer are not those that the certificate was written for (digest)")


# ----------------------------------------------------------------------------------------------------------
# Designs: which accelerators there are, and sums over the layers of a network
# ----------------------------------------------------------------------------------------------------------

Points = list[tuple[int, Fraction]]
"""Cycles and energy of mappings, or what these do not fall below; of the fastest first."""


def undominated(points: Iterable[tuple[int, Fraction]]) -> Points:
    """Return the points that no other is as good as in both figures."""
    kept: Points = []
    for cycles, energy in sorted(points):
        if not kept or energy < kept[-1][1]:
            kept.append((cycles, energy))
    return kept


def costs_of_layer(ways: Any, fronts: list[Points]) -> Points:
    """Return what a layer of a network costs, taken apart in any of its ways; empty if it cannot run."""
    every: Points = []
    for way in ways:
        sums: Points = [(0, Fraction(0))]
        for place, n in way:
            sums = undominated((c + n * d, e + n * f) for c, e in sums for d, f in fronts[place])
        every += sums
    return undominated(every)


def edges_of(points: Points) -> list[tuple[int, Fraction]]:
    """Return the edges of the lower convex hull of points, as steps from the fastest on."""
    corners: Points = []
    for c, e in points:
        while len(corners) > 1:
            (a, b), (t, u) = corners[-2:]
            if (b - u) * (c - t) > (u - e) * (t - a):
                break
            corners.pop()
        corners.append((c, e))
    return [(t - a, u - b) for (a, b), (t, u) in pairwise(corners)]


def hull_of_sums(layers: list[Points]) -> np.ndarray:
    """Return the corners of the lower hull of all sums of a point of each layer, shape (2, corners)."""
    edges = sorted(
        (edge for points in layers for edge in edges_of(points)), key=lambda edge: edge[1] / edge[0]
    )
    first = tuple(sum(points[0][i] for points in layers) for i in (0, 1))
    return np.cumsum(np.array([first, *edges], dtype=np.float64), axis=0).T


def least_sums(at: np.ndarray, rest: np.ndarray, value: Any, power: Fraction | None) -> np.ndarray:
    """Return what sums (columns of `at`) cost at least with the rest, if all keeps a power; else infinite.

    Cycles, energy and their product are least at a corner of the hull, or where it meets the limit.
    """
    t, e = at[0][:, None] + rest[0], at[1][:, None] + rest[1]
    # What exceeds the power falls from corner to corner.
    over = -t - e if power is None else e - float(power) * (1 + ROUNDING) * t
    meets = (over[:, :-1] > 0) & (over[:, 1:] <= 0)
    share = np.where(meets, over[:, :-1], 0) / np.where(meets, over[:, :-1] - over[:, 1:], 1)
    u, f = (x[:, :-1] + share * (x[:, 1:] - x[:, :-1]) for x in (t, e))
    ends = np.where(over <= 0, value(t, e), np.inf), np.where(meets, value(u, f), np.inf)
    return np.asarray(np.concatenate(ends, axis=1).min(axis=1) * (1 - ROUNDING))


def demand_sums(layers: list[Points], value: Any, bound: Fraction, power: Fraction | None) -> None:
    """Believe that sums of a point of each layer cost a bound or more, as far as they keep a power.

    The sums of the first layers are carried on whose hull with the rest is below the bound. One that takes no
    fewer cycles than another and exceeds the power by no less is not needed: both grow with what follows.
    """
    layers = sorted(layers, key=lambda points: points[-1][1] - points[0][1])  # who can save most
    limit, sums = power or Fraction(0), [(0, Fraction(0))]
    for place, points in enumerate(layers):
        rest, left = hull_of_sums(layers[place + 1 :]), []
        for begin in range(0, len(sums), 256):
            some = [(c + d, e + f) for c, e in sums[begin : begin + 256] for d, f in points]
            least = least_sums(np.array(some, dtype=np.float64).T, rest, value, power)
            left += [some[at] for at in np.flatnonzero(least < float(bound))]
        over = undominated((c, e - limit * c) for c, e in left)
        sums = [(c, e + limit * c) for c, e in over]
        demand(len(sums) <= MANY_SUMS, "too many sums of mappings are near the bound")
    for cycles, energy in sums:
        few = f"mappings of {cycles:,} cycles and {float(energy):.12g} of energy in all cost less"
        keeps = power is None or energy <= power * cycles
        demand(value(cycles, energy) >= bound or not keeps, f"{few} than {figure(bound)}")


VARIED = ("num_ms", "dn_bw", "rn_bw", "accumulation_buffer", "buffer", "dram_bandwidth")
"""What the accelerators of a grid differ in; `buffer` is the capacity of the prefetch buffer."""


def combinations_of(grid: dict[str, Any], buffered: bool) -> set[tuple[Any, ...]]:
    """Return the accelerators that the values of a grid make, by what is `VARIED`; None: the same in all.

    Bandwidths are words, shares of the switches ("/4"), or keep the share that they have at the start. None
    exceeds the switches, and behind a prefetch buffer the simulator's array has an accumulation buffer.
    """
    start, values, found = grid["start"], grid["values"], set()
    demand(set(values) <= {*VARIED, "bandwidth"} and all(values.values()), "no such grid")
    demand("bandwidth" not in values or not {"dn_bw", "rn_bw"} & set(values), "a bandwidth given twice")
    for chosen in product(*values.values()):
        given = dict(zip(values, chosen, strict=True))
        both = given.pop("bandwidth", None)
        given |= {"dn_bw": both, "rn_bw": both} if both else {}
        ms = given.setdefault("num_ms", start["num_ms"])
        for name in ("dn_bw", "rn_bw"):
            words_ = given.setdefault(name, max(1, start[name] * ms // start["num_ms"]))
            given[name] = Fraction(ms, int(words_[1:])) if isinstance(words_, str) else words_
        adds = given.setdefault("accumulation_buffer", start["accumulation_buffer"])
        fair = all(1 <= given[name] <= ms and Fraction(given[name]).denominator == 1 for name in VARIED[1:3])
        if fair and (adds or not buffered or start["reduction"] == "rtl"):
            found.add(tuple(given.get(name) for name in VARIED))
    return found


def demand_grid(grid: dict[str, Any], machines: list[dict[str, Any]]) -> None:
    """Believe that accelerators are all that the values of a grid make, alike in everything else."""
    found, rest, tables = [], [], dict[Any, Any]()
    for machine in machines:
        facts = dict(machine["hardware"])
        buffer = dict(facts.get("prefetch_buffer", {}))
        varied = [name for name in VARIED[:4] if name in facts]
        varied += [name for name in VARIED[4:] if name in grid["values"]]
        if "buffer" in varied:
            facts["buffer"] = buffer.pop("capacity")
            del buffer["word_energy"]
        found.append(tuple(facts.pop(name) if name in varied else None for name in VARIED))
        rest.append((facts | {"prefetch_buffer": buffer}, grid["start"]["reduction"]))
        table = tables.setdefault(found[-1][4], machine["energy_table"])
        demand(table == machine["energy_table"], "accelerators with the same buffer have different energies")
    wanted = combinations_of(grid, "prefetch_buffer" in machines[0]["hardware"])
    alike = all(one == rest[0] for one in rest) and rest[0][0]["reduction"] == rest[0][1]
    demand(alike, "the accelerators differ in more than the values of the grid")
    text = f"the {len(found)} accelerators are not the {len(wanted)} that the values of the grid make"
    demand(len(found) == len(wanted) and set(found) == wanted, text)


def area_of(hardware: dict[str, Any], table: dict[str, str]) -> Fraction:
    """Return the area of an accelerator: its parts, and what a port takes more than the simulator says.

    The reference simulator's parts: switches and wires of the distribution trees, adders with the wires below
    them, forwarding links and accumulators, links between multipliers, the collection bus, the buffer. There
    a port only saves a switch and a wire. Behind a prefetch buffer it takes a bank, at least what it saves;
    else ports beyond one for four switches take what they save, and those below that give it back.
    """
    ms, dn_bw, rn_bw = (hardware[key] for key in ("num_ms", "dn_bw", "rn_bw"))
    area = {name: Fraction(text) for name, text in table.items() if name.endswith("_area")}
    sums, saved = (ms - 1) * hardware["accumulation_buffer"], area["dn_switch_area"] + area["dn_wire_area"]
    tree = 2 * ms - 2 + ms // 2 - (ms.bit_length() - 1) + sums
    parts = {"multiplier": ms, "adder": ms - 1, "accumulator": sums, "dn_switch": ms - dn_bw, "buffer": 1}
    parts |= {"dn_wire": 2 * ms - dn_bw, "rn_wire": tree, "mn_wire": ms - 1, "bus_wire": ms + 2 * rn_bw}
    port, ports = saved, dn_bw - ms // 4
    if "prefetch_buffer" in hardware:
        port, ports = max(saved, area["port_area"]), dn_bw
    return sum((area[f"{name}_area"] * count for name, count in parts.items()), port * ports)


def accelerators_of(asked: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Return the accelerators of a design that keep its area, and which they are in words."""
    every, limit, which = asked["accelerators"], asked["max_area"], "accelerators that are listed"
    if asked["grid"] is not None:
        demand_grid(asked["grid"], every)
        which = "accelerators of the grid"
    if limit is None:
        return every, f"{len(every)} {which}"
    small = [one for one in every if area_of(one["hardware"], one["energy_table"]) <= Fraction(limit)]
    return small, f"{len(small)} of {len(every)} {which}, those within an area of {limit}"


def check_design(paper: dict[str, Any], say: Any) -> str:
    """Check that a network costs no less on any accelerator of a grid than on the one that was chosen."""
    asked, answer = paper["question"], paper["answer"]
    machines, which = accelerators_of(asked)
    value, bound = (Fraction(answer[key]) for key in ("value", "bound"))
    fair_bound(value, bound, answer["proved"])
    objective, network, limit = VALUES[asked["objective"]], asked["network"], asked["max_power"]
    power = None if limit is None else Fraction(limit)
    demand(power is None or (asked["pieces"] == 1 and power > 0), "a limit on the power of pieces, or none")
    fair = all(type(n) is int and n > 0 for ways in network for way in ways for _, n in way)
    demand(fair, "a part of a layer that does not run")
    same = len(paper["least"]) == len(machines) and len(asked["searched"]) == len(asked["layers"])
    same = same and all(len(rows) == len(asked["layers"]) for rows in paper["least"])
    demand(same, "the accelerators and layers are not those of the bounds")

    def case_of(layer: int, place: int) -> Case:
        rest = {key: asked[key] for key in ("limits", "forms")} | {"objective": "pareto"}
        rest |= {"layer": asked["layers"][layer], "pieces": asked["searched"][layer]}
        return Case({**machines[place], **rest})

    cycles, energy = 0, Fraction(0)
    for ways, parts in zip(network, answer["mappings"], strict=True):
        demand([part[:2] for part in parts] in ways, "a layer is not taken apart as the network allows")
        for layer, repeats, row in parts:
            case = case_of(layer, answer["accelerator"])
            cost = case.answered(row)
            cycles += repeats * cost.cycles
            energy += repeats * Fraction(cost.energy, case.machine.unit)
    found = objective(cycles, energy)
    text = f"the network costs {figure(found)} on the chosen accelerator, not {figure(value)}"
    demand(found == value, text)
    demand(power is None or energy <= power * cycles, "the answer exceeds the power")
    for place, stated in enumerate(paper["least"]):
        name, fronts = f"accelerator {place}", []
        for layer, rows in enumerate(stated):
            try:
                fronts.append(case_of(layer, place).nothing_beyond(rows, hull=asked["pieces"] != 1))
            except Disbelief as reason:
                raise Disbelief(f"layer {layer} on {name}: {reason}") from None
        costs = [costs_of_layer(ways, fronts) for ways in network]
        # Only mappings, not bounds on them, exceed a power.
        real = all("tile" in row for rows in stated for row in rows or ())
        if all(costs):
            try:
                demand_sums(costs, objective, bound, power if real else None)
            except Disbelief as reason:
                raise Disbelief(f"{name}: {reason}") from None
        say(f"{name}: " + ("costs no less" if all(costs) else "a layer has no mapping"))
    unchanged(paper, "least")
    most, few = most_of(asked["pieces"]), [i for i, n in enumerate(asked["searched"]) if n != asked["pieces"]]
    demand(all(asked["searched"][i] == 1 for i in few), "a layer in other pieces than those asked for")
    how = f", layers {in_pieces(most)}"
    how += f" (but {len(few)} of {len(asked['layers'])} in one piece only)" if few else ""
    if limit is not None:
        how += f", by mappings that none beats in cycles and energy, within a power of {limit}"
    what = f"no less than {figure(bound)}{UNITS[asked['objective']]}"
    return f"the network costs {what} on any of the {which}{how}"


# ----------------------------------------------------------------------------------------------------------
# Files: several layers, and the command
# ----------------------------------------------------------------------------------------------------------


def check_manifest(paper: dict[str, Any], say: Any) -> str:
    """Check the certificates of several layers, and their total."""
    found: list[tuple[int, Believed]] = []
    asked = [one["question"] for one in paper["certificates"]]
    for number, one in enumerate(paper["certificates"]):
        name = asked[number]["layer"].get("name") or f"layer {number + 1}"
        try:
            believed = check_one(one)
        except Disbelief as reason:
            raise Disbelief(f"{name}: {reason}") from None
        say(f"{name}: {believed.verdict}")
        same = all(asked[number][key] == asked[0][key] for key in ("hardware", "energy_table", "objective"))
        demand(same, f"{name} is about another accelerator, energy table or objective")
        repeats = one.get("repeats", 1)
        demand(type(repeats) is int and repeats > 0, f"{name} is run {repeats!r} times")
        found.append((repeats, believed))
    if "total" not in paper:
        return f"{len(asked)} layers"
    said = tuple(Fraction(paper["total"][key]) for key in ("value", "bound"))
    objective = asked[0]["objective"] if asked else "latency"  # of nothing every total is 0
    demand(objective in VALUES, "such layers have no total")
    total = sum((n * one.value for n, one in found), Fraction(0))
    least = sum((n * one.bound for n, one in found), Fraction(0))
    if objective == "edp":  # no sum: what the layers' weighted sums add up to bounds it
        energy = sum((n * one.energy for n, one in found), Fraction(0))
        total = energy * sum(n * one.cycles for n, one in found)
        least = min(said)
        known = [(n, {row[:2]: row[2] for row in one.lines}) for n, one in found]
        shared = set.intersection(*(set(lines_) for _, lines_ in known))
        demand_product([(*at, sum(n * lines_[at] for n, lines_ in known)) for at in shared], least)
    texts = [f"{figure(one)} (bound {figure(other)})" for one, other in ((total, least), said)]
    demand(said == (total, least), f"the layers add up to {texts[0]}, not to {texts[1]}")
    alone = sum(one["pieces"] == 1 for one in asked)
    how = f" ({alone} of them in one piece only)" if 0 < alone < len(asked) else ""
    what = f"{figure(least)}{UNITS[objective]} in all"
    return f"{len(asked)} layers{how}; no mappings of them cost less than {what}"


def check(paper: Any, say: Any = lambda line: None) -> str:
    """Check a certificate, a JSON value; return the verdict, and say a line for each part.

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
        if paper["kind"] == "layer":
            return check_one(paper).verdict
        kinds = {"manifest": check_manifest, "design": check_design}
        demand(paper["kind"] in kinds, f"a certificate of unknown kind {paper['kind']!r}")
        return kinds[paper["kind"]](paper, say)
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
        print(f"error: {arguments[0]}: not a certificate: {error!s:.500}", file=sys.stderr)
        return 2
    except Disbelief as reason:
        print(f"NOT VERIFIED: {reason!s:.500}")  # it may repeat a text of the certificate
        return 1
    print(f"VERIFIED: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
