"""Time to proof over all shipped layers, each distinct loop nest once, under every objective.

Run from the repository root: python -m benchmarks.proofs.proof_time [--num-ms N --dn-bw N --rn-bw N]
[--workers N]
[--objective latency|energy|edp] [--command] [NAME...]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import mean, median, quantiles

from benchmarks.proofs.answers import distinct_layers
from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Primitive
from solver.readers.read import shipped_layers
from solver.search.solve import solve


@dataclass(frozen=True)
class Proof:
    """One layer's search."""

    name: str
    solution: Solution
    cpu_seconds: float

    @property
    def seconds(self) -> float:
        """Time to the proof."""
        return self.solution.wall_seconds


def report(objective: Objective, proofs: list[Proof]) -> None:
    seconds = [proof.seconds for proof in proofs]
    worst = sorted(proofs, key=lambda proof: proof.seconds, reverse=True)[:3]
    proved = sum(proof.solution.proved for proof in proofs)
    work = [proof.cpu_seconds for proof in proofs]
    names = ", ".join(f"{proof.name} {proof.seconds:.2f}" for proof in worst)
    print(
        f"  {objective:8} proved {proved} of {len(proofs)}: median {median(seconds):.2f} s, "
        f"95 % {quantiles(seconds, n=20)[-1]:.2f} s, worst {max(seconds):.2f} s; "
        f"mean space {mean(p.solution.space.size for p in proofs):,.0f}, "
        f"replayed {mean(p.solution.replayed for p in proofs):.1f}, "
        f"at most {max(p.solution.replayed for p in proofs)}"
    )
    print(
        f"           CPU time of all threads: median {median(work):.2f} s, "
        f"95 % {quantiles(work, n=20)[-1]:.2f} s, worst {max(work):.2f} s; slowest: {names}"
    )


def command_time() -> tuple[float, float]:
    """Return the seconds and the CPU seconds of the whole main job in a fresh process."""
    began, before = time.perf_counter(), os.times()
    subprocess.run(
        [sys.executable, "-m", "solver", "map", "layers/vgg_conv3.yaml", "--objective", "energy"],
        check=True,
        capture_output=True,
    )
    after = os.times()
    work = sum(after[2:4]) - sum(before[2:4])
    return time.perf_counter() - began, work


def prove(
    layers: dict[LoopNest, Primitive], hardware: Hardware, objective: Objective, workers: int
) -> list[Proof]:
    proofs = []
    for nest, layer in layers.items():
        began = time.process_time()
        solution = solve(layer, hardware, objective, workers=workers)
        proofs.append(Proof(layer.name or str(nest), solution, time.process_time() - began))
    return proofs


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="layers and networks [default: all shipped ones]")
    parser.add_argument("--num-ms", type=int, default=256)
    parser.add_argument("--dn-bw", type=int, default=64)
    parser.add_argument("--rn-bw", type=int, default=64)
    parser.add_argument("--no-accumulation-buffer", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--objective", type=Objective, choices=list(Objective))
    parser.add_argument("--command", action="store_true", help="time the whole command instead")
    arguments = parser.parse_args()
    if arguments.command:
        runs = [command_time() for _ in range(3)]
        print(
            "map layers/vgg_conv3.yaml --objective energy, fresh processes: "
            + ", ".join(f"{wall:.2f} s ({cpu:.2f} s CPU)" for wall, cpu in runs)
        )
        return 0
    hardware = read_hardware(
        num_ms=arguments.num_ms,
        dn_bw=arguments.dn_bw,
        rn_bw=arguments.rn_bw,
        accumulation_buffer=not arguments.no_accumulation_buffer,
    )
    layers = distinct_layers(arguments.names or shipped_layers())
    print(f"{len(layers)} distinct layers, {hardware.name}, {arguments.workers} workers")
    missing = 0
    for objective in [arguments.objective] if arguments.objective else list(Objective):
        proofs = prove(layers, hardware, objective, arguments.workers)
        report(objective, proofs)
        missing += sum(not proof.solution.proved for proof in proofs)
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())
