"""Mappings in which weights may overtake inputs."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np

from solver.cost.overtaking import may_overtake
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile


def doubtful(seed: int, number: int) -> Iterator[tuple[LoopNest, Hardware, Tile]]:
    """Draw mappings of which only a comparison of cycles tells whether weights overtake inputs."""
    rng, drawn = Random(seed), 0
    while drawn < number:
        sizes = {dim: rng.randint(1, most) for dim, most in zip("RCKGNX", (3, 3, 6, 4, 6, 8), strict=True)}
        nest = LoopNest(**sizes, S=rng.randint(2, 6), Y=rng.randint(2, 9))
        ports, lines = (2 ** rng.randint(1, 3) for _ in range(2))
        hardware = read_hardware(num_ms=2 ** rng.randint(3, 7), dn_bw=ports, rn_bw=lines)
        tiles = candidate_tiles(nest, hardware)
        places = np.flatnonzero(may_overtake(nest, hardware, tiles)).tolist()
        for at in rng.sample(places, min(len(places), 8)):
            yield nest, hardware, Tile.of(tiles[at])
            drawn += 1
