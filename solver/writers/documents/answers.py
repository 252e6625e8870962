"""The JSON of the commands that search and compare mappings, networks and accelerators."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from solver.writers.documents.parts import (
    Baseline,
    Cost,
    Counterpart,
    Counts,
    Figures,
    Hardware,
    Infeasible,
    Layer,
    LevelFigures,
    Loop,
    Mapped,
    Mapping,
    Number,
    Numbers,
    Objective,
    Part,
    Problem,
    Rates,
    Setup,
    Solution,
    Space,
    Status,
    WordBytes,
)


class MapAnswer(Solution):
    """The best mapping of a layer, beside the heuristics'."""

    baselines: list[Baseline]
    simulator: list[Counterpart]


class FrontPoint(Part):
    """A mapping that no other beats in both latency and energy."""

    proved: bool
    energy_bound: Number
    gap: float
    mapping: Mapping
    cost: Cost
    levels: LevelFigures | None
    loop_nest: list[Loop]


class FrontAnswer(Part):
    """All of them, with ``--objective pareto``."""

    layer: Layer
    hardware: Hardware
    objective: Literal["pareto"]
    status: Status
    proved: bool
    wall_seconds: float
    space: Space
    corners: bool
    points: list[FrontPoint]


class EvaluateAnswer(Mapped):
    """What a mapping costs."""


class LowerBounds(Part):
    """What no mapping can beat, by cause, and how far the optimum is from it."""

    cycles_by_resource: Counts
    energy_by_cause: Numbers
    value: Number
    distance: float | None


class Doubling(Part):
    """What twice as much of one resource brings, or the reason why that is not known."""

    resource: str
    reason: str | None = None
    before: int | None = None
    after: int | None = None
    objective_value: Number | None = None
    ratio: float | None = None
    proved: bool | None = None
    gap: float | None = None
    bottleneck: str | None = None
    close_to_bottleneck: list[str] | None = None
    cycles: int | None = None
    energy: Number | None = None
    mapping: Mapping | None = None
    remark: str | None = None


class AsWritten(Part):
    """The best mapping of the loops as they are written."""

    objective_value: Number
    ratio: float | None
    proved: bool
    mapping: Mapping


class ExplainAnswer(Solution):
    """An optimum, explained."""

    lower_bounds: LowerBounds
    doublings: list[Doubling]
    written: AsWritten | None


class HostPart(Part):
    """A part that runs on the host, or that was not reached."""

    part: str
    repeats: int
    from_cache: bool
    layer: Layer
    status: Literal["host", "missing"]


class MappedPart(MapAnswer):
    """A part with its mapping."""

    part: str
    repeats: int
    from_cache: bool


class LostPart(Infeasible):
    """A part without one."""

    part: str
    repeats: int
    from_cache: bool


class NetworkLayer(Figures):
    """A layer of a network; its figures cover all parts and repeats."""

    layer: Layer
    status: Status | Literal["host", "missing", "infeasible"]
    reason: str
    decomposition: str
    other_decompositions: Numbers
    gap: float | None
    setup: Setup
    parts: list[MappedPart | LostPart | HostPart]


class Total(Figures):
    """The totals of a network."""

    proved: bool
    bound: Number | None
    gap: float | None


class BaselineTotal(Figures):
    """The totals of a baseline over the layers that both map."""

    name: str
    layer_count: int
    ratio: float | None


class Held(Part):
    """A tensor or a layer with its bytes."""

    name: str
    bytes: int


class Needs(Part):
    """What a network needs in memory."""

    word_bytes: WordBytes
    weights_bytes: int
    activations_bytes: int
    largest_tensor: Held
    largest_layer: Held
    buffer_bytes: int | None
    fitting_layers: int | None
    layer_count: int


