"""Many mappings of a layer with their figures, each made exact when something depends on it.

On the array alone the closed form gives the cycles of every mapping, within 1 % or so, and a lower bound on
them; `Landscape.settle` replaces both by the replay's. With a prefetch buffer and DRAM it is the same
where the weights stay; under the other array orders the figures are exact at once (floating point aside), and
`settle` only makes the energy exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.batch import batch_events
from solver.cost.evaluate import evaluate
from solver.cost.events import decimal_places, whole_energy
from solver.cost.overtaking import may_overtake
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Cost, Objective, utilization_of, values_of
from solver.cost.two_level.evaluate import evaluate_levels
from solver.forms.form import Form
from solver.hardware import Hardware
from solver.layer import DIMS
from solver.legal.levels import level_overtakes
from solver.legal.right import overtaken
from solver.mapping.buffer_tile import ARRAY_ORDERS, DRAM_ORDERS
from solver.mapping.levels import LevelMapping, order_text
from solver.mapping.tile import Tile

MAPPING_COLUMNS = ("form", *(f"{level}_{dim}" for level in "TB" for dim in DIMS), "dram_order", "array_order")
"""Columns of `Landscape.columns` that say what the mapping is; the others say what it costs and is like."""
PROPERTIES: Mapping[str, str] = {
    "switches": "multiplier switches in use",
    "vn_size": "multipliers of a virtual neuron",
    "virtual_neurons": "virtual neurons at once",
    "folds": "folds (passes per output)",
    "buffer_accesses": "words read from and written to the global buffer",
    "buffer_words": "words of a buffer tile",
    "dram_words": "words to and from DRAM",
}
"""What is known of a mapping besides its cost; the last two only with a prefetch buffer and DRAM."""

_ACCESSES = ("weight_reads", "input_reads", "psum_reads", "writes")


@dataclass(eq=False)
class Landscape:
    """Mappings, one array element each.

    Attributes
    ----------
    hardware
        The accelerator.
    forms, which
        The ways to lower the layer, and the index of each mapping's.
    tiles
        Array tiles, shape (mappings, 8) in the order of `DIMS`.
    cycles, least_cycles
        Closed form and lower bound; equal once a mapping is exact. What is too long to replay never is.
    dynamic, static
        Dynamic energy, and static energy per cycle (energy units).
    properties
        Columns named in `PROPERTIES`.
    exact
        Which mappings' figures are exact.
    buffers, dram_order, array_order
        Buffer tiles and indices into `DRAM_ORDERS` and `ARRAY_ORDERS`, or None on the array alone.
    costs
        Exact costs of mappings that were settled, by index.
    unchecked
        Which mappings only a replay would clear of weights that overtake inputs, and were not replayed; None
        for none.
    wrong
        Those in which weights do overtake inputs, as far as they were checked; and those that are too long to
        replay to rule it out.
    unclear
        Least cycles and least energies of the latter, by their indices when they were checked.
    """

    hardware: Hardware
    forms: Sequence[Form]
    which: IntArray
    tiles: IntArray
    cycles: IntArray
    least_cycles: IntArray
    dynamic: FloatArray
    static: float
    properties: dict[str, IntArray]
    exact: BoolArray
    buffers: IntArray | None = None
    dram_order: IntArray | None = None
    array_order: IntArray | None = None
    costs: dict[int, Cost] = field(default_factory=dict)
    unchecked: BoolArray | None = None
    wrong: set[int] = field(default_factory=set)
    unclear: dict[int, tuple[int, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tiles)

    @cached_property
    def places(self) -> int:
        """Decimal places that energies have, as the prices do."""
        return decimal_places(self.hardware)

    @property
    def energy(self) -> FloatArray:
        """Energy of every mapping, with the cycles known of it: the float next to the decimal that it is."""
        energy: FloatArray = whole_energy(self.dynamic, self.static, self.cycles)
        energy.round(self.places, out=energy)
        return energy

    @property
    def least_energy(self) -> FloatArray:
        """Lower bound on the energy of every mapping."""
        return self.dynamic + self.static * self.least_cycles

    def values(self, objective: Objective) -> FloatArray:
        """Return the objective of every mapping, with the cycles known of it."""
        return values_of(objective, self.cycles, self.energy)

    def least(self, objective: Objective) -> FloatArray:
        """Return a lower bound on the objective of every mapping."""
        return values_of(objective, self.least_cycles, self.least_energy)

    def right(self, index: int) -> bool:
        """Return whether a mapping computes what it should, replaying it if nothing cheaper tells."""
        index = int(index)
        if self.unchecked is not None and self.unchecked[index]:
            self.unchecked[index] = False
            nest = self.forms[int(self.which[index])].nest
            mapping = self.mapping(index)
            try:
                wrong = (
                    overtaken(nest, self.hardware, mapping)
                    if isinstance(mapping, Tile)
                    else level_overtakes(nest, self.hardware, mapping)
                )
            except ReplayLimitError:
                wrong = True
                self.unclear[index] = int(self.least_cycles[index]), float(self.least_energy[index])
            if wrong:
                self.wrong.add(index)
        return index not in self.wrong

    def known(self, index: int) -> bool:
        """Return whether a mapping is known to compute what it should, without replaying it now."""
        return index not in self.wrong and (self.unchecked is None or not self.unchecked[index])

    def without_wrong(self) -> Landscape:
        """Return the landscape without the mappings that were found to be wrong."""
        if not self.wrong:
            return self
        kept = np.ones(len(self), dtype=bool)
        kept[list(self.wrong)] = False
        place = np.cumsum(kept) - 1
        columns: dict[str, Any] = {
            name: value[kept] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        properties = {name: column[kept] for name, column in self.properties.items()}
        costs = {int(place[index]): cost for index, cost in self.costs.items() if kept[index]}
        return replace(self, **columns, properties=properties, costs=costs, wrong=set())

    def settle(self, index: int) -> Cost:
        """Make one mapping's figures exact, and return its cost."""
        index = int(index)
        if index not in self.costs:
            mapping = self.mapping(index)
            nest = self.forms[int(self.which[index])].nest
            cost = (
                evaluate(nest, self.hardware, mapping)
                if isinstance(mapping, Tile)
                else evaluate_levels(nest, self.hardware, mapping)[0]
            )
            self.costs[index] = cost
            self.cycles[index] = cost.cycles
            if cost.method != "closed form":
                self.least_cycles[index] = cost.cycles
                self.exact[index] = True
        return self.costs[index]

    def mapping(self, index: int) -> Tile | LevelMapping:
        """Return one mapping."""
        tile = Tile.of(self.tiles[index])
        if self.buffers is None or self.dram_order is None or self.array_order is None:
            return tile
        return LevelMapping(
            tile,
            Tile.of(self.buffers[index]),
            DRAM_ORDERS[self.dram_order[index]],
            ARRAY_ORDERS[self.array_order[index]],
        )

    def form(self, index: int) -> str:
        """Return the name of one mapping's form."""
        return self.forms[int(self.which[index])].name

    def columns(self) -> dict[str, NDArray]:
        """Return the mappings as columns of a table: sizes, figures, properties.

        The columns are the same on every accelerator; those of the levels behind the array are None where
        there are none.
        """
        table: dict[str, NDArray] = {"form": np.array([form.name for form in self.forms])[self.which]}
        table |= {f"T_{dim}": self.tiles[:, i] for i, dim in enumerate(DIMS)}
        nothing = np.full(len(self), None)
        table |= {f"B_{dim}": nothing for dim in DIMS} | {"dram_order": nothing, "array_order": nothing}
        if self.buffers is not None:
            table |= {f"B_{dim}": self.buffers[:, i] for i, dim in enumerate(DIMS)}
            table["dram_order"] = np.array([order_text(order) for order in DRAM_ORDERS])[self.dram_order]
            table["array_order"] = np.array(ARRAY_ORDERS)[self.array_order]
        energy = self.energy
        edp = np.round(energy * self.cycles, self.places)
        table |= {"cycles": self.cycles, "energy": energy, "edp": edp}
        macs = np.array([form.nest.macs for form in self.forms])[self.which]
        table["utilization"] = utilization_of(macs, self.hardware, self.cycles)
        properties = {name: self.properties.get(name, nothing) for name in PROPERTIES}
        return table | properties | {"exact": self.exact}


