"""Independent checks of the switches, shared by the tests and benchmarks/measured/switches.py."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from random import Random

from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.fit import find_exit, why_not
from solver.array.modes import DOUBLE_READS, SINGLE_READS, DoubleMode, left_may_fire, right_may_fire
from solver.array.topology import INPUT_NAMES, Switch, SwitchKind, adder_tree
from solver.array.virtual_neuron import Placement
from solver.execution.adder_tree import WaveResult
from solver.execution.faults import FaultKind
from solver.switches.config_words import (
    DOUBLE_BITS,
    DOUBLES_PER_WORD,
    SINGLE_BITS,
    SINGLES_PER_WORD,
    decode_words,
    encode_words,
    word_counts,
)

DATA = Path(__file__).parents[1] / "data"
"""Samples (README there); benchmarks can be told a folder with whole files."""
BUSES = 8

Owners = tuple[int | None, ...]


def exact(result: WaveResult) -> bool:
    """Whether every virtual neuron is right and no output is set in vain."""
    return result.right and not result.idle_outputs


@lru_cache(maxsize=1)
def verdicts(folder: Path = DATA) -> dict[tuple[int, int], dict]:
    """Return what is known of each shipped file, by (switches, virtual-neuron size)."""
    found = json.loads((folder / "rn_configs" / "verdict.json").read_text())
    return {tuple(map(int, key.split(","))): value for key, value in found.items()}


@lru_cache(maxsize=1)
def best_placements(folder: Path = DATA) -> dict[tuple[int, int], dict]:
    """Return the best placements of one size, by (switches, virtual-neuron size)."""
    found = json.loads((folder / "rn_best_placement.json").read_text())
    return {tuple(map(int, key.split(","))): value for key, value in found.items()}


def shipped_file(num_ms: int, size: int, folder: Path = DATA) -> Path:
    """Return the file that the hardware's own compiler writes."""
    return folder / "rn_configs" / f"ms{num_ms}_vn{size}.vmh"


