"""configuration.json: everything about a switch configuration in one file, written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from solver.array.adder_tree_config import AdderTreeConfig, DoubleSetting, SingleSetting
from solver.array.modes import DoubleMode, SingleMode
from solver.array.topology import adder_tree
from solver.array.virtual_neuron import Placement
from solver.errors import InputError, placed
from solver.hardware.array_kind import MAX_CONFIGURED
from solver.hardware.hardware import check_array
from solver.layer import DIMS, LoopNest
from solver.mapping.tile import Tile
from solver.switches.simulator_tree import AdderSetting, Lane, SimulatorTreeConfig, Source, Target
from solver.switches.switch_config import (
    AXES,
    Array,
    BusOrder,
    BusOutput,
    MultiplierSetting,
    Operand,
    OrderRun,
    Phase,
    PhaseKind,
    Streams,
    SwitchConfig,
    Word,
)
from solver.writers.json_document import pretty_json, read_document
from solver.writers.switch_document import (
    FORMAT,
    VERSION,
    Document,
    Loops,
    PhasePart,
    RealTree,
    SimulatorTree,
)


def config_text(config: SwitchConfig) -> str:
    """Return the content of configuration.json."""
    return pretty_json(config_dict(config)) + "\n"


def config_dict(config: SwitchConfig) -> dict[str, Any]:
    """Return a configuration in the form of `solver.writers.switch_document`."""
    nest = config.nest
    counts = config.loop_counts
    return {
        "format": FORMAT,
        "version": VERSION,
        "layer": config.name,
        "loops": loops_dict(nest),
        "hardware": asdict(config.array),
        "tile": config.tile.to_dict(),
        "loop_order": list(config.loop_order),
        "trip_counts": counts,
        "partial_tiles": config.partial_tiles,
        "auxiliary": config.auxiliary,
        "placement": [[vn.start, vn.size] for vn in config.placement.vns],
        "tree": _tree_dict(config.tree),
        "phases": [_phase_dict(phase, counts) for phase in config.phases],
        "outputs": [{**asdict(output), "offset": list(output.offset)} for output in config.outputs],
    }


def read_config(path: str | Path) -> SwitchConfig:
    """Read configuration.json.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SwitchConfig
        The configuration; whether it is a right one is asked of `solver.execution`.

    Raises
    ------
    InputError
        If the file cannot be read or has not the documented form, with the place.
    """
    document = read_document(path, Document)
    with placed(file=str(path)):
        return _config(document)


def _config(document: Document) -> SwitchConfig:
    hardware = document.hardware
    with placed("hardware"):
        check_array(hardware.num_ms, hardware.dn_bw, hardware.rn_bw, MAX_CONFIGURED)
    if document.tree.kind != hardware.reduction:
        raise InputError(field="tree.kind", found=document.tree.kind, expected=hardware.reduction)
    array = Array(**hardware.model_dump())
    config = SwitchConfig(
        name=document.layer,
        nest=nest_of(document.loops),
        array=array,
        tile=Tile(**document.tile.model_dump()),
        auxiliary=document.auxiliary,
        placement=Placement.of(hardware.num_ms, ((start, size) for start, size in document.placement)),
        tree=_tree(document.tree, hardware.num_ms),
        phases=tuple(_phase(part, f"phases.{index}", array) for index, part in enumerate(document.phases)),
        outputs=tuple(
            BusOutput(
                o.vn, o.output, o.bus, (o.offset[0], o.offset[1], o.offset[2], o.offset[3], o.offset[4])
            )
            for o in document.outputs
        ),
    )
    _check_derived(document, config)
    return config


def loops_dict(nest: LoopNest) -> dict[str, Any]:
    """Return loops in the form of `solver.writers.switch_document`."""
    return dict(zip(DIMS, nest.sizes, strict=True)) | {
        "stride": list(nest.stride),
        "dilation": list(nest.dilation),
        "operation": nest.operation,
        **({"sums": nest.sums} if nest.partial else {}),
    }


def nest_of(loops: Loops) -> LoopNest:
    """Return the loops of a document."""
    return LoopNest(
        **{dim: getattr(loops, dim) for dim in DIMS},
        stride=(loops.stride[0], loops.stride[1]),
        dilation=(loops.dilation[0], loops.dilation[1]),
        operation=loops.operation,
        sums=loops.sums,
    )


def _check_derived(document: Document, config: SwitchConfig) -> None:
    """Refuse a file whose derived entries contradict the others."""
    counts = config.loop_counts
    for field, found, derived in (
        ("loop_order", document.loop_order, list(config.loop_order)),
        ("trip_counts", document.trip_counts, counts),
        ("partial_tiles", document.partial_tiles, config.partial_tiles),
    ):
        if found != derived:
            raise InputError(field=field, found=found, expected=f"{derived}, as loops and tile say")
    for index, (part, phase) in enumerate(zip(document.phases, config.phases, strict=True)):
        for loop, (low, high) in phase.when.items():
            if not low <= high < counts[loop]:
                expected = f"a range within 0 .. {counts[loop] - 1}"
                raise InputError(field=f"phases.{index}.when.{loop}", found=[low, high], expected=expected)
        if part.repetitions != phase.repetitions(counts):
            raise InputError(
                field=f"phases.{index}.repetitions",
                found=part.repetitions,
                expected=f"{phase.repetitions(counts)}, as the loops say",
            )


def _tree_dict(tree: AdderTreeConfig | SimulatorTreeConfig) -> dict[str, Any]:
    if isinstance(tree, SimulatorTreeConfig):
        return {
            "kind": "simulator",
            "adders": [
                {
                    "adder": name,
                    "lanes": [
                        {"vn": l.vn, "adds": [str(s) for s in l.reads], "to": str(l.sends)} for l in lanes
                    ],
                }
                for name, lanes in tree.in_use()
            ],
        }
    return {
        "kind": "rtl",
        "doubles": [
            {"id": i, "left": d.left.name, "right": d.right.name}
            | {"emit_left": d.emit_left, "emit_right": d.emit_right}
            for i, d in enumerate(tree.doubles)
            if d != DoubleSetting()
        ],
        "singles": [
            {"id": i, "mode": s.mode.name, "emit": s.emit}
            for i, s in enumerate(tree.singles)
            if s != SingleSetting()
        ],
    }


def _tree(part: RealTree | SimulatorTree, num_ms: int) -> AdderTreeConfig | SimulatorTreeConfig:
    topology = adder_tree(num_ms)
    if isinstance(part, SimulatorTree):
        adders: dict[str, AdderSetting] = {
            switch.output_name(side): ()
            for switch in (*topology.doubles, *topology.singles)
            for side in range(len(switch.nodes))
        }
        for index, adder in enumerate(part.adders):
            if adder.adder not in adders:
                raise _no_switch(f"tree.adders.{index}", adder.adder, num_ms)
            adders[adder.adder] = tuple(
                Lane(lane.vn, tuple(Source(s) for s in lane.adds), Target(lane.to)) for lane in adder.lanes
            )
        return SimulatorTreeConfig(
            num_ms,
            tuple((adders[s.output_name(0)], adders[s.output_name(1)]) for s in topology.doubles),
            tuple(adders[s.name] for s in topology.singles),
        )
    doubles = [DoubleSetting()] * len(topology.doubles)
    singles = [SingleSetting()] * len(topology.singles)
    for index, double in enumerate(part.doubles):
        if double.id >= len(doubles):
            raise _no_switch(f"tree.doubles.{index}", f"D{double.id}", num_ms)
        modes = DoubleMode[double.left], DoubleMode[double.right]
        doubles[double.id] = DoubleSetting(*modes, double.emit_left, double.emit_right)
    for index, single in enumerate(part.singles):
        if single.id >= len(singles):
            raise _no_switch(f"tree.singles.{index}", f"S{single.id}", num_ms)
        singles[single.id] = SingleSetting(SingleMode[single.mode], single.emit)
    return AdderTreeConfig(num_ms, tuple(doubles), tuple(singles))


def _no_switch(field: str, name: str, num_ms: int) -> InputError:
    return InputError(field=field, found=name, expected=f"a switch of the tree over {num_ms} leaves")


def _phase_dict(phase: Phase, counts: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "kind": str(phase.kind),
        "when": {loop: list(indices) for loop, indices in phase.when.items()},
        "repetitions": phase.repetitions(counts),
        "multipliers": list(multiplier_runs(phase.multipliers)),
        "ports": [
            {
                "port": port,
                "words": [
                    {"mask": f"{word.mask:#x}", "operand": str(word.operand), "offset": list(word.offset)}
                    for word in words
                ],
            }
            for port, words in enumerate(phase.ports)
            if words
        ],
    }
    if phase.streams is not None:
        result["streams"] = asdict(phase.streams)
        result["bus_orders"] = [
            {
                "bus": order.bus,
                "runs": [{"repeats": r.repeats, "body": [list(v) for v in r.body]} for r in order.runs],
            }
            for order in phase.bus_orders
        ]
    return result


def multiplier_runs(settings: Iterable[MultiplierSetting]) -> Iterator[dict[str, Any]]:
    """Yield the runs of neighbouring multipliers with the same setting, idle ones left out."""
    first = 0
    for setting, group in groupby(settings):
        size = len(list(group))
        if setting.state.value or setting.count:
            yield {
                "first": first,
                "last": first + size - 1,
                "state": setting.state.name,
                "count": setting.count,
            }
        first += size


def multipliers_of_runs(
    runs: Iterable[tuple[str, int, int, str, int]], array: Array
) -> tuple[MultiplierSetting, ...]:
    """Return one setting per multiplier switch.

    Parameters
    ----------
    runs
        (place for messages, first, last, state, count) of each run.
    array
        Whose multiplier switches.

    Raises
    ------
    InputError
        If a run leaves the array or overlaps another, or a state is unknown.
    """
    num_ms, states = array.num_ms, array.states
    settings: list[MultiplierSetting | None] = [None] * num_ms
    for place, first, last, state, count in runs:
        if not first <= last < num_ms:
            raise InputError(
                field=place, found=f"switches {first}..{last}", expected=f"within 0..{num_ms - 1}"
            )
        if state not in states.__members__:
            expected = f"one of {', '.join(states.__members__)}"
            raise InputError(field=f"{place}.state", found=state, expected=expected)
        for leaf in range(first, last + 1):
            if settings[leaf] is not None:
                raise InputError(field=place, found=f"switch {leaf} set twice", expected="each switch once")
            settings[leaf] = MultiplierSetting(states[state], count)
    return tuple(setting or MultiplierSetting(states["IDLE"], 0) for setting in settings)


def word_of(place: str, mask: int, operand: str, offset: Iterable[int]) -> Word:
    """Return a word, or refuse an offset of the wrong length."""
    what, where = Operand(operand), tuple(offset)
    if len(where) != len(AXES[what]):
        expected = f"{len(AXES[what])} numbers: {', '.join(AXES[what])}"
        raise InputError(field=f"{place}.offset", found=list(where), expected=expected)
    return Word(mask, what, where)


def _phase(part: PhasePart, place: str, array: Array) -> Phase:
    dn_bw = array.dn_bw
    ports: list[tuple[Word, ...]] = [()] * dn_bw
    for index, port in enumerate(part.ports):
        here = f"{place}.ports.{index}"
        if port.port >= dn_bw or ports[port.port]:
            raise InputError(field=f"{here}.port", found=port.port, expected=f"each of 0..{dn_bw - 1} once")
        ports[port.port] = tuple(
            word_of(f"{here}.words.{i}", int(word.mask, 16), word.operand, word.offset)
            for i, word in enumerate(port.words)
        )
    runs = (
        (f"{place}.multipliers.{i}", run.first, run.last, run.state, run.count)
        for i, run in enumerate(part.multipliers)
    )
    return Phase(
        kind=PhaseKind(part.kind),
        when={loop: (low, high) for loop, (low, high) in part.when.items()},
        multipliers=multipliers_of_runs(runs, array),
        ports=tuple(ports),
        streams=Streams(**part.streams.model_dump()) if part.streams else None,
        bus_orders=tuple(
            BusOrder(
                order.bus,
                tuple(
                    OrderRun(run.repeats, tuple((vn, window) for vn, window in run.body))
                    for run in order.runs
                ),
            )
            for order in part.bus_orders
        ),
    )
