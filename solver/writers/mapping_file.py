"""Saved mappings: what ``map --out`` writes and ``evaluate --mapping`` replays to the same figures.

A file holds one entry per layer with everything that the figures depend on: the loops of the layer, the
hardware (an energy table that is not shipped is written out) and the mapping. The figures themselves are
there to be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import yaml

from solver.answers.solution import Solution
from solver.cost.result import Cost, Objective
from solver.cost.two_level.result import LevelFigures
from solver.errors import InputError, placed
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.hardware.read import ForwardingKey, ReductionKey
from solver.hardware.read_energy import table_from
from solver.hardware.read_memory import MemoryKeys, memory_from
from solver.keyed import keyed
from solver.layer import DIMS, INPUTS, WEIGHTS, LoopNest, Reduction
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.pieces.piece import CUT_LOOPS, Range
from solver.readers.mapping_file import LevelKeys, with_levels
from solver.version import VERSION
from solver.writers.hardware_file import ExactDumper, exact_decimal, hardware_entry
from solver.yamlfile import (
    Count,
    Flag,
    Name,
    Reads,
    Unreadable,
    YamlModel,
    one_of,
    read_any,
    read_counts,
    read_integer,
    validate,
)
from solver.yamlfile.values import YamlList, YamlMap, YamlValue

KEY = "mappings"
"""Its presence tells a file of saved mappings from a file with a mere tile."""


@dataclass(frozen=True)
class SavedPiece(Range):
    """One piece of a mapping in pieces, see `solver.answers.mapped.PieceMapping`."""

    form: str
    tile: Tile
    levels: LevelMapping | None = None

    @property
    def mapping(self) -> Tile | LevelMapping:
        """The mapping over both levels where there are two, else the tile."""
        return self.levels or self.tile


@dataclass(frozen=True)
class SavedMapping:
    """One entry of a file of saved mappings; `cycles` and `energy` are the figures when it was saved.

    `form` is empty in files of versions before there were forms.
    `levels` is the whole mapping, `tile` included, where the hardware has a prefetch buffer and DRAM.
    """

    layer: str
    nest: LoopNest
    hardware: Hardware
    objective: str
    tile: Tile
    cycles: int
    energy: str
    form: str = ""
    levels: LevelMapping | None = None
    pieces: tuple[SavedPiece, ...] = ()

    @property
    def mapping(self) -> Tile | LevelMapping:
        """The mapping over both levels where there are two, else the tile."""
        return self.levels or self.tile

    def reproduced_by(self, cost: Cost) -> bool:
        """Whether a cost has the very figures of the file."""
        return (cost.cycles, exact_decimal(cost.energy)) == (self.cycles, self.energy)


def mapping_text(solutions: Sequence[Solution]) -> str:
    """Return the text of the file that holds the mappings of some solutions."""
    head = (
        f"# Mappings found by maeri-solver {VERSION}. Each is replayed to the same figures by\n"
        "#   python -m solver evaluate LAYER --mapping THIS_FILE\n"
    )
    entries = {KEY: [_entry(solution) for solution in solutions]}
    return head + yaml.dump(entries, Dumper=ExactDumper, sort_keys=False, allow_unicode=True, width=110)


def _entry(solution: Solution) -> dict[str, Any]:
    nest, hardware, cost = solution.nest, solution.hardware, solution.cost
    return {
        "layer": solution.layer.title,
        "loops": _Line(
            dict(zip(DIMS, nest.sizes, strict=True))
            | {"stride": list(nest.stride), "dilation": list(nest.dilation)}
            | ({"operation": nest.operation} if nest.operation != "mac" else {})
        ),
        "hardware": hardware_entry(hardware),
        "objective": str(solution.objective),
        "status": str(solution.status),
        **_mapping_entry(solution),
        "cycles": cost.cycles,
        "energy": cost.energy,
    }


def _mapping_entry(solution: Solution) -> dict[str, Any]:
    if not solution.pieces:
        return {
            "stationary": solution.stationary,
            "form": solution.form,
            "tile": _Line(solution.tile.to_dict()),
            **_level_entry(solution.levels),
        }
    return {
        "pieces": [
            {
                **keyed(piece, "base loop=dim begin count form"),
                "tile": _Line(piece.tile.to_dict()),
                **_level_entry(piece.levels),
            }
            for piece in solution.pieces
        ]
    }


def _level_entry(levels: LevelFigures | None) -> dict[str, Any]:
    if levels is None:
        return {}
    entry = levels.mapping.to_dict()
    return {**entry, "tile": _Line(entry["tile"]), "buffer_tile": _Line(entry["buffer_tile"])}


class _Line(dict[str, Any]):
    """A mapping written on one line."""


ExactDumper.add_representer(
    _Line, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)
)


def _read_pair(value: Any) -> tuple[int, int]:
    counts = read_counts(value)
    if len(counts) != 2:
        raise Unreadable(value)
    return counts[0], counts[1]


_Pair = Annotated[tuple[int, int], Reads(_read_pair, "a list of two integers of at least 1")]
_Part = Annotated[Any, Reads(read_any, "a mapping")]


class _Sizes(YamlModel):
    R: Count
    S: Count
    C: Count
    K: Count
    G: Count
    N: Count
    X: Count
    Y: Count


class _Loops(_Sizes):
    stride: _Pair
    dilation: _Pair
    operation: Annotated[Reduction, one_of(("mac", "max"), "mac or max")] = "mac"


class _SavedHardware(MemoryKeys):
    name: Name
    num_ms: Count
    dn_bw: Count
    rn_bw: Count
    accumulation_buffer: Flag
    energy_table: _Part
    reduction: ReductionKey = "simulator"
    forwarding: ForwardingKey = None
    count_setup: Flag = False


class _Entry(LevelKeys):
    layer: Name
    loops: _Part
    hardware: _Part
    objective: Annotated[str, one_of(Objective, "latency, energy or edp")]
    status: Name
    stationary: Annotated[str, one_of((WEIGHTS, INPUTS), f"{WEIGHTS} or {INPUTS}")] = WEIGHTS
    form: Name = ""
    tile: _Part = None
    pieces: _Part = None
    cycles: Count
    energy: Name


class _Piece(LevelKeys):
    base: Name
    loop: Annotated[str, one_of(CUT_LOOPS, "K, G or X")]
    begin: Annotated[int, Reads(read_integer, "an integer of at least 0")]
    count: Count
    form: Name
    tile: _Part


class _File(YamlModel):
    mappings: _Part


def is_mapping_file(document: YamlValue) -> bool:
    """Whether a YAML document is a file of saved mappings."""
    return isinstance(document, YamlMap) and KEY in document


def saved_mappings(document: YamlValue, *, file: str) -> tuple[SavedMapping, ...]:
    """Return the entries of a file of saved mappings.

    Parameters
    ----------
    document
        The content of the file.
    file
        Its name, for messages.

    Returns
    -------
    tuple of SavedMapping
        The entries, in the order of the file.

    Raises
    ------
    InputError
        If an entry lacks something, or holds what no run can have saved.
    """
    entries = validate(_File, document, file=file).mappings
    if not isinstance(entries, YamlList) or not entries:
        raise InputError(file=file, field=KEY, expected="a list of at least one saved mapping")
    return tuple(_saved(entry, file) for entry in entries)


def _saved_pieces(value: YamlValue | None, memory: Memory | None, file: str) -> tuple[SavedPiece, ...]:
    if value is None:
        return ()
    if not isinstance(value, YamlList) or not value:
        raise InputError(file=file, field="pieces", expected="a list of at least one piece")
    pieces = []
    for item in value:
        entry = validate(_Piece, item, file=file)
        assert isinstance(item, YamlMap)
        tile = Tile(**validate(_Sizes, entry.tile, file=file, key="tile").model_dump())
        levels = with_levels(tile, entry, item, file=file)
        _check_levels(levels, memory, item, file)
        pieces.append(SavedPiece(entry.base, entry.loop, entry.begin, entry.count, entry.form, tile, levels))
    return tuple(pieces)


def _check_levels(levels: LevelMapping | None, memory: Memory | None, value: YamlMap, file: str) -> None:
    if (levels is None) != (memory is None):
        raise InputError(
            "a mapping has a buffer tile if its hardware has a prefetch buffer",
            file=file,
            line=value.line,
            field="buffer_tile",
            found="one of the two",
            expected="both or none",
        )


def _saved(value: YamlValue, file: str) -> SavedMapping:
    entry = validate(_Entry, value, file=file)
    assert isinstance(value, YamlMap)
    loops = validate(_Loops, entry.loops, file=file, key="loops")
    if (entry.tile is None) == (entry.pieces is None):
        raise InputError(
            file=file,
            line=value.line,
            field="tile",
            found="neither tile nor pieces" if entry.tile is None else "pieces beside it",
            expected="a tile, or pieces",
        )
    tile = validate(_Sizes, entry.tile, file=file, key="tile") if entry.tile is not None else None
    hardware = validate(_SavedHardware, entry.hardware, file=file, key="hardware")
    table = table_from(hardware.energy_table, file=file, line=entry.hardware.line_of("energy_table"))
    memory = memory_from(hardware, entry.hardware, file)
    pieces = _saved_pieces(entry.pieces, memory, file)
    array_tile = Tile(**tile.model_dump()) if tile is not None else pieces[0].tile
    levels = with_levels(array_tile, entry, value, file=file)
    # Each of several pieces has a buffer tile of its own.
    _check_levels(levels, None if pieces else memory, value, file)
    sizes = hardware.model_dump(exclude=set(MemoryKeys.model_fields))
    with placed(file=file, line=entry.hardware.line):
        return SavedMapping(
            layer=entry.layer,
            nest=LoopNest(**loops.model_dump()),
            hardware=Hardware(**{**sizes, "energy_table": table}, memory=memory),
            objective=entry.objective,
            tile=array_tile,
            cycles=entry.cycles,
            energy=entry.energy,
            form=entry.form,
            levels=levels,
            pieces=pieces,
        )