def packed(num_ms: int, size: int) -> Placement:
    """Return what the hardware's own compiler tries to place."""
    return Placement.of(num_ms, ((i * size, size) for i in range(num_ms // size)))


def problems(result: WaveResult, placement: Placement) -> Counter[str]:
    """Return what went wrong in a wave in the words of verdict.json."""
    found: Counter[str] = Counter()
    for fault in result.faults:
        name, _, end = fault.place.partition(".")
        switch = (name[0], int(name[1:]))
        if fault.kind is FaultKind.WRONG_SUM:
            found[str(("wrongsum", (*switch, end) if end else switch, list(fault.leaves)))] += 1
        elif fault.kind is FaultKind.ROOT:
            found[str(("stuck", ("root",), 0))] += 1
        elif fault.stuck:
            found[str(("stuck", switch, INPUT_NAMES[SwitchKind(name[0])].index(end)))] += 1
    for vn in (placement.vns[i] for i in result.missing):
        found[str(("missing", (vn.start, vn.last + 1)))] += 1
    return found


def same_problems(found: Counter[str], known: list[str]) -> bool:
    """Compare with a list of verdict.json, which is cut at 12 entries."""
    listed = Counter(str(ast.literal_eval(text)) for text in known)
    return listed == found if len(known) < 12 else listed <= found


def partitions(num_ms: int) -> Iterator[Placement]:
    """Yield every way of cutting all leaves into virtual neurons."""
    for cuts in range(2 ** (num_ms - 1)):
        ends = [leaf + 1 for leaf in range(num_ms - 1) if cuts >> leaf & 1] + [num_ms]
        yield Placement.of(num_ms, ((a, b - a) for a, b in zip([0, *ends], ends, strict=False)))


def random_placement(rng: Random, num_ms: int) -> Placement:
    """Draw virtual neurons of mixed sizes with gaps; often small ones or packed ones."""
    largest = rng.choice((2, 4, 9, 16, num_ms))
    gap_chance = rng.choice((0.0, 0.2, 0.5))
    pairs, free = [], 0 if rng.random() < 0.5 else rng.randrange(4)
    while free < num_ms:
        if rng.random() < gap_chance:
            free += rng.randint(1, 5)
        size = rng.randint(1 if rng.random() < 0.1 else 2, largest)
        if free + size > num_ms:
            break
        pairs.append((free, size))
        free += size
    return Placement.of(num_ms, pairs)


def random_feasible(rng: Random, num_ms: int) -> Placement:
    """Draw a placement and keep the virtual neurons that the tree can add up, at least one."""
    while True:
        drawn = random_placement(rng, num_ms)
        kept = tuple(vn for vn in drawn.vns if find_exit(vn, num_ms) is not None)
        placement = Placement(num_ms, kept)
        if kept and why_not(placement) is None:
            return placement


def search(placement: Placement, *, emit_late: bool = False) -> bool:
    """Find out by trying every mode of every switch whether any setting is right.

    Level by level, all runs of values that any choice of modes can lead to are kept. A choice is dropped when
    it leaves a value behind or adds values of two virtual neurons. A complete sum leaves at once; with
    `emit_late` passing it on is tried too.
    """
    tree = adder_tree(placement.num_ms)
    states: set[Owners] = {tuple(placement.owners())}
    for level in reversed(range(tree.levels)):
        above: set[Owners] = set()
        for state in states:
            choices = [_outcomes(switch, state) for switch in tree.rows[level]]
            for picked in product(*choices):
                passed = tuple(owner for outputs in picked for owner in outputs)
                values = Counter(passed)
                free = [
                    (owner, None) if emit_late and level else (None,)
                    for owner in passed
                    if owner is not None and values[owner] == 1
                ]
                for ends in product(*free):
                    rest = iter(ends)
                    above.add(tuple(next(rest) if o is not None and values[o] == 1 else o for o in passed))
        states = above
    return (None,) in states


@dataclass(frozen=True)
class Bit:
    """One mode or genOutput bit of a switch in use."""

    output: str
    used: bool  # whether the output that it belongs to is in use
    word: int
    bit: int

    def flipped(self, config: AdderTreeConfig) -> AdderTreeConfig:
        words = list(encode_words(config))
        words[self.word] ^= 1 << self.bit
        return decode_words(config.num_ms, words)


def bits_in_use(config: AdderTreeConfig) -> list[Bit]:
    """Return every mode and genOutput bit of the switches in use."""
    found = []
    first_single, _ = word_counts(config.num_ms)
    for switch, setting in config.in_use():
        if switch.kind is SwitchKind.DOUBLE:
            word, shift = switch.id // DOUBLES_PER_WORD, switch.id % DOUBLES_PER_WORD * DOUBLE_BITS
            places = ((7, 0), (6, 0), (5, 1), (4, 1), (3, 0), (2, 1))
        else:
            word, shift = (
                first_single + switch.id // SINGLES_PER_WORD,
                switch.id % SINGLES_PER_WORD * SINGLE_BITS,
            )
            places = ((3, 0), (2, 0), (1, 0))
        for bit, side in places:
            used = bool(setting.outputs[side].reads)
            found.append(Bit(switch.output_name(side), used, word, shift + bit))
    return found


def _outcomes(switch: Switch, state: Owners) -> tuple[Owners, ...]:
    inputs = state[switch.inputs.start : switch.inputs.stop]
    names = {owner: i for i, owner in enumerate(dict.fromkeys(o for o in inputs if o is not None))}
    pattern = tuple(None if owner is None else names[owner] for owner in inputs)
    owners = {i: owner for owner, i in names.items()}
    return tuple(
        tuple(None if o is None else owners[o] for o in outcome) for outcome in _tried(switch.kind, pattern)
    )


@cache
def _tried(kind: SwitchKind, inputs: Owners) -> tuple[Owners, ...]:
    """Return the different outputs of all modes that take every value and mix no two virtual neurons."""
    fired: list[list[tuple[int, ...]]] = []
    if kind is SwitchKind.SINGLE:
        fired = [[reads] for reads in SINGLE_READS.values()]
    else:
        for left, right in product(DoubleMode, DoubleMode):
            fired.append(
                [
                    DOUBLE_READS[0][left] if left_may_fire(left, right) else (),
                    DOUBLE_READS[1][right] if right_may_fire(left, right) else (),
                ]
            )
    found = set()
    for sides in fired:
        taken = [reads if all(inputs[i] is not None for i in reads) else () for reads in sides]
        if sum(map(len, taken)) != sum(owner is not None for owner in inputs):
            continue
        if all(len({inputs[i] for i in reads}) <= 1 for reads in taken):
            found.add(tuple(inputs[reads[0]] if reads else None for reads in taken))
    return tuple(found)
