"""Which layers are proved without accumulation buffer, and how far the others are open.

python -m benchmarks.proofs.serial_proofs alexnet squeezenet --num-ms 64 --bandwidth 16

With --compare N, instead: N random mappings whose virtual neurons may drift apart, replayed sum by sum and
with all that repeats left out; and whether one that ends early, as it cannot win, would have been so slow.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from math import inf
from random import Random
from time import perf_counter
from unittest.mock import patch

from solver.cost.replay import ReplayLimitError
from solver.cost.result import Objective
from solver.cost.serial import periods
from solver.cost.serial import replay as serial
from solver.cost.traffic import auxiliary
from solver.hardware import Hardware, read_hardware
from solver.interface.inputs import primitive_of
from solver.layer import LoopNest
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile
from solver.readers.read import read_layers
from solver.search.solve import solve
from tests.support.examples.questions import random_question

FEWEST_VNS = 4
SUMS = 60_000
"""Sums of a mapping that is replayed sum by sum."""


def sum_by_sum(nest: LoopNest, hardware: Hardware, tile: Tile) -> tuple[int | None, object]:
    """Return cycles and overtaking with nothing left out."""
    with (
        patch.object(periods.Periods, "look", lambda self, arrived: None),
        patch.object(periods.Periods, "iteration", lambda self: None),
    ):
        return told(serial.SerialReplay(nest, hardware, tile))


def told(replay: serial.SerialReplay) -> tuple[int | None, object]:
    """Return cycles, None if it ended where weights overtake inputs, and where that is."""
    cycles = replay.cycles(to_the_end=False)
    return cycles, replay.watch.found if replay.watch else None


def compare(count: int, seed: int) -> None:
    """Compare replays of random mappings."""
    rng, done, images, differ, ended, wrong = Random(seed), 0, 0, 0, 0, 0
    while done < count:
        question = random_question(rng, sizes=(16, 32, 64), most_serial=inf)
        nest, hardware = question.nest, replace(question.hardware, accumulation_buffer=False)
        tiles = candidate_tiles(nest, hardware, question.limits)
        tiles = tiles[auxiliary(nest, hardware, tiles) == 1]
        tiles = tiles[tiles[:, 3:].prod(axis=1) >= FEWEST_VNS]
        if not len(tiles):
            continue
        tile = Tile.of(tiles[rng.randrange(len(tiles))])
        replay = serial.SerialReplay(nest, hardware, tile)
        if replay.tile.iterations * replay.tile.steps * replay.tile.num_vns > SUMS:
            continue
        done, images = done + 1, images + (nest.N > 1)
        every = sum_by_sum(nest, hardware, tile)
        with patch.object(periods, "_PATIENCE", rng.choice((0, 0, 100, 30_000))):
            try:
                differ += told(replay) != every
            except ReplayLimitError:
                differ += 1
        if every[0] is not None:
            most = int(every[0] * rng.choice((0.5, 0.9, 0.99, 1, 1.01)))
            with patch.object(serial, "_LOOK_AHEAD", 1):
                try:
                    told(serial.SerialReplay(nest, hardware, tile, at_most=most))
                except serial.TooSlowError:
                    ended, wrong = ended + 1, wrong + (every[0] <= most)
    print(
        f"{done} mappings, {images} of several images: {differ} differ; {ended} ended early, {wrong} wrongly"
    )


def main() -> None:
    """Print a row per layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compare", type=int, metavar="N", help="compare N random mappings instead")
    parser.add_argument("--seed", type=int, default=0, help="of those")
    parser.add_argument("layers", nargs="*", help="layers or networks, as `map` takes them")
    parser.add_argument("--num-ms", type=int, default=64)
    parser.add_argument("--bandwidth", type=int, default=16, help="words per cycle in and out")
    asked = parser.parse_args()
    if asked.compare:
        compare(asked.compare, asked.seed)
        return
    hardware = read_hardware(
        num_ms=asked.num_ms, dn_bw=asked.bandwidth, rn_bw=asked.bandwidth, accumulation_buffer=False
    )
    print(f"{'layer':34} {'status':9} {'cycles':>12} {'gap':>7} {'replayed':>8} {'s':>6}")
    for layer in (layer for source in asked.layers for layer in read_layers(source)):
        began = perf_counter()
        answer = solve(primitive_of(layer), hardware, Objective.LATENCY, workers=1)
        seconds = perf_counter() - began
        print(
            f"{layer.name[:34]:34} {answer.status:9} {answer.cost.cycles:12,} {answer.gap:7.2%} "
            f"{answer.replayed:8} {seconds:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
