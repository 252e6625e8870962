"""Random layers on random arrays, executed; and single mistakes put into their configurations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from solver.array.adder_tree_config import AdderTreeConfig, DoubleSetting
from solver.execution.arithmetic import Arithmetic
from solver.execution.build import build_config
from solver.execution.execute import Execution, execute
from solver.execution.reference import reference
from solver.execution.tensors import make_tensors
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import (
    Add,
    AveragePool,
    BatchMatmul,
    Conv,
    FullyConnected,
    Gemm,
    LoopNest,
    MaxPool,
    Multiply,
    Primitive,
)
from solver.legal.tiles import candidate_tiles, legality
from solver.mapping.tile import Tile, folds
from solver.switches.simulator_tree import SimulatorTreeConfig, Source
from solver.switches.switch_config import MultiplierSetting, Phase, SwitchConfig

KINDS = (
    "conv",
    "strided",
    "depthwise",
    "grouped",
    "pointwise",
    "fc",
    "gemm",
    "matmul",
    "pool",
    "elementwise",
)
ARRAYS = ("simulator", "serial", "rtl", "repaired")
"""The simulator with and without accumulation buffer, the real hardware as shipped and repaired."""


@dataclass(frozen=True)
class Case:
    """A layer with a legal mapping."""

    kind: str
    layer: Primitive
    nest: LoopNest
    hardware: Hardware
    tile: Tile
    arithmetic: Arithmetic

    def config(self) -> SwitchConfig:
        return build_config(self.nest, self.hardware, self.tile)

    def run(self, config: SwitchConfig | None = None, seed: int = 1) -> tuple[Execution, bool]:
        """Return the execution, and whether it gives direct convolution."""
        tensors = make_tensors(self.layer, self.arithmetic, seed=seed)
        execution = execute(config or self.config(), self.layer, tensors, self.arithmetic)
        return execution, np.array_equal(execution.outputs, reference(self.layer, tensors, self.arithmetic))

    @property
    def folded(self) -> str:
        """Which of R, S and C are folded."""
        return "".join(d for d in "RSC" if getattr(self.tile, d) < getattr(self.nest, d))

    @property
    def partial(self) -> bool:
        """Whether the tile does not divide the layer."""
        return any(a % b for a, b in zip(self.nest.sizes, self.tile.sizes, strict=True))

    @property
    def serial(self) -> bool:
        """Whether partial sums travel through memory."""
        hardware = self.hardware
        return folds(self.nest, self.tile) > 1 and hardware.sums_return


def random_layer(rng: Random, kind: str) -> Primitive:
    """Return a small layer."""
    some, few = (lambda most: rng.randint(1, most)), rng.randint
    if kind == "fc":
        return FullyConnected(batch=some(4), inputs=some(20), outputs=some(9))
    if kind == "gemm":
        return Gemm(m=some(6), n=some(6), k=some(12))
    if kind == "matmul":
        return BatchMatmul(batch=few(2, 3), m=some(5), n=some(5), k=some(8))
    if kind == "elementwise":
        return rng.choice(
            [Add(elements=some(12), operands=few(2, 4)), Multiply(elements=few(2, 8), terms=some(3))]
        )
    if kind == "pool":
        pool = rng.choice([MaxPool, AveragePool])
        return pool(
            batch=some(2),
            input=(some(4), few(4, 9), few(4, 9)),
            kernel=(few(2, 3), few(2, 3)),
            stride=rng.choice([None, (1, 1), (2, 2)]),
            padding=((1, 0), (0, 1)),
        )
    groups = {"depthwise": few(2, 4), "grouped": few(2, 3)}.get(kind, 1)
    channels = 1 if kind == "depthwise" else some(6)
    kernel = (1, 1) if kind == "pointwise" else (some(3), some(3))
    return Conv(
        batch=rng.choice([1, 1, 1, 2]),
        input=(groups * channels, few(3, 9), few(3, 9)),
        filters=groups * (rng.choice([1, 1, 2]) if kind == "depthwise" else some(6)),
        kernel=kernel,
        stride=rng.choice([(2, 2), (2, 1), (3, 3)]) if kind == "strided" else (1, 1),
        padding=((some(3) - 1, some(3) - 1), (some(3) - 1, some(3) - 1)),
        dilation=rng.choice([(1, 1), (1, 1), (1, 1), (1, 2)]) if max(kernel) < 3 else (1, 1),
        groups=groups,
    )


def random_case(
    rng: Random, array: str, kind: str | None = None, sizes: tuple[int, ...] = (8, 16, 32, 64)
) -> Case:
    """Return a random layer on a random array of one sort."""
    kind = kind or rng.choice(KINDS)
    arithmetic = rng.choice(list(Arithmetic))
    while True:
        layer = random_layer(rng, kind)
        num_ms = rng.choice(sizes)
        bandwidths = {name: min(num_ms, rng.choice([1, 2, 4, 8, 16, 64])) for name in ("dn_bw", "rn_bw")}
        if array in ("rtl", "repaired"):
            forwarding = "sliding" if array == "repaired" else None
            hardware = read_hardware("maeri-64-rtl", num_ms=num_ms, forwarding=forwarding, **bandwidths)
        else:
            hardware = read_hardware(
                num_ms=num_ms,
                accumulation_buffer=array == "simulator",
                forwarding=rng.choice([None, None, None, "none"]),
                **bandwidths,
            )
        nest = rng.choice(Wish().forms(layer, hardware)).nest
        tiles = candidate_tiles(nest, hardware)
        if len(tiles):
            tile = Tile.of(tiles[rng.randrange(len(tiles))])
            if legality(nest, hardware, tile) is None:
                return Case(kind, layer, nest, hardware, tile, arithmetic)


def cases(seed: int, count: int, array: str) -> Iterator[Case]:
    """Yield random cases of one sort of array, the kinds of layers in turn."""
    rng = Random(seed)
    for number in range(count):
        yield random_case(rng, array, KINDS[number % len(KINDS)])


MUTATIONS = (
    "destination bit",
    "operand",
    "multiplier state",
    "multiplier count",
    "adder",
    "output",
    "word order",
)


def mutate(rng: Random, config: SwitchConfig, what: str) -> SwitchConfig:
    """Return a configuration with one mistake; the same one where there is nothing of the sort to change."""
    return {
        "destination bit": _flip_destination,
        "operand": _change_operand,
        "multiplier state": _change_state,
        "multiplier count": _change_count,
        "adder": _change_adder,
        "output": _change_output,
        "word order": _drop_or_repeat,
    }[what](rng, config)


def _with_phase(config: SwitchConfig, index: int, **changes: object) -> SwitchConfig:
    phases = list(config.phases)
    phases[index] = replace(phases[index], **changes)
    return replace(config, phases=tuple(phases))


def _pick_word(rng: Random, config: SwitchConfig) -> tuple[int, int, int]:
    places = [
        (p, port, w)
        for p, phase in enumerate(config.phases)
        for port, words in enumerate(phase.ports)
        for w in range(len(words))
    ]
    return rng.choice(places)


def _with_words(config: SwitchConfig, p: int, port: int, words: list) -> SwitchConfig:
    ports = list(config.phases[p].ports)
    ports[port] = tuple(words)
    return _with_phase(config, p, ports=tuple(ports))


def _flip_destination(rng: Random, config: SwitchConfig) -> SwitchConfig:
    p, port, w = _pick_word(rng, config)
    words = list(config.phases[p].ports[port])
    words[w] = replace(words[w], mask=words[w].mask ^ 1 << rng.randrange(config.array.port_width))
    if not words[w].mask:
        del words[w]
    return _with_words(config, p, port, words)


def _change_operand(rng: Random, config: SwitchConfig) -> SwitchConfig:
    """Move a word to a neighbouring element that lies within the layer."""
    p, port, w = _pick_word(rng, config)
    words = list(config.phases[p].ports[port])
    offset = list(words[w].offset)
    axis = rng.randrange(len(offset))
    offset[axis] += rng.choice([-1, 1])
    if offset[axis] < 0:
        return config
    words[w] = replace(words[w], offset=tuple(offset))
    return _with_words(config, p, port, words)


def _drop_or_repeat(rng: Random, config: SwitchConfig) -> SwitchConfig:
    p, port, w = _pick_word(rng, config)
    words = list(config.phases[p].ports[port])
    if rng.random() < 0.5:
        del words[w]
    else:
        words.insert(w, words[w])
    return _with_words(config, p, port, words)


def _pick_multiplier(rng: Random, config: SwitchConfig) -> tuple[int, int, Phase]:
    p = rng.randrange(len(config.phases))
    return p, rng.randrange(config.array.num_ms), config.phases[p]


def _change_state(rng: Random, config: SwitchConfig) -> SwitchConfig:
    p, leaf, phase = _pick_multiplier(rng, config)
    settings = list(phase.multipliers)
    states = list(config.array.states)
    state = rng.choice([s for s in states if s is not settings[leaf].state])
    idle = state is states[0]
    settings[leaf] = MultiplierSetting(state, 0 if idle else max(1, settings[leaf].count))
    return _with_phase(config, p, multipliers=tuple(settings))


def _change_count(rng: Random, config: SwitchConfig) -> SwitchConfig:
    p, leaf, phase = _pick_multiplier(rng, config)
    settings = list(phase.multipliers)
    settings[leaf] = replace(settings[leaf], count=settings[leaf].count + 1)
    return _with_phase(config, p, multipliers=tuple(settings))


def _change_adder(rng: Random, config: SwitchConfig) -> SwitchConfig:
    tree = config.tree
    if isinstance(tree, AdderTreeConfig):
        switch, setting = rng.choice(list(tree.in_use()))
        if isinstance(setting, DoubleSetting):
            changed = replace(
                setting,
                **rng.choice([{"left": _other(rng, setting.left)}, {"emit_left": not setting.emit_left}]),
            )
            doubles = list(tree.doubles)
            doubles[switch.id] = changed
            return replace(config, tree=replace(tree, doubles=tuple(doubles)))
        singles = list(tree.singles)
        singles[switch.id] = replace(setting, mode=_other(rng, setting.mode))
        return replace(config, tree=replace(tree, singles=tuple(singles)))
    return replace(config, tree=_change_lane(rng, tree))


def _other(rng: Random, mode):
    return rng.choice([m for m in type(mode) if m is not mode])


def _change_lane(rng: Random, tree: SimulatorTreeConfig) -> SimulatorTreeConfig:
    places = [
        (kind, i, side, l)
        for kind, table in (("doubles", tree.doubles), ("singles", tuple((s,) for s in tree.singles)))
        for i, sides in enumerate(table)
        for side, lanes in enumerate(sides)
        for l in range(len(lanes))
    ]
    kind, i, side, number = rng.choice(places)
    lanes = list(tree.doubles[i][side] if kind == "doubles" else tree.singles[i])
    lane = lanes[number]
    if rng.random() < 0.5:
        lanes[number] = replace(lane, sends=_other(rng, lane.sends))
    else:
        source = rng.choice(list(Source))
        reads = tuple(s for s in Source if (s in lane.reads) != (s is source))
        lanes[number] = replace(lane, reads=reads)
    if kind == "singles":
        singles = list(tree.singles)
        singles[i] = tuple(lanes)
        return replace(tree, singles=tuple(singles))
    doubles = [list(pair) for pair in tree.doubles]
    doubles[i][side] = tuple(lanes)
    return replace(tree, doubles=tuple((a, b) for a, b in doubles))


def _change_output(rng: Random, config: SwitchConfig) -> SwitchConfig:
    outputs = list(config.outputs)
    index = rng.randrange(len(outputs))
    output = outputs[index]
    offset = list(output.offset)
    offset[rng.randrange(5)] += 1
    outputs[index] = rng.choice(
        [
            replace(output, bus=output.bus + 1),
            replace(output, offset=tuple(offset)),
            replace(output, vn=output.vn + 1),
        ]
    )
    return replace(config, outputs=tuple(outputs))
