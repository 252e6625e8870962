"""Reading the files of a run back, and checking a run with them: played here, or the log of a real one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from solver.array.adder_tree_config import AdderTreeConfig
from solver.errors import InputError
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.pieces import own_output
from solver.execution.ports.player import Images, play
from solver.execution.ports.program import PortProgram
from solver.execution.ports.results import Meaning, Results
from solver.execution.ports.schedule_results import AnyOrder, ScheduleOrder, TileMeaning, order_of
from solver.execution.verify import CheckedRun
from solver.files import read_text
from solver.layer import Loops, Primitive
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import MANIFEST
from solver.writers.json_document import read_json
from solver.writers.ports.program_words import DATA_BITS, read_image, read_program
from solver.writers.ports.run_files import NUMBERS, MemorySizes, typedefs
from solver.writers.vmh import read_rn_config

RESULT = re.compile(r"result +(\d+) +(\d+) +([0-9A-Fa-f]{1,4})\b")
ENDED = re.compile(r"(end|hang) +(\d+) +(\d+)")


@dataclass(frozen=True)
class Run:
    """What the memories of a run hold.

    Parameters
    ----------
    program, tree, images
        What is played.
    expected
        The values of every bus.
    """

    program: PortProgram
    tree: AdderTreeConfig
    images: Images
    expected: Results


def read_run(folder: str | Path) -> Run:
    """Read the files of a run, as the drivers load them.

    Raises
    ------
    InputError
        If a file is missing, wrong, or contradicts another, with file and line.
    """
    path = Path(folder)
    sizes = _array(path / "AcceleratorConfig.bsv")
    program = read_program(path, *sizes)
    weights, inputs, expected = (
        np.array([word for _, word in read_image(path / name, DATA_BITS)]) for name in NUMBERS
    )
    told = MemorySizes.read(path / "ProgramSizes.bsv")
    if told != (found := MemorySizes.of(program, len(weights), len(inputs), told.results)):
        raise InputError(
            file=str(path / "ProgramSizes.bsv"), found=str(told.sizes), expected=str(found.sizes)
        )
    if len(expected) != max(1, sum(told.results)) or len(told.results) != program.rn_bw:
        raise InputError(
            file=str(path / "expected.vmh"),
            found=f"{len(expected)} words",
            expected=f"{sum(told.results)} on {program.rn_bw} buses",
        )
    ends = np.cumsum(told.results)
    values = np.split(_signed(expected)[: ends[-1]], ends[:-1])
    tree = read_rn_config(path / "RN_Config.vmh", program.num_ms)
    return Run(program, tree, Images(_signed(weights), _signed(inputs)), tuple(values))


def _signed(words: np.ndarray) -> np.ndarray:
    return words.astype(np.uint16).view(np.int16).astype(np.int64)


def _array(path: Path) -> tuple[int, int, int]:
    """Read (num_ms, dn_bw, rn_bw)."""
    text = read_text(path)
    found = {name: int(size) for size, name in re.findall(r"typedef (\d+) (\w+);", text)}
    names = ("NumMultSwitches", "DistributionBandwidth", "CollectionBandwidth")
    sizes = [found.get(name, 0) for name in names]
    if not all(sizes) or text != typedefs(*sizes) or sizes[0] % sizes[1]:
        raise InputError(file=str(path), found=text.strip(), expected=f"sizes {', '.join(names)}")
    return sizes[0], sizes[1], sizes[2]


def has_run(folder: str | Path) -> bool:
    """Return whether a folder holds the run of its configuration or schedule with the numbers.

    Its manifest says so, whose own mistakes are told when the configuration is read.
    """
    path = Path(folder)
    if not os.path.isdir(path):
        return False
    manifest = read_json(path / MANIFEST)
    return isinstance(manifest, dict) and set(NUMBERS) <= set(manifest.get("files", ()))


def check_run(run: Run, work: SwitchConfig | Schedule, layer: Primitive | None = None) -> CheckedRun:
    """Play a run on the model of the ports, and compare every value with the expected one.

    Parameters
    ----------
    run
        What the files say.
    work
        The configuration or schedule that names the values, and whose layer gives the values again.
    layer
        The layer or piece that it is for, whose own output is named too.

    Raises
    ------
    SwitchFaultError
        If the program does not run, a value is not the expected one, or the expected ones are not the sums
        of the operands; the message names pass, window, virtual neuron and output.
    """
    order = order_of(work)
    _check_expected(run, order, layer)
    played = play(run.program, run.tree, run.images, sum(map(len, run.expected)))
    compare(played.results, run.expected, order, "the program", layer)
    return CheckedRun("program", played.cycles, sum(map(len, played.results)))


def _check_expected(run: Run, order: AnyOrder, layer: Primitive | None) -> None:
    """Refuse expected values that are not what the layer's loops make of the operands."""
    array, program = order.config.array, run.program
    expected = (array.num_ms, array.dn_bw, array.rn_bw, *order.words)
    found = (program.num_ms, program.dn_bw, program.rn_bw, len(run.images.weights), len(run.images.inputs))
    if found != expected:
        raise InputError(
            "the files of the run are for another array or layer than configuration.json",
            field="multipliers, ports, buses, words of weights and inputs",
            found=str(found),
            expected=str(expected),
        )
    again = order.expected(run.images.weights, run.images.inputs)
    compare(run.expected, again, order, "expected.vmh", layer)


