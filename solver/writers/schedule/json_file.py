"""schedule.json: buffer tiles, transfers and loop order of a two-level mapping, written and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from solver.errors import InputError, placed
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.words import WordBytes
from solver.layer import DIMS, LoopNest
from solver.mapping.levels import LevelMapping, read_order
from solver.mapping.tile import Tile
from solver.schedule.build import tile_loops
from solver.schedule.schedule import InputBox, Lines, Moved, Schedule, Source, TileLoop, TilePhase
from solver.switches.switch_config import SwitchConfig
from solver.writers.json_document import pretty_json, read_document
from solver.writers.schedule.document import (
    FORMAT,
    VERSION,
    BufferPart,
    InputBoxPart,
    ScheduleDocument,
    TilePhasePart,
)
from solver.writers.switch_json import loops_dict, nest_of

ReadConfig = Callable[[str], SwitchConfig]


def schedule_text(schedule: Schedule) -> str:
    """Return the content of schedule.json."""
    return pretty_json(schedule_dict(schedule)) + "\n"


def schedule_dict(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule in the form of `solver.writers.schedule.document`."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "layer": schedule.name,
        "loops": loops_dict(schedule.nest),
        "memory": schedule.memory.to_dict(),
        "mapping": schedule.mapping.to_dict(),
        "tile_loops": [{"loop": l.dim, "trips": l.trips, "step": l.step} for l in schedule.loops],
        "buffer_tiles": schedule.tiles,
        "configurations": {
            name: {"sizes": Tile.of(config.nest.sizes).to_dict(), "runs": schedule.runs(name)}
            for name, config in schedule.configs.items()
        },
        "phases": [_phase_dict(phase, schedule) for phase in schedule.phases],
    }


def _phase_dict(phase: TilePhase, schedule: Schedule) -> dict[str, Any]:
    return {
        "when": {dim: list(span) for dim, span in phase.when.items()},
        "repetitions": schedule.repetitions(phase),
        "configuration": phase.config,
        "weights": str(phase.weights),
        "inputs": {"keep": _box_dict(phase.kept), "fetch": _box_dict(phase.fetched)},
        "sums": str(phase.sums),
        "write": phase.write,
        "words": asdict(phase.words),
    }


def _box_dict(box: InputBox | None) -> dict[str, Any] | None:
    if box is None:
        return None
    return {"rows": [list(run) for run in box.rows.runs], "cols": [list(run) for run in box.cols.runs]}


def read_schedule(path: str | Path, read_config: ReadConfig) -> Schedule:
    """Read schedule.json.

    Parameters
    ----------
    path
        The file.
    read_config
        Returns a switch configuration by name.

    Returns
    -------
    Schedule
        The schedule; whether it is a right one is asked of `solver.execution.levels`.

    Raises
    ------
    InputError
        If a file cannot be read or has not the documented form, with the place.
    """
    document = read_document(path, ScheduleDocument)
    with placed(file=str(path)):
        schedule = _schedule(document, {name: read_config(name) for name in document.configurations})
        _check(document, schedule)
    return schedule


def _schedule(document: ScheduleDocument, configs: dict[str, SwitchConfig]) -> Schedule:
    memory, mapping = document.memory, document.mapping
    return Schedule(
        name=document.layer,
        nest=nest_of(document.loops),
        mapping=LevelMapping(
            Tile(**mapping.tile.model_dump()),
            Tile(**mapping.buffer_tile.model_dump()),
            read_order(mapping.dram_order) or "",
            mapping.array_order,
        ),
        memory=Memory(
            buffer=buffer_of(memory.prefetch_buffer),
            dram_bandwidth=memory.dram_bandwidth,
            controller=memory.controller,
            weights_per_switch=memory.weights_per_switch,
        ),
        loops=tuple(TileLoop(part.loop, part.trips, part.step) for part in document.tile_loops),
        configs=configs,
        phases=tuple(_phase(part, f"phases.{i}") for i, part in enumerate(document.phases)),
    )


def buffer_of(part: BufferPart) -> PrefetchBuffer:
    """Return the buffer of a schedule; older files have one number as `word_bytes`."""
    words = part.word_bytes
    sizes = words if isinstance(words, int) else WordBytes(**words.model_dump())
    return PrefetchBuffer(**part.model_dump(exclude={"word_bytes"}), word_bytes=sizes)


def _phase(part: TilePhasePart, place: str) -> TilePhase:
    return TilePhase(
        when={dim: (low, high) for dim, (low, high) in part.when.items()},
        config=part.configuration,
        weights=Source(part.weights),
        kept=_box(part.inputs.keep, f"{place}.inputs.keep"),
        fetched=_box(part.inputs.fetch, f"{place}.inputs.fetch"),
        sums=Source(part.sums),
        write=part.write,
        words=Moved(**part.words.model_dump()),
    )


def _box(part: InputBoxPart | None, place: str) -> InputBox | None:
    if part is None:
        return None
    return InputBox(_lines(part.rows, f"{place}.rows"), _lines(part.cols, f"{place}.cols"))


def _lines(runs: list[list[int]], place: str) -> Lines:
    after = 0
    for index, (first, last, step) in enumerate(runs):
        if not after <= first <= last or step < 1 or (last - first) % step:
            expected = "runs [first, last, step] in rising order, each with its last line"
            raise InputError(field=f"{place}.{index}", found=[first, last, step], expected=expected)
        after = last + 1
    return Lines(tuple((first, last, step) for first, last, step in runs))


def _check(document: ScheduleDocument, schedule: Schedule) -> None:
    """Refuse a file whose parts contradict each other, or whose configurations belong to something else."""
    _check_loops(document, schedule)
    _check_phases(document, schedule)
    first = next(iter(schedule.configs.values()))
    for name, config in schedule.configs.items():
        place, part = f"configurations.{name}", document.configurations[name]
        sizes = Tile(**part.sizes.model_dump())
        if sizes.sizes != config.nest.sizes:
            found = f"{sizes}, beside a folder for {Tile.of(config.nest.sizes)}"
            raise InputError(field=f"{place}.sizes", found=found, expected="the same in both")
        if _kind(config.nest) != _kind(schedule.nest) or config.tile != schedule.mapping.tile:
            raise InputError(
                field=place, found="another stride, dilation, operation or array tile", expected="the layer's"
            )
        array = config.array
        returns = array.kind.returns_sums(array.accumulation_buffer)
        if array != first.array or returns or config.auxiliary != config.nest.partial:
            expected = "one array for all configurations, the real one or one with an accumulation buffer"
            raise InputError(field=place, found=str(config.array), expected=expected)
        if part.runs != schedule.runs(name):
            expected = f"{schedule.runs(name)}, as the phases say"
            raise InputError(field=f"{place}.runs", found=part.runs, expected=expected)


def _kind(nest: LoopNest) -> tuple[object, ...]:
    return nest.stride, nest.dilation, nest.operation


def _check_loops(document: ScheduleDocument, schedule: Schedule) -> None:
    tile, buffer = schedule.mapping.tile, schedule.mapping.buffer
    for dim, inner, held, size in zip(DIMS, tile.sizes, buffer.sizes, schedule.nest.sizes, strict=True):
        if not inner <= held <= size:
            expected = f"from {inner} of the array tile to {size} of the layer"
            raise InputError(field=f"mapping.buffer_tile.{dim}", found=held, expected=expected)
    derived = tile_loops(schedule.nest, schedule.mapping)
    if schedule.loops != derived:
        expected = f"{_loops_text(derived)}, as loops and mapping say"
        raise InputError(field="tile_loops", found=_loops_text(schedule.loops), expected=expected)
    if document.buffer_tiles != schedule.tiles:
        expected = f"{schedule.tiles}, as the loops say"
        raise InputError(field="buffer_tiles", found=document.buffer_tiles, expected=expected)


def _loops_text(loops: Sequence[TileLoop]) -> str:
    return ", ".join(f"{loop.dim}: {loop.trips} × {loop.step}" for loop in loops) or "none"


def _check_phases(document: ScheduleDocument, schedule: Schedule) -> None:
    trips = {loop.dim: loop.trips for loop in schedule.loops}
    nest = schedule.nest
    for index, (part, phase) in enumerate(zip(document.phases, schedule.phases, strict=True)):
        place = f"phases.{index}"
        if phase.config not in schedule.configs:
            expected = f"one of {', '.join(schedule.configs)}"
            raise InputError(field=f"{place}.configuration", found=phase.config, expected=expected)
        for dim, (low, high) in phase.when.items():
            if dim not in trips:
                expected = f"one of the tile loops, {' '.join(trips)}" if trips else "none: no tile loop runs"
                raise InputError(field=f"{place}.when", found=dim, expected=expected)
            if not low <= high < trips[dim]:
                expected = f"a range within 0 .. {trips[dim] - 1}"
                raise InputError(field=f"{place}.when.{dim}", found=[low, high], expected=expected)
        for name, box in (("keep", phase.kept), ("fetch", phase.fetched)):
            for axis, most in (("rows", nest.input_rows), ("cols", nest.input_cols)):
                runs = getattr(box, axis).runs if box is not None else ()
                if runs and runs[-1][1] >= most:
                    expected = f"lines below {most}, the padded input's"
                    raise InputError(
                        field=f"{place}.inputs.{name}.{axis}", found=runs[-1][1], expected=expected
                    )
        repetitions = schedule.repetitions(phase)
        if part.repetitions != repetitions:
            expected = f"{repetitions}, as the loops say"
            raise InputError(field=f"{place}.repetitions", found=part.repetitions, expected=expected)
