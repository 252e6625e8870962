"""The JSON of the commands that configure, execute and explore."""

from __future__ import annotations

from typing import Any, Literal

from solver.writers.documents.parts import (
    Counts,
    Form,
    Hardware,
    Layer,
    Loops,
    Mapping,
    Number,
    Objective,
    Part,
    Status,
    Tiles,
)


class ModelCycles(Part):
    """What the cost model says."""

    cycles: int | None
    method: str | None


class ModelArray(Part):
    """What it says of the array alone, and of a whole run; of parts no method, as each has its own."""

    array_cycles: int
    cycles: int
    method: str | None = None


class SimulatorRun(Part):
    """What the reference simulator says of a configuration."""

    cycles: int
    passed: bool


class ConfiguredHead(Part):
    """What was configured, and where it goes."""

    layer: Layer
    hardware: Hardware
    mapping: Mapping
    notes: list[str]
    folder: str
    files: list[str]
    not_written: dict[str, str]


class Configured(ConfiguredHead):
    """One configuration."""

    cycles: int
    model: ModelCycles
    stonne_command: str | None
    stonne: SimulatorRun | None


class TileConfiguration(Part):
    """The configuration of all buffer tiles of one size."""

    name: str
    sizes: Loops
    sums: str
    repeats: int
    cycles: int
    stonne_command: str | None
    stonne: SimulatorRun | None


class ConfiguredLevels(ConfiguredHead):
    """A schedule of them."""

    buffer_tiles: int
    phase_count: int
    array_cycles: int
    model: ModelArray
    configurations: list[TileConfiguration]


class ConfiguredPieces(ConfiguredHead):
    """Those of a layer in pieces; `array_cycles` instead of `cycles` with a prefetch buffer."""

    cycles: int | None = None
    array_cycles: int | None = None
    model: ModelCycles | ModelArray
    pieces: list[Configured | ConfiguredLevels]


class ConfiguredPart(Configured):
    """The configuration of all parts of a layer that are alike, with their names."""

    names: list[str]
    repeats: int


class ConfiguredPiecesPart(ConfiguredPieces):
    """The same in pieces."""

    names: list[str]
    repeats: int


class ConfiguredLevelsPart(ConfiguredLevels):
    """The same with a prefetch buffer."""

    names: list[str]
    repeats: int


class ConfiguredWhole(Part):
    """A layer that is made of parts, configured."""

    layer: Layer
    decomposition: str
    folder: str
    files: list[str]
    not_written: dict[str, str]
    array_cycles: int
    model: ModelArray
    host: list[str]
    parts: list[ConfiguredPart | ConfiguredPiecesPart | ConfiguredLevelsPart]


class Executed(Part):
    """What was executed, and found to be right."""

    layer: Layer
    arithmetic: str
    verdict: Literal["correct"]
    outputs: int
    products: int
    sent: Counts
    delivered: Counts
    notes: list[str]
    run: dict[str, Any] | None = None


class Simulated(Executed):
    """A configuration, executed."""

    loops: Loops
    form: Form
    reduction: Literal["simulator", "rtl"]
    mapping: Tiles
    cycles: int
    model: ModelCycles


class SimulatedPieces(Executed):
    """A layer in pieces, executed."""

    reduction: Literal["simulator", "rtl"]
    cycles: int
    model: ModelCycles
    pieces: list[Simulated]


class ModelLevels(ModelCycles):
    """What the cost model says of a schedule."""

    transfers: dict[str, Counts]
    array_cycles: int


class RanConfiguration(Part):
    """How often a configuration of a schedule ran, and how long it takes."""

    name: str
    repeats: int
    cycles: int


class SimulatedLevels(Executed):
    """A schedule, executed."""

    loops: Loops
    form: Form
    mapping: Tiles
    buffer_tiles: int
    configurations: list[RanConfiguration]
    transfers: dict[str, Counts]
    array_cycles: int
    lockstep_cycles: int
    model: ModelLevels


class SimulatedPart(Simulated):
    """A part of a layer; the figures are of its first run."""

    part: str
    repeats: int


class SimulatedLevelsPart(SimulatedLevels):
    """A part of a layer on hardware with a prefetch buffer."""

    part: str
    repeats: int


class SimulatedPiecesPart(SimulatedPieces):
    """A part of a layer in pieces."""

    part: str
    repeats: int


class SimulatedWhole(Part):
    """A layer that is made of parts, executed."""

    layer: Layer
    verdict: Literal["correct"]
    decomposition: str
    outputs: int
    cycles: int
    host: list[str]
    notes: list[str]
    parts: list[SimulatedPart | SimulatedPiecesPart | SimulatedLevelsPart]


class ExploredSpace(Part):
    """What was evaluated."""

    size: int
    description: str


class Histogram(Part):
    """How many mappings lie between two edges."""

    edges: list[float]
    frequencies: list[int]


class Distribution(Part):
    """How a figure is distributed over the mappings."""

    figure: Literal["cycles", "energy", "edp"]
    quantiles: dict[str, float]
    histogram: Histogram


class Landmark(Part):
    """A mapping with a name, and where it lies among all."""

    name: str
    mapping: Mapping
    cycles: int
    energy: Number
    edp: Number
    ratio: float
    better: float
    outside: bool


class Optimum(Landmark):
    """The optimum."""

    status: Status


class Alternative(Landmark):
    """The best in another respect among those that are nearly optimal."""

    least: str
    value: int
    optimum_value: int
    among: int


class Sensitivity(Part):
    """The best mapping with one size of one loop."""

    loop: str
    size: int
    count: int
    best: float
    ratio: float
    exact: bool
    mapping: Tiles


class Trait(Part):
    """What the best mappings have in common, more often than all."""

    what: str
    best: int
    among: int
    share: float
    lift: float | None


class ExploredMapping(Part):
    """One of the space, with what it costs and what it is like; null where there is no prefetch buffer."""

    mapping: Mapping
    cycles: int
    energy: Number
    edp: Number
    utilization: float
    switches: int
    vn_size: int
    virtual_neurons: int
    folds: int
    buffer_accesses: int
    buffer_words: int | None
    dram_words: int | None
    exact: bool


class ExploreAnswer(Part):
    """The mapping space of a layer."""

    layer: Layer
    hardware: Hardware
    objective: Objective
    space: ExploredSpace
    sampled: bool
    seed: int
    evaluation_seconds: float
    wall_seconds: float
    interrupted: bool
    distributions: list[Distribution]
    optimum: Optimum
    in_pieces: Landmark | None
    baselines: list[Landmark]
    front: list[Landmark]
    front_proved: bool
    sensitivity: list[Sensitivity]
    best_mappings: list[ExploredMapping]
    common: list[Trait]
    tolerance: float
    alternatives: list[Alternative]
    mappings: list[ExploredMapping] | None = None
