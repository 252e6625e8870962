"""The form of configuration.json, as pydantic models; its JSON schema is shipped beside this file.

`configuration.schema.json` is generated from here (``python -m solver.writers.switch_document`` prints it); a
test compares the two.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = "maeri-solver switch configuration"
VERSION = 1

MOST = 2**53
"""Largest number in a file: no layer has more words or products, and 64 bits hold what is computed of it."""

Natural = Annotated[int, Field(ge=0, le=MOST, strict=True)]
Positive = Annotated[int, Field(ge=1, le=MOST, strict=True)]
Pair = Annotated[list[Positive], Field(min_length=2, max_length=2)]
Range = Annotated[list[Natural], Field(min_length=2, max_length=2)]
Output = Annotated[str, Field(pattern=r"^(S[0-9]{1,6}|D[0-9]{1,6}\.[LR])$")]


class Model(BaseModel):
    """Base of all parts: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")


class LoopSizes(Model):
    """Sizes of the eight loops, or of the tile."""

    R: Positive
    S: Positive
    C: Positive
    K: Positive
    G: Positive
    N: Positive
    X: Positive
    Y: Positive


class Loops(LoopSizes):
    """The loop nest; C and K are per group, X and Y are output rows and columns, the input is padded."""

    stride: Pair = Field(description="Rows, columns.")
    dilation: Pair = Field(description="Rows, columns.")
    operation: Literal["mac", "max"] = Field(description="What the adder switches do with two values.")
    sums: Literal["whole", "begun", "continued"] = Field(
        default="whole",
        description="Whether outputs are finished here, or are sums that buffer tiles begin and continue.",
    )


class ArrayPart(Model):
    """What the switches must know of the hardware."""

    num_ms: Positive = Field(description="Multiplier switches.")
    dn_bw: Positive = Field(description="Distribution ports; port p feeds num_ms / dn_bw switches.")
    rn_bw: Positive = Field(description="Collection buses.")
    accumulation_buffer: bool
    reduction: Literal["simulator", "rtl"]
    forwarding: Literal["sliding", "none"]


class DoublePart(Model):
    """A double switch of the real tree."""

    id: Natural
    left: Literal["IDLE", "ADD_ONE", "ADD_TWO", "ADD_THREE"]
    right: Literal["IDLE", "ADD_ONE", "ADD_TWO", "ADD_THREE"]
    emit_left: bool = Field(description="genOutputL: the left output goes to the collection bus.")
    emit_right: bool = Field(description="genOutputR.")


class SinglePart(Model):
    """A single switch of the real tree."""

    id: Natural
    mode: Literal["IDLE", "ADD_TWO", "FLOW_LEFT", "FLOW_RIGHT"]
    emit: bool = Field(description="genOutput.")


class LanePart(Model):
    """What an adder of the simulator does with the values of one virtual neuron."""

    vn: Natural
    adds: list[Literal["L", "R", "link"]] = Field(
        min_length=1, max_length=3, description="Inputs it adds up."
    )
    to: Literal["up", "link", "bus"] = Field(description="Parent, forwarding link, or collection bus.")


class AdderPart(Model):
    """An adder of the simulator's tree."""

    adder: Output
    lanes: list[LanePart]


class RealTree(Model):
    """The adder tree of the real hardware; switches not listed are idle."""

    kind: Literal["rtl"]
    doubles: list[DoublePart]
    singles: list[SinglePart]


class SimulatorTree(Model):
    """The adder tree of the simulator; adders not listed are idle."""

    kind: Literal["simulator"]
    adders: list[AdderPart]


class MultiplierRun(Model):
    """Neighbouring multiplier switches with the same setting; those in no run are idle."""

    first: Natural
    last: Natural
    state: str = Field(description="State of the multipliers, see docs in solver/switches/switch_config.py.")
    count: Natural = Field(
        description="Weights or products per step; psumCount (real hardware) in a configuration, and 0 in a "
        "weight load."
    )


class WordPart(Model):
    """A word on a distribution port."""

    mask: str = Field(pattern=r"^0x[0-9a-f]+$", description="Destinations; bit k is the port's switch k.")
    operand: Literal["weight", "input", "partial sum"]
    offset: list[Natural] = Field(
        description="Place in the tile: weight (g, k, c, r, s), input (n, g, c, row, col), partial sum (vn)."
    )


class PortPart(Model):
    """The words of one port in one step, in the order in which they are sent."""

    port: Natural
    words: list[WordPart]


class StreamsPart(Model):
    """Streams of windows that run under one configuration of the real multipliers."""

    windows: Positive
    first: Natural
    step: Positive
    repeats: Positive


class OrderRunPart(Model):
    """Values on a bus that repeat, one window further each time."""

    repeats: Positive
    body: list[Range] = Field(min_length=1, description="[virtual neuron, window of the stream].")


class BusOrderPart(Model):
    """Which value is which on a bus of the real hardware, in a stream that is the first of a run.

    In later ones values that come in the same cycle leave in the order of rule S4.
    """

    bus: Natural
    runs: list[OrderRunPart]


class PhasePart(Model):
    """A phase: what distribution network and multipliers do in one step."""

    kind: Literal["weight load", "configuration", "window", "first window", "sliding window", "last window"]
    when: dict[Literal["n", "g", "k", "x", "y", "fold"], Range] = Field(
        description="Inclusive ranges of the loop indices in which the phase holds; others do not matter."
    )
    repetitions: Positive = Field(description="How often the phase runs in the layer.")
    multipliers: list[MultiplierRun]
    ports: list[PortPart]
    streams: StreamsPart | None = None
    bus_orders: list[BusOrderPart] = []


class OutputPart(Model):
    """What the values are that one output of the adder tree puts on its bus."""

    vn: Natural
    output: Output
    bus: Natural
    offset: Annotated[list[Natural], Field(min_length=5, max_length=5)] = Field(
        description="Output of the tile: (n, g, k, x, y)."
    )


class Document(Model):
    """The setting of every switch of a MAERI array for one mapping of one layer."""

    format: Literal["maeri-solver switch configuration"]
    version: Literal[1]
    layer: str = Field(description="Name of the layer.")
    loops: Loops
    hardware: ArrayPart
    tile: LoopSizes
    loop_order: list[Literal["n", "g", "k", "x", "y", "fold"]] = Field(description="Outermost loop first.")
    trip_counts: dict[Literal["n", "g", "k", "x", "y", "fold"], Positive] = Field(
        description="Tiles per loop; fold counts those of C, R and S, with S fastest."
    )
    partial_tiles: dict[Literal["R", "S", "C", "K", "G", "N", "X", "Y"], Positive] = Field(
        description="Size of the last tile where the tile does not divide the loop."
    )
    auxiliary: bool = Field(description="Whether each virtual neuron's first switch carries partial sums.")
    placement: list[Annotated[list[Natural], Field(min_length=2, max_length=2)]] = Field(
        description="First switch and size of every virtual neuron."
    )
    tree: Annotated[RealTree | SimulatorTree, Field(discriminator="kind")]
    phases: list[PhasePart]
    outputs: list[OutputPart]


def schema() -> dict[str, Any]:
    """Return the JSON schema of configuration.json."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}


def schema_text() -> str:
    """Return the content of configuration.schema.json."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
