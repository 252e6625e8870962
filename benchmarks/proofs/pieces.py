"""Layers in pieces: networks before and after, and small layers against all splits.

    python -m benchmarks.proofs.pieces [--networks vgg16 ...] [--objectives latency ...] [--hardware
    maeri-256 ...]
    python -m benchmarks.proofs.pieces --brute 300 [--seed N] [--levels | --uneven] [--direct]
    python -m benchmarks.proofs.pieces --sizes resnet50:layer2.0.conv2 ... [--objectives ...] [--hardware ...]

The first prints, for every network, objective and hardware, the totals in one piece and in pieces, how many
layers run in how many pieces, the processor time of the proofs, how many layers are not proved, and the
largest part of a layer's value that could be saved if later pieces did not fetch anew what the buffer holds
of the operand that all pieces share (`kept`). The second asks random small layers on
random small arrays, and compares every answer with the least over all splits, with any number of pieces and
with two and three (`tests.oracles.pieces`); what is found is executed and compared as one layer. With
`--levels` the arrays are behind a prefetch buffer, and layers with too many mappings are left out. With
`--uneven` they are, too, and only layers are asked that take less of something in two pieces than in one.
With `--direct` layers have one form, as they are written: far fewer mappings. The third proves a piece of
every size of a layer by itself, in one piece, and compares the least sum of these with the answer in pieces.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from decimal import Decimal
from functools import partial
from operator import mul
from random import Random

from solver.answers.evaluation import parts_of
from solver.answers.solution import Solution
from solver.cost.bounds import compulsory_inputs
from solver.cost.events import static_per_cycle
from solver.cost.result import Objective, objective_of
from solver.cost.two_level.dram import DramWords
from solver.errors import InfeasibleError
from solver.execution.arithmetic import Arithmetic
from solver.execution.build import build_config, build_levels
from solver.execution.pieces import PiecesConfig, verify_pieces
from solver.execution.tensors import make_tensors
from solver.forms.form import DIRECT
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of
from solver.pieces.piece import piece_of
from solver.questions.map_layer import Question
from solver.questions.network.plan import Plan
from solver.readers.read import read_layers
from solver.search.solve import solve
from solver.search.two_level.boxes import energy_of_words
from solver.writers.pieces_folder import piece_config
from tests.oracles.pieces import (
    MANY,
    Figures,
    least_of,
    level_fronts,
    piece_fronts,
    random_hardware,
    random_layer,
    random_level_hardware,
    uneven_levels,
)

NETWORKS = ("alexnet", "vgg16", "squeezenet", "resnet50", "mobilenetv2", "googlenet", "bert_base")
WISH = Wish()

_FEW = 4_000
"""Mappings of a form of a piece of an uneven layer; most layers that gain have fewer."""


def compare(network: str, objective: Objective, preset: str) -> str:
    """Return the line of a network: each different layer proved in one piece and in pieces."""
    hardware = hardware_named(preset)
    question = Question(hardware=hardware, objective=objective, limits=Limits())
    plan = Plan.of(read_layers(network))
    tasks = plan.questions(question)
    repeats = Counter(
        key
        for _, ways in plan.ways
        for part in ways[0].parts
        if isinstance(part.layer, Primitive)
        for key in [_key(part.layer, question)] * part.repeats
    )
    before = after = Decimal(0)
    pieces: Counter[int] = Counter()
    times, unproved, again = [], 0, 0.0
    for key, layer in tasks.items():
        if key not in repeats:
            continue
        started = time.process_time()
        one = solve(layer, hardware, objective, workers=1, wish=WISH)
        middle = time.process_time()
        several = solve(layer, hardware, objective, workers=1, wish=WISH, pieces=None)
        times.append((middle - started, time.process_time() - middle))
        before += one.objective_value * repeats[key]
        after += several.objective_value * repeats[key]
        pieces[max(1, len(several.pieces))] += 1
        unproved += not several.proved
        again = max(again, kept(several))
    both = sorted(second for _, second in times)
    median, worst = both[len(both) // 2], both[-1]
    single = sorted(first for first, _ in times)[len(times) // 2]
    counts = ", ".join(f"{number}: {count}" for number, count in sorted(pieces.items()))
    return (
        f"{network:<12} {preset:<14} {objective:<8} {before:>24,.0f} {after:>24,.0f} "
        f"{float(before / after):>7.4f} {counts:<28} {single:>6.2f} {median:>6.2f} {worst:>6.2f} "
        f"{unproved} {again:.2%}"
    )


def kept(answer: Solution) -> float:
    """Return what part of its value a mapping in pieces saves at most if what its pieces share is kept.

    Pieces along filters share inputs, those along the streamed side of a product the other one, groups
    nothing. Nothing is saved of what no buffer tile holds.
    """
    if answer.hardware.memory is None or not answer.pieces:
        return 0.0
    memory, first = answer.hardware.memory, answer.pieces[0]
    nest = first.layer(answer.layer, 1).nest()
    inputs, weights = compulsory_inputs(nest), nest.weights
    words = {"K": DramWords(0, inputs, 0, 0), "X": DramWords(weights, 0, 0, 0), "G": DramWords(0, 0, 0, 0)}
    units = words[first.dim].units(memory.buffer.sizes)
    if units > (memory.buffer.shared_units or 0):
        return 0.0
    cycles = units / memory.units_per_cycle
    dynamic = float(energy_of_words(answer.hardware, words[first.dim]))
    energy = dynamic + float(static_per_cycle(answer.hardware)) * cycles
    later = len(answer.pieces) - 1
    before = answer.cost.cycles, float(answer.cost.energy)
    after = before[0] - later * cycles, before[1] - later * energy
    left, all_ = (objective_of(answer.objective, *figures, mul) for figures in (after, before))
    return float(1 - left / all_)


def hardware_named(preset: str) -> Hardware:
    """Return a preset; `maeri-256-dram:16` has a prefetch buffer of 16 KiB."""
    name, _, room = preset.partition(":")
    return read_hardware(name, buffer=int(room) * 1024) if room else read_hardware(name)


def _key(layer: Primitive, question: Question) -> str:
    from solver.questions.cache.key import fingerprint

    return fingerprint(layer, question)


def all_sizes(layer: Primitive, objective: Objective, hardware: Hardware) -> str:
    """Compare the answer in pieces with the least sum of pieces, each the best mapping of its size."""
    sums = []
    for cut in cuts_of(layer, WISH, hardware):
        least = [Decimal(0)]
        alone: list[Decimal] = []
        for count in range(1, cut.size + 1):
            one = solve(piece_of(layer, cut, 0, count), hardware, objective, workers=1, wish=WISH)
            alone.append(one.bound)
            least.append(min(alone[size - 1] + least[count - size] for size in range(1, count + 1)))
        sums.append(least[-1])
    several = solve(layer, hardware, objective, workers=1, wish=WISH, pieces=None)
    same = "equal" if several.proved and several.objective_value == min(sums) else "DIFFERENT"
    sizes = [piece.count for piece in several.pieces]
    answer = f"in pieces {several.objective_value:,} {sizes}"
    return f"{layer.title} {objective}: every size {min(sums):,}, {answer}: {same}"


def question(rng: Random, levels: bool, uneven: bool) -> tuple[Primitive, Hardware]:
    """Return a random small layer and array."""
    if uneven:
        return uneven_levels(rng)
    return random_layer(rng, 5), (random_level_hardware if levels else random_hardware)(rng)


def gains(fronts: list[list[list[Figures]]]) -> bool:
    """Return whether two pieces take less of something than the whole layer, by all their mappings."""
    one, two = least_of(fronts, 1), least_of(fronts, 2)
    return any(two[objective] < one[objective] for objective in one)


def brute(instances: int, seed: int, levels: bool, uneven: bool, wish: Wish) -> None:
    """Compare random small layers with all splits, and execute what is found."""
    levels = levels or uneven
    fronts_of = partial(level_fronts, most=_FEW if uneven else MANY) if levels else piece_fronts
    asked = different = unproved = shorter = executed = wrong = 0
    number = 0
    while number < instances:
        rng = Random(seed)
        seed += 1
        layer, hardware = question(rng, levels, uneven)
        cuts = cuts_of(layer, wish, hardware)
        every = [fronts_of(layer, cut, hardware, wish) for cut in cuts]
        fronts = [front for front in every if front]
        if None in every or (uneven and not gains(fronts)):
            continue
        number += 1
        for most in (None, 2, 3):
            try:
                least = least_of(fronts, most)
                answers = [solve(layer, hardware, o, workers=1, wish=wish, pieces=most) for o in least]
            except InfeasibleError:
                break
            for answer in answers:
                asked += 1
                unproved += not answer.proved
                # Energies over both levels are sums of floats until the end.
                room = least[answer.objective] * Decimal("1e-10" if levels else 0)
                different += abs(answer.objective_value - least[answer.objective]) > room
                shorter += bool(answer.pieces)
                if answer.pieces and most is None:
                    executed += 1
                    wrong += _executed(answer) != answer.cost.cycles
    print(
        f"{instances} layers, {asked} answers: {different} differ from all splits, {unproved} not proved; "
        f"{shorter} in several pieces; "
        f"{executed} executed as one layer, all outputs right, {wrong} with other cycles than the sum"
    )


def _executed(answer: Solution) -> int:
    parts = parts_of(answer, answer.cost)
    pieces = tuple(
        piece_config(
            part,
            build_levels(part.nest, part.hardware, part.levels.mapping, name=part.layer.name)
            if part.levels
            else build_config(part.nest, part.hardware, part.tile, name=part.layer.name),
        )
        for part in parts
    )
    tensors = make_tensors(answer.layer, Arithmetic.EXACT, seed=1)
    run = verify_pieces(PiecesConfig("pieces", pieces), answer.layer, tensors)
    if run.array_cycles is None:
        return run.execution.cycles
    # Transfers are in lockstep there: the array's cycles are what both count.
    executed, model = run.array_cycles
    return answer.cost.cycles + executed - model


def main() -> int:
    """Print what is asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    parser.add_argument("--objectives", nargs="+", default=["latency"])
    parser.add_argument("--hardware", nargs="+", default=["maeri-256"])
    parser.add_argument("--brute", type=int, default=0)
    parser.add_argument("--sizes", nargs="+", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--levels", action="store_true")
    parser.add_argument("--uneven", action="store_true")
    parser.add_argument("--direct", action="store_true")
    flags = parser.parse_args()
    if flags.brute:
        wish = Wish(frozenset({DIRECT})) if flags.direct else WISH
        brute(flags.brute, flags.seed, flags.levels, flags.uneven, wish)
        return 0
    if flags.sizes:
        for source in flags.sizes:
            for layer in read_layers(source):
                for preset in flags.hardware:
                    for objective in flags.objectives:
                        assert isinstance(layer, Primitive)
                        print(all_sizes(layer, Objective(objective), hardware_named(preset)), flush=True)
        return 0
    print("network, hardware, objective, one piece, pieces, ratio, layers by pieces, CPU s, open, kept")
    for network in flags.networks:
        for preset in flags.hardware:
            for objective in flags.objectives:
                print(compare(network, Objective(objective), preset), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
