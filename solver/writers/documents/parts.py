"""Parts that the JSON of several commands has: hardware, mappings, costs, levels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from solver.cost import objective

Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
Counts = dict[str, int]
Numbers = dict[str, Number]
Objective = Annotated[
    objective.Objective,
    Field(strict=False),
    WithJsonSchema(
        {"enum": [str(each) for each in objective.Objective], "title": "Objective", "type": "string"}
    ),
]
Operand = Literal["weights", "inputs", "outputs"]
Status = Literal["optimal", "feasible", "interrupted"]


class Part(BaseModel):
    """Base of all parts: unknown keys are mistakes, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Layer(Part):
    """A layer under the keys of its YAML form, which differ by kind (docs/reference/yaml.md)."""

    model_config = ConfigDict(extra="allow", strict=True)

    kind: str
    name: str = ""


class Loops(Part):
    """One number for each of the eight loops."""

    R: int
    S: int
    C: int
    K: int
    G: int
    N: int
    X: int
    Y: int


class WordBytes(Part):
    """Bytes of a word of each operand."""

    weights: int
    inputs: int
    outputs: int


class PrefetchBuffer(Part):
    """The buffer before DRAM: bytes for all operands (capacity), or for each."""

    capacity: int | None = None
    weights: int | None = None
    inputs: int | None = None
    outputs: int | None = None
    double_buffered: bool
    word_bytes: WordBytes
    bandwidth: int | None = None
    adder: bool


class Hardware(Part):
    """An accelerator under the keys of its YAML form; those of the levels behind the array if it has any."""

    name: str
    num_ms: int
    dn_bw: int
    rn_bw: int
    accumulation_buffer: bool
    energy_table: str
    reduction: Literal["simulator", "rtl"]
    forwarding: Literal["sliding", "none"]
    prefetch_buffer: PrefetchBuffer | None = None
    dram_bandwidth: int | None = None
    controller: Literal["fixed", "programmable"] | None = None
    weights_per_switch: int | None = None
    count_setup: Literal[True] | None = None


class Form(Part):
    """How a layer is written as loops: what that asks of memory, and how often an input word is stored."""

    name: str
    layout: str
    copies: float


class Levels(Part):
    """The mapping of the levels behind the array."""

    buffer_tile: Loops | None = None
    dram_order: str | None = Field(default=None, examples=["G K NXY CRS"])
    array_order: Operand | None = None


class Roofline(Part):
    """MACs per DRAM word, and per cycle."""

    intensity: float
    attained: float
    peak: int
    ridge: float


class LevelRow(Part):
    """Words of an operand that a level reads and writes, and their energy."""

    level: Literal["DRAM", "buffer"]
    operand: Operand
    words: int
    energy: Number


class LevelFigures(Part):
    """What a two-level mapping moves, holds and spends."""

    array_cycles: int
    transfer_cycles: int
    stall_cycles: int
    by_level: list[LevelRow]
    transfers: dict[str, Counts]
    tile_words: Counts
    tile_bytes: int
    capacity_words: Counts
    dram_bytes: int
    word_energy: Numbers
    roofline: Roofline


class Cost(Part):
    """What a mapping costs."""

    cycles: int
    energy: Number
    edp: Number
    utilization: float
    bottleneck: str
    close_to_bottleneck: list[str]
    waits: Counts
    method: str
    counts: Counts
    energy_by_component: Numbers


class Piece(Levels):
    """A range of a layer that runs as a layer of its own."""

    base: str
    loop: str
    begin: int
    count: int
    tile: Loops
    stationary: Literal["weights", "inputs"]
    form: Form
    cost: Cost
    levels: LevelFigures | None


class Mapping(Levels):
    """A mapping: the tile, or the pieces of a layer in several."""

    tile: Loops | None = None
    stationary: Literal["weights", "inputs", "mixed"]
    form: Form
    pieces: list[Piece] | None = None


class Tiles(Levels):
    """The sizes of a mapping alone."""

    tile: Loops


class Setup(Part):
    """What setting up the array takes."""

    trees: int
    tree_words: int
    settings: int
    multiplier_settings: int
    cycles: int
    counted: int
    uncounted: int


class Holding(Part):
    """The level that holds an operand."""

    operand: Operand
    level: str


class Loop(Part):
    """A loop of the loop nest; whose contents it renews, and where each operand is held inside of it."""

    dim: str
    level: str
    trips: int
    step: int
    last: int
    holds: list[Holding]


class Rates(Part):
    """Figures at the clock of the hardware."""

    seconds: float
    per_second: float
    gops: float
    dram_bytes_per_second: float | None


class Figures(Part):
    """What adds up over layers; nulls where a layer has no mapping."""

    cycles: int | None
    energy: Number | None
    edp: Number | None
    utilization: float | None
    macs: int | None
    rates: Rates | None = None


class Problem(Part):
    """What is missing from an answer, and why."""

    where: str
    kind: str
    message: str


class Baseline(Part):
    """What a heuristic chose, with the keys of `Cost` if it found a legal mapping."""

    name: str
    mapping: Mapping | None
    note: str
    outside: bool
    cycles: int | None = None
    energy: Number | None = None
    edp: Number | None = None
    utilization: float | None = None
    bottleneck: str | None = None
    close_to_bottleneck: list[str] | None = None
    waits: Counts | None = None
    method: str | None = None
    counts: Counts | None = None
    energy_by_component: Numbers | None = None


class Counterpart(Part):
    """The same question on the simulator's array."""

    ratio: float
    accumulation_buffer: bool
    mapping: Mapping
    proved: bool
    cost: Cost


class OnePiece(Part):
    """The best mapping in one piece beside one in several."""

    mapping: Mapping
    proved: bool
    cost: Cost


class Space(Part):
    """The mappings that an answer speaks for, of so many forms of the layer."""

    size: int
    description: str
    forms: int


class Mapped(Part):
    """A layer on an accelerator with its mapping."""

    layer: Layer
    hardware: Hardware
    notes: list[str]
    mapping: Mapping
    cost: Cost
    rates: Rates | None = None
    levels: LevelFigures | None
    setup: Setup
    loop_nest: list[Loop]


class Solution(Mapped):
    """A mapping with the proof (or the gap) that goes with it."""

    objective: Objective
    status: Status
    objective_value: Number
    bound: Number
    gap: float
    proved: bool
    prover: str
    wall_seconds: float
    space: Space
    replayed: int
    one_piece: OnePiece | None = None


class Infeasible(Part):
    """A layer that has no mapping, with the reason."""

    layer: Layer
    hardware: Hardware
    objective: Objective | Literal["pareto"]
    status: Literal["infeasible"]
    reason: str
