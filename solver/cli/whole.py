"""A layer made of parts, for `simulate`: its parts mapped, configured and executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.cli.choose import MappingFlags, choose_for
from solver.cli.options import HardwareFlags, LimitFlags, ModelFlags, SolverFlags
from solver.errors import ExitCode

if TYPE_CHECKING:
    from solver.execution.whole_layers.whole import WholeSimulation
    from solver.layer import Layer


def made_of_parts(source: str, model_flags: ModelFlags) -> Layer | None:
    """Return the one layer of a source if it is made of parts, else None."""
    from solver.layer import HostOperation, Primitive
    from solver.readers.read import read_layers

    layers = read_layers(source, model_flags.read())
    if len(layers) != 1 or isinstance(layers[0], Primitive | HostOperation):
        return None
    return layers[0]


def simulate_whole(
    layer: Layer,
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
) -> tuple[WholeSimulation, ExitCode]:
    """Map and configure every part of a layer, in the way that takes fewest cycles, and execute the layer."""
    from solver.execution.whole_layers.whole import random_operands, verify_whole
    from solver.layer import Primitive
    from solver.writers.configure import read_back

    ways = []
    for way in layer.decompositions():
        parts = [part for part in way.parts if isinstance(part.layer, Primitive)]
        distinct = list(dict.fromkeys(p.layer for p in parts if isinstance(p.layer, Primitive)))
        chosen, code = choose_for(distinct, mapping_flags, hardware_flags, limit_flags, solver_flags)
        mappings = dict(zip(distinct, chosen, strict=True))
        cycles = sum(e.cost.cycles * sum(p.repeats for p in parts if p.layer == e.layer) for e in chosen)
        ways.append((cycles, way, mappings, code))
    _, way, mappings, code = min(ways, key=lambda found: found[0])
    configs = {primitive: read_back(evaluation)[0] for primitive, evaluation in mappings.items()}
    return verify_whole(layer, way, configs, random_operands(layer, solver_flags.seed)), code
