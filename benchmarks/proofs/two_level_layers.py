"""The layers and the accelerator of the two-level benchmarks."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace

from solver.cost.result import Objective
from solver.forms.wish import AS_WRITTEN
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest, Primitive
from solver.readers.read import read_layers

NETWORKS = ("vgg16", "resnet50", "mobilenetv2", "bert_base")


def options() -> argparse.ArgumentParser:
    """Return the options that these benchmarks share: buffers, objectives, networks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--buffer", type=int, nargs="+", default=[64, 512], help="KiB")
    parser.add_argument(
        "--objective", type=Objective, nargs="+", default=[Objective.ENERGY, Objective.LATENCY]
    )
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    return parser


@dataclass(frozen=True)
class Distinct:
    """A loop nest (or the two of a matrix product) with the layers that have it.

    Attributes
    ----------
    layer
        The first of them.
    networks
        How many layers of each network.
    """

    layer: Primitive
    networks: Counter[str]

    @property
    def name(self) -> str:
        """The network and the name of the first layer."""
        return f"{next(iter(self.networks))} {self.layer.name}"


def distinct_layers(networks: tuple[str, ...] = NETWORKS) -> list[Distinct]:
    """Return the layers of the networks, each set of loop nests once."""
    hardware = read_hardware()
    found: dict[tuple[LoopNest, ...], Distinct] = {}
    for network in networks:
        for layer in read_layers(network):
            assert isinstance(layer, Primitive)
            nests = tuple(form.nest for form in AS_WRITTEN.forms(layer, hardware))
            found.setdefault(nests, Distinct(layer, Counter())).networks[network] += 1
    return list(found.values())


def accelerator(kib: int, **memory: object) -> Hardware:
    """Return 256 switches behind a double buffer of 16-bit words and a DRAM of 16 words per cycle."""
    buffer = PrefetchBuffer(capacity=kib * 1024)
    keys = {"buffer": buffer, "dram_bandwidth": 16} | memory
    return replace(read_hardware("maeri-256"), memory=Memory(**keys))  # type: ignore[arg-type]