class NetworkAnswer(Part):
    """Every layer of a network, and totals."""

    network: str
    hardware: Hardware
    objective: Objective
    wall_seconds: float
    different_layers: int
    cached: int
    interrupted: bool
    total: Total
    setup: Setup
    needs: Needs | None
    baselines: list[BaselineTotal]
    notes: list[str]
    problems: list[Problem]
    layers: list[NetworkLayer]


class Accelerator(Part):
    """What sweep and design vary."""

    num_ms: int
    dn_bw: int
    rn_bw: int
    accumulation_buffer: bool
    buffer_bytes: int | None
    dram_bandwidth: int | None
    count_setup: bool
    area: Number | None
    reason: str


class SweepRow(Accelerator):
    """A network on an accelerator."""

    network: str
    objective: Objective
    status: Status | Literal["infeasible", "missing", "failed", "left out"]
    layer_count: int
    rewritten_layers: int | None
    cycles: int | None
    seconds: float | None
    energy: Number | None
    edp: Number | None
    power: Number | None
    utilization: float | None
    gap: float | None


class SweepAnswer(Part):
    """Networks on accelerators."""

    skipped: int
    questions: int
    cached: int
    interrupted: bool
    wall_seconds: float
    problems: list[Problem]
    rows: list[SweepRow]


class DesignPart(Part):
    """A part of a layer on the best accelerator."""

    repeats: int
    mapping: Mapping


class DesignLayer(Part):
    """A layer on it."""

    name: str
    cycles: int
    energy: Number
    parts: list[DesignPart]


class DesignPoint(Accelerator):
    """An accelerator with the network's value on it, or its bound."""

    objective_value: Number | None
    bound: Number | None
    layers_solved: int


class DesignAnswer(Part):
    """The best accelerator."""

    network: str
    objective: Objective
    max_area: Number | None
    max_power: Number | None
    hardware: Hardware | None
    area: Number | None
    cycles: int | None
    energy: Number | None
    edp: Number | None
    power: Number | None
    rates: Rates | None = None
    objective_value: Number | None
    bound: Number | None
    gap: float | None
    proved: bool
    over_area: int
    skipped: int
    solves: int
    questions: int
    cached: int
    interrupted: bool
    problems: list[Problem]
    wall_seconds: float
    layers: list[DesignLayer]
    accelerators: list[DesignPoint]


class Step(Part):
    """What happens in one control step."""

    unicasts: int
    multicasts: int
    multicast_sizes: Counts
    words: int
    deliveries: int
    busiest_port_words: int
    multiplications: int
    outputs: int
    forwards: int


class Phase(Part):
    """A kind of control step, how often it happens, and its words."""

    phase: str
    operand: str
    steps: int
    per_step: Step
    unicasts: int
    multicasts: int
    words: int


class Profile(Part):
    """Everything that a mapping makes each part do."""

    vn_size: int
    virtual_neurons: int
    idle_switches: int
    peak_utilization: float
    step_utilization: float
    average_utilization: float
    control_steps: int
    outputs_per_step: int
    register_accesses: int
    reductions: int
    reduce_switch_accesses: int
    distribute_switch_accesses: int
    code_bytes: int
    dram_words_read: int
    dram_words_written: int
    dram_energy: Number | None
    energy_by_event: Numbers
    phases: list[Phase]


class ProfileOfSolution(MapAnswer):
    """The profile of a layer's best mapping."""

    repeats: int
    profile: Profile


class ProfileOfMapping(Mapped):
    """The profile of a mapping that was given."""

    repeats: int
    profile: Profile


class ConvertedShapes(Part):
    """Sizes of a layer's tensors, in words for people."""

    input_shape: str
    weight_shape: str
    output_shape: str


class ConvertedLayer(Layer):
    """A layer of a model, with the keys of its kind."""

    shapes: ConvertedShapes
    macs: int


class ConvertAnswer(Part):
    """The layers of a model."""

    network: str
    layers: list[ConvertedLayer]
    macs: int
    host_operations: list[Layer]
    notes: list[str]
    problems: list[Problem] = Field(description="What could not be read.")
