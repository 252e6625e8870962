"""The form of schedule.json, as pydantic models; its JSON schema is shipped beside this file.

`schedule.schema.json` is generated from here (``python -m solver.writers.schedule.document`` prints it); a
test compares the two.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from solver.mapping.levels import ORDER_TEXTS, read_order
from solver.writers.switch_document import Loops, LoopSizes, Model, Natural, Positive, Range

FORMAT = "maeri-solver schedule"
VERSION = 1

Dim = Literal["R", "S", "C", "K", "G", "N", "X", "Y"]
Amount = Annotated[int, Field(ge=1, le=2**53, strict=True)]
Run = Annotated[list[Natural], Field(min_length=3, max_length=3)]


class WordBytesPart(Model):
    """Bytes of a word of each operand; partial sums are words of the outputs."""

    weights: Amount
    inputs: Amount
    outputs: Amount


class BufferPart(Model):
    """The prefetch buffer: bytes shared by all operands (capacity), or split."""

    capacity: Amount | None = None
    weights: Amount | None = None
    inputs: Amount | None = None
    outputs: Amount | None = None
    double_buffered: bool = Field(strict=True, description="Each tile then takes its room twice.")
    word_bytes: WordBytesPart | Amount = Field(
        description="Bytes of a word of each operand; older files have one number for all of them."
    )
    bandwidth: Amount | None = Field(
        default=None, description="Words per cycle, the narrowest; no limit if left out."
    )
    adder: bool = Field(
        default=False,
        strict=True,
        description="Whether it adds partial sums; else they come back through the distribution ports.",
    )


class MemoryPart(Model):
    """The levels behind the array."""

    prefetch_buffer: BufferPart
    dram_bandwidth: Amount = Field(
        description="Words per cycle, the narrowest of them, both directions together."
    )
    controller: Literal["fixed", "programmable"]
    weights_per_switch: Amount | None = None


def _known_order(text: str) -> str:
    if read_order(text) is None:
        raise ValueError(f"expected one of {', '.join(ORDER_TEXTS)}")
    return text


class MappingPart(Model):
    """The mapping that the schedule is of."""

    tile: LoopSizes = Field(description="The array tile.")
    buffer_tile: LoopSizes
    dram_order: Annotated[str, AfterValidator(_known_order)] = Field(
        description="Loops around the buffer tiles, outermost first, such as G K NXY CRS; older files say "
        "KPQ for it.",
        examples=list(ORDER_TEXTS),
    )
    array_order: Literal["weights"] = Field(description="The operand that stays in the array.")


class TileLoopPart(Model):
    """A loop around the buffer tiles: its index i starts the tile at i times the step."""

    loop: Dim
    trips: Positive
    step: Positive


class ConfigurationPart(Model):
    """The switch configuration of all buffer tiles of one size, in a folder of the configuration's name."""

    sizes: LoopSizes = Field(description="What such a buffer tile covers of every loop.")
    runs: Natural = Field(description="Buffer tiles for which it runs.")


class InputBoxPart(Model):
    """Inputs of the tile where these rows and columns cross, in all its images, groups and channels."""

    rows: list[Run] = Field(description="Runs [first, last, step], from the tile's first padded input row.")
    cols: list[Run] = Field(description="The same for columns.")


class InputsPart(Model):
    """What happens to the inputs; those that are neither kept nor fetched leave the buffer."""

    keep: InputBoxPart | None = Field(description="What stays of the tile before.")
    fetch: InputBoxPart | None = Field(description="What is fetched from DRAM.")


class WordsPart(Model):
    """Words that cross the chip's edge for one buffer tile."""

    weights: Natural
    inputs: Natural
    partial_sums: Natural = Field(description="Read back from DRAM.")
    written: Natural = Field(description="Outputs and partial sums written to DRAM.")


class TilePhasePart(Model):
    """A phase: what happens for the buffer tiles in some ranges of the loop indices."""

    when: dict[Dim, Range] = Field(
        description="Inclusive ranges of the loop indices in which the phase holds; others do not matter."
    )
    repetitions: Positive = Field(description="Buffer tiles in which it holds.")
    configuration: str = Field(description="Which switch configuration runs.")
    weights: Literal["keep", "fetch"]
    inputs: InputsPart
    sums: Literal["new", "keep", "fetch"] = Field(
        description="Where the sums come from that the array adds to: nothing yet, the buffer, or DRAM."
    )
    write: bool = Field(
        strict=True, description="Whether the sums are written to DRAM after the tile, finished or not."
    )
    words: WordsPart


class ScheduleDocument(Model):
    """A two-level mapping as work: buffer tiles in order, what is moved for each, what the array runs."""

    format: Literal["maeri-solver schedule"]
    version: Literal[1]
    layer: str = Field(description="Name of the layer.")
    loops: Loops
    memory: MemoryPart
    mapping: MappingPart
    tile_loops: list[TileLoopPart] = Field(
        description="Loops around the buffer tiles that run more than once, outermost first."
    )
    buffer_tiles: Positive = Field(description="How many there are.")
    configurations: dict[Annotated[str, Field(pattern=r"^tile-[1-9][0-9]*$")], ConfigurationPart] = Field(
        min_length=1
    )
    phases: list[TilePhasePart]


def schema() -> dict[str, Any]:
    """Return the JSON schema of schedule.json."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ScheduleDocument.model_json_schema()}


def schema_text() -> str:
    """Return the content of schedule.schema.json."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