def array_landscape(forms: Sequence[Form], hardware: Hardware, tiles: Sequence[IntArray]) -> Landscape:
    """Evaluate array tiles that keep the rules in closed form.

    Parameters
    ----------
    forms
        The ways to lower the layer.
    tiles
        The tiles of each, shape (tiles, 8).
    """
    pairs = [(form.nest, some) for form, some in zip(forms, tiles, strict=True)]
    batches, counts = zip(*(batch_events(nest, hardware, some) for nest, some in pairs), strict=True)
    accesses = np.concatenate([sum(count[name] for name in _ACCESSES) for count in counts])
    all_tiles = np.concatenate(tiles)
    sizes = np.concatenate([np.broadcast_to(np.array(nest.sizes), some.shape) for nest, some in pairs])
    return Landscape(
        hardware=hardware,
        forms=forms,
        which=np.repeat(np.arange(len(forms)), [len(some) for some in tiles]),
        tiles=all_tiles,
        cycles=np.concatenate([batch.cycles for batch in batches]),
        least_cycles=np.concatenate([batch.least_cycles for batch in batches]),
        dynamic=np.concatenate([batch.dynamic_energy for batch in batches]),
        static=batches[0].static_per_cycle,
        properties=shape_properties(all_tiles, sizes) | {"buffer_accesses": accesses},
        exact=np.zeros(len(all_tiles), dtype=bool),
        unchecked=np.concatenate([may_overtake(nest, hardware, some) for nest, some in pairs]),
    )


def shape_properties(tiles: IntArray, inner: IntArray) -> dict[str, IntArray]:
    """Return what follows from array tiles and the loops that they fold over (layer or buffer tile)."""
    r, s, c, k, g, n, x, y = tiles.T
    vn_size, count = r * s * c, k * g * n * x * y
    folds = (-(-inner[:, :3] // tiles[:, :3])).prod(axis=1)
    return {"switches": vn_size * count, "vn_size": vn_size, "virtual_neurons": count, "folds": folds}
