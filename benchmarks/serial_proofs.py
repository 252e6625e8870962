"""Which layers are proved without accumulation buffer, and how far the others are open.

python -m benchmarks.serial_proofs alexnet squeezenet --num-ms 64 --bandwidth 16
"""

from __future__ import annotations

import argparse
from time import perf_counter

from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.interface.inputs import primitive_of
from solver.readers.read import read_layers
from solver.search.solve import solve


def main() -> None:
    """Print a row per layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", nargs="+", help="layers or networks, as `map` takes them")
    parser.add_argument("--num-ms", type=int, default=64)
    parser.add_argument("--bandwidth", type=int, default=16, help="words per cycle in and out")
    asked = parser.parse_args()
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
