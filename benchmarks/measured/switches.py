"""What is shown of the real hardware's switches: placement, generator, files, execution, mutations, clock.

Run from the repository root: python -m benchmarks.measured.switches [--trials N] [--data FOLDER]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from benchmarks.measured.measurements import data_option
from solver.array.configure_tree import configure_tree
from solver.array.fit import why_not
from solver.array.placement import capacity_table, place_most
from solver.array.virtual_neuron import Placement
from solver.execution.adder_tree import run_wave
from solver.execution.rtl_testbench import run_testbench
from solver.switches.layer_info import Extent, LayerInfo
from solver.writers.vmh import read_rn_config, rn_config_text
from tests.oracles.place_in_order import packed_prefix, place_packed
from tests.oracles.rtl_counters import rtl_counters
from tests.support.switch_checks import (
    BUSES,
    best_placements,
    bits_in_use,
    exact,
    packed,
    partitions,
    problems,
    random_feasible,
    random_placement,
    same_problems,
    search,
    shipped_file,
    verdicts,
)

Line = tuple[str, object]


def worked_example() -> Iterator[Line]:
    text = rn_config_text(configure_tree(Placement.of(16, [(i * 3, 3) for i in range(5)])))
    yield "five virtual neurons of 3 on 16 switches", text.split()


def every_size(folder: Path) -> Iterator[Line]:
    for num_ms in (16, 32, 64, 128, 256):
        most = prefixes = starts = right = clean = 0
        for size in range(1, num_ms + 1):
            known = best_placements(folder)[num_ms, size]
            placement = place_most(num_ms, size)
            most += len(placement.vns) == known["best_with_gaps"]
            starts += [vn.start for vn in placement.vns] == known["starts"]
            prefixes += packed_prefix(num_ms, size) == known["packed_prefix"]
            result = run_wave(configure_tree(placement), placement, BUSES)
            right += result.right
            clean += exact(result)
        yield (
            f"N = {num_ms}, {num_ms} sizes",
            f"as many placed {most}, same leaves {starts}, same packed prefix {prefixes}, "
            f"right by execution {right}, no output set in vain {clean}",
        )


def shipped_files(folder: Path) -> Iterator[Line]:
    found: Counter[str] = Counter()
    for (num_ms, size), known in verdicts(folder).items():
        path = shipped_file(num_ms, size, folder)
        shipped = read_rn_config(path, num_ms)
        found["read, and written again bit by bit"] += rn_config_text(shipped) == path.read_text()
        result = run_wave(shipped, packed(num_ms, size), BUSES)
        found["verdict right/wrong as in verdict.json"] += result.right == known["ok"]
        found["of these wrong"] += not result.right
        found["every wrong sum, missing sum and stuck value as listed"] += same_problems(
            problems(result, packed(num_ms, size)), known["problems"]
        )
        placement = place_packed(num_ms, [size] * (num_ms // size))
        found["packed placement feasible as in verdict.json"] += (placement is not None) == known["feasible"]
        if known["feasible"] and placement is not None:
            config = configure_tree(placement)
            found["feasible packed placements"] += 1
            found["of these right by execution"] += run_wave(config, placement, BUSES).right
            if known["ok"]:
                found["right shipped files"] += 1
                found["of these equal to ours word by word"] += config == shipped
    yield "shipped files", len(verdicts(folder))
    yield from found.items()


def criterion(trials: int) -> Iterator[Line]:
    for num_ms in (8, 16):
        fit = [search(p, emit_late=True) for p in partitions(num_ms)]
        says = [why_not(p) is None for p in partitions(num_ms)]
        yield (
            f"all {len(fit)} partitions of {num_ms} leaves",
            f"exhaustive search {sum(fit)}, criterion {sum(says)}, "
            f"disagreements {sum(a != b for a, b in zip(fit, says, strict=True))}",
        )
    rng, found = Random(1), Counter[str]()
    for _ in range(trials):
        placement = random_placement(rng, rng.choice((16, 32, 64, 128)))
        says = why_not(placement) is None
        found["disagreements"] += says != search(placement)
        found["feasible"] += says
        found["right"] += says and exact(run_wave(configure_tree(placement), placement, BUSES))
    yield f"{trials} random mixed placements with gaps", dict(found)


def mutations(trials: int) -> Iterator[Line]:
    rng, found = Random(2), Counter[str]()
    rest: Counter[str] = Counter()
    for _ in range(trials):
        placement = random_feasible(rng, rng.choice((16, 32, 64, 128)))
        config = configure_tree(placement)
        bit = rng.choice(bits_in_use(config))
        result = run_wave(bit.flipped(config), placement, BUSES)
        found["detected by the sums"] += not result.right
        found["detected by the sums or as set in vain"] += not exact(result)
        found["bits of outputs in use"] += bit.used
        found["of these detected by the sums"] += bit.used and not result.right
        if result.right:
            why = (
                "side in use"
                if bit.used
                else "side that receives nothing: it never fires, whatever its setting"
            )
            rest[why] += 1
    yield f"{trials} single-bit flips of switches in use", dict(found)
    yield "not seen in the sums", dict(rest)


def clock(folder: Path) -> Iterator[Line]:
    for num_ms, vns, name, config in (
        (32, 3, "shipped", read_rn_config(shipped_file(32, 9, folder), 32)),
        (64, 7, "shipped", read_rn_config(shipped_file(64, 9, folder), 64)),
        (64, 3, "own, packed", configure_tree(Placement.of(64, [(0, 9), (9, 9), (18, 9)]))),
    ):
        for layer, filters, size in (("Early", 3, 10), ("Late", 16, 5)):
            info = LayerInfo(
                K=Extent(filters),
                C=Extent(filters),
                R=Extent(3),
                S=Extent(3),
                Y=Extent(size),
                X=Extent(size),
                num_ms=num_ms,
                mapped_vns=vns,
                vn_size=9,
            )
            run = run_testbench(config, info, dn_ports=4, buses=4)
            yield f"N = {num_ms}, {layer}, {name}", run.cycles or f"never ends: {run.hang}"
            yield "  counters", rtl_counters(info)


def speed() -> Iterator[Line]:
    for num_ms in (64, 256, 1024):
        for name, work in (
            ("capacity of every size", lambda: capacity_table(num_ms)),  # noqa: B023
            ("setting for 3x3 filters", lambda: configure_tree(place_most(num_ms, 9))),  # noqa: B023
        ):
            start = time.perf_counter()
            work()
            yield f"N = {num_ms}, {name}", f"{1000 * (time.perf_counter() - start):.1f} ms"


def show(title: str, lines: Callable[[], Iterator[Line]]) -> None:
    start = time.perf_counter()
    print(f"\n{title}")
    for name, value in lines():
        print(f"  {name:<58} {value}")
    print(f"  ({time.perf_counter() - start:.1f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000, help="random placements (half as many flips)")
    data_option(parser)
    arguments = parser.parse_args()
    trials, folder = arguments.trials, arguments.data
    show("Speed (first call)", speed)
    show("Worked example", worked_example)
    show("Every virtual-neuron size, against rn_best_placement.json", lambda: every_size(folder))
    show("Shipped files, against verdict.json", lambda: shipped_files(folder))
    show("Criterion against search over all modes", lambda: criterion(trials))
    show("Mutations", lambda: mutations(trials // 2))
    show("Clock of the RTL test bench, D = CB = 4", lambda: clock(folder))


if __name__ == "__main__":
    main()
