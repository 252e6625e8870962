"""Random layers with two-level mappings, scheduled and executed; and single mistakes put into schedules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from solver.execution.arithmetic import Arithmetic
from solver.execution.build import build_levels
from solver.execution.levels.verify import LevelSimulation, verify_schedule
from solver.execution.tensors import make_tensors
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Primitive
from solver.legal.levels import level_legality
from solver.mapping.levels import LevelMapping
from solver.schedule.schedule import InputBox, Lines, Schedule, Source, TilePhase
from tests.support.examples.level_questions import random_mapping, small_memory, small_real_hardware
from tests.support.execution_checks import KINDS, random_layer


@dataclass(frozen=True)
class LevelCase:
    """A layer with a legal two-level mapping whose weights stay in the array."""

    kind: str
    layer: Primitive
    nest: LoopNest
    hardware: Hardware
    mapping: LevelMapping
    arithmetic: Arithmetic

    def schedule(self) -> Schedule:
        return build_levels(self.nest, self.hardware, self.mapping, name=self.kind)

    def run(self, schedule: Schedule | None = None, seed: int = 1) -> LevelSimulation:
        tensors = make_tensors(self.layer, self.arithmetic, seed=seed)
        return verify_schedule(schedule or self.schedule(), self.layer, tensors, self.arithmetic)


def random_real_level_case(rng: Random, sizes: tuple[int, ...] = (16, 32)) -> LevelCase:
    """Return a random layer on the real hardware before a random buffer that holds some mapping of it."""
    while True:
        layer = random_layer(rng, kind := rng.choice([kind for kind in KINDS if kind != "maxpool"]))
        hardware = small_real_hardware(rng, small_memory(rng), sizes)
        nest = rng.choice(Wish().forms(layer, hardware)).nest
        for _ in range(5):
            mapping = random_mapping(rng, nest, hardware)
            if mapping is None:
                continue
            mapping = replace(mapping, array_order="weights")
            if level_legality(nest, hardware, mapping) is None:
                return LevelCase(kind, layer, nest, hardware, mapping, rng.choice(list(Arithmetic)))


def random_level_case(rng: Random, kind: str | None = None) -> LevelCase:
    """Return a random layer on a random array before a random buffer that holds some mapping of it."""
    kind = kind or rng.choice(KINDS)
    arithmetic = rng.choice(list(Arithmetic))
    while True:
        layer = random_layer(rng, kind)
        num_ms = rng.choice([8, 16, 32])
        bandwidths = {name: min(num_ms, rng.choice([1, 2, 4, 8, 32])) for name in ("dn_bw", "rn_bw")}
        forwarding = rng.choice([None, None, None, "none"])
        hardware = read_hardware(num_ms=num_ms, forwarding=forwarding, **bandwidths)
        hardware = replace(hardware, memory=small_memory(rng))
        nest = rng.choice(Wish().forms(layer, hardware)).nest
        for _ in range(5):
            mapping = random_mapping(rng, nest, hardware)
            if mapping is None:
                continue
            mapping = replace(mapping, array_order="weights")
            if level_legality(nest, hardware, mapping) is None:
                return LevelCase(kind, layer, nest, hardware, mapping, arithmetic)


def level_cases(seed: int, count: int) -> Iterator[LevelCase]:
    """Yield random cases, the kinds of layers in turn."""
    rng = Random(seed)
    for number in range(count):
        yield random_level_case(rng, KINDS[number % len(KINDS)])


SCHEDULE_MUTATIONS = (
    "range",
    "configuration",
    "weights",
    "kept inputs",
    "fetched inputs",
    "sums",
    "write",
    "words",
    "loop",
    "capacity",
    "phase",
)


def mutate_schedule(rng: Random, schedule: Schedule, what: str) -> Schedule:
    """Return a schedule with one mistake; the same one where there is nothing of the sort to change."""
    if what == "loop":
        return _change_loop(rng, schedule)
    if what == "capacity":
        return _shrink(schedule)
    index = rng.randrange(len(schedule.phases))
    phases = list(schedule.phases)
    if what == "phase":
        del phases[index]
    else:
        phases[index] = _change_phase(rng, schedule, phases[index], what)
    return replace(schedule, phases=tuple(phases))


def _change_phase(rng: Random, schedule: Schedule, phase: TilePhase, what: str) -> TilePhase:
    if what == "range":
        if not phase.when:
            return phase
        dim = rng.choice(list(phase.when))
        low, high = phase.when[dim]
        last = next(loop.trips for loop in schedule.loops if loop.dim == dim) - 1
        others = [(low + 1, high + 1), (low, high + 1), (low - 1, high), (low + 1, high)]
        others = [(a, b) for a, b in others if 0 <= a <= b <= last]
        return replace(phase, when={**phase.when, dim: rng.choice(others)}) if others else phase
    if what == "configuration":
        others = [name for name in schedule.configs if name != phase.config]
        return replace(phase, config=rng.choice(others)) if others else phase
    if what == "weights":
        return replace(phase, weights=Source.FETCH if phase.weights is Source.KEEP else Source.KEEP)
    if what == "kept inputs":
        return replace(phase, kept=_change_box(rng, phase.kept))
    if what == "fetched inputs":
        return replace(phase, fetched=_change_box(rng, phase.fetched))
    if what == "sums":
        return replace(phase, sums=rng.choice([source for source in Source if source is not phase.sums]))
    if what == "write":
        return replace(phase, write=not phase.write)
    name = rng.choice(("weights", "inputs", "partial_sums", "written"))
    return replace(phase, words=replace(phase.words, **{name: getattr(phase.words, name) + 1}))


def _change_box(rng: Random, box: InputBox | None) -> InputBox | None:
    """Return a box with one line less, or moved by one."""
    if box is None:
        return None
    axis = rng.choice(("rows", "cols"))
    lines = getattr(box, axis).numbers
    if rng.random() < 0.5:
        lines = [line + 1 for line in lines]
    else:
        del lines[rng.randrange(len(lines))]
    return replace(box, **{axis: Lines.of(lines)}) if lines else None


def _change_loop(rng: Random, schedule: Schedule) -> Schedule:
    if not schedule.loops:
        return schedule
    index = rng.randrange(len(schedule.loops))
    loops = list(schedule.loops)
    loop = loops[index]
    loops[index] = rng.choice(
        [replace(loop, trips=loop.trips + 1), replace(loop, trips=loop.trips - 1)]
        + [replace(loop, step=step) for step in (loop.step - 1, loop.step + 1) if step]
    )
    return replace(schedule, loops=tuple(loops))


def _shrink(schedule: Schedule) -> Schedule:
    """Take the buffer one word, so that the largest buffer tile does not fit any more."""
    buffer = schedule.memory.buffer
    sizes = schedule.configs["tile-1"].nest
    outputs, weights = sizes.outputs, sizes.weights
    if buffer.capacity is None:
        smaller = replace(buffer, weights=max(1, weights * buffer.sizes.weights * buffer.copies - 1))
    else:
        first = next(p for p in schedule.phases if p.config == "tile-1" and p.kept is None)
        units = buffer.sizes.together(weights, first.words.inputs, outputs)
        smaller = replace(buffer, capacity=units * buffer.sizes.unit * buffer.copies - 1)
    return replace(schedule, memory=replace(schedule.memory, buffer=smaller))