def compare(
    found: Results, expected: Results, order: AnyOrder, what: str, layer: Primitive | None = None
) -> None:
    """Refuse values that are not the expected ones.

    Raises
    ------
    SwitchFaultError
        Of the first difference on any bus, by the place in the run; values that no bus should give are told
        where nothing else differs, and beside it.
    """
    first: tuple[Meaning | TileMeaning, int, int] | None = None
    extra = ""
    counts = order.counts
    for bus, (values, wanted) in enumerate(zip(found, expected, strict=True)):
        length = min(len(values), len(wanted))
        wrong = np.flatnonzero(values[:length] != wanted[:length])
        at = int(wrong[0]) if len(wrong) else length
        if at == len(wanted) == len(values):
            continue
        if at >= counts[bus]:
            extra = extra or f"bus {bus} has {len(values)} values, {counts[bus]} expected"
            continue
        meaning = order.meaning(bus, at)
        if first is None or meaning.place < first[0].place:
            first = meaning, bus, at
    if first is None:
        if extra:
            raise _fault(order.name, f"{what}: {extra}")
        return
    meaning, bus, at = first
    values, wanted = found[bus], expected[bus]
    told = str(int(values[at])) if at < len(values) else "nothing"
    due = str(int(wanted[at])) if at < len(wanted) else "nothing"
    place = f"{order.name}: {meaning}{_own(order, meaning, layer)}"
    raise _fault(place, f"{what}: value {at} of bus {bus} is {told}, not {due}{f'; {extra}' * bool(extra)}")


def _own(order: AnyOrder, meaning: Meaning | TileMeaning, layer: Primitive | None) -> str:
    """Say which output of the layer, in its own shape, a value adds to."""
    if layer is None or isinstance(layer, Loops) or meaning.output is None:
        return ""
    nest = order.schedule.nest if isinstance(order, ScheduleOrder) else order.config.nest
    own = own_output(layer, nest, meaning.output)
    return "" if own is None else f", {list(own)} of the layer's output"


def _fault(place: str, detail: str) -> SwitchFaultError:
    return SwitchFaultError((Fault(FaultKind.RESULT, place, (), (detail,)),))


def check_log(
    path: str | Path, run: Run, work: SwitchConfig | Schedule, layer: Primitive | None = None
) -> CheckedRun:
    """Compare the log of a real run with the expected values.

    Parameters
    ----------
    path
        What a driver printed; lines that say neither a result nor the end are skipped.
    run, work, layer
        The files that it ran with, and what names the values, as of `check_run`.

    Raises
    ------
    InputError
        If there are no results in the file, or a bus that the array lacks.
    SwitchFaultError
        If a value is missing, too much or not the expected one; the message names the first.
    """
    buses: list[list[int]] = [[] for _ in run.expected]
    ended: tuple[str, int, int] | None = None
    for line, text in _lines(path):
        if match := RESULT.match(text):
            bus = int(match[2])
            if bus >= len(buses):
                raise InputError(
                    file=str(path), line=line, found=f"bus {bus}", expected=f"below {len(buses)}"
                )
            buses[bus].append(int(match[3], 16))
        elif match := ENDED.match(text):
            ended = match[1], int(match[2]), int(match[3])
    if ended is None and not any(buses):
        raise InputError(file=str(path), found="no line with a result", expected="what a driver printed")
    found = tuple(_signed(np.array(values, dtype=np.int64)) for values in buses)
    what = str(path)
    if ended is not None and ended[0] == "hang":
        what += f", which hangs at instruction {ended[2]}"
    compare(found, run.expected, order_of(work), what, layer)
    if ended is None or ended[0] == "hang":
        raise _fault("the end", f"{what}: the run does not end")
    return CheckedRun(what, ended[2], sum(map(len, buses)))


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    return ((number, text.strip()) for number, text in enumerate(read_text(path).splitlines(), 1))
