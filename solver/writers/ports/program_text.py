"""A program for people: its instructions with their loops, then the tables that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from solver.execution.operands import Addresses
from solver.execution.ports.compile import Part
from solver.execution.ports.program import Instruction, MultiplierRow, Op, PortProgram, PutRow
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import AXES, WINDOWS, Operand, PhaseKind, RtlState, SwitchConfig

OPERANDS = {Op.PUT_WEIGHTS: Operand.WEIGHT, Op.PUT_INPUTS: Operand.INPUT}


def program_text(config: SwitchConfig, program: PortProgram) -> str:
    """Return the content of program.txt.

    Parameters
    ----------
    config, program
        The configuration, and the program that was compiled from it.
    """
    return _text(f"{config.name or 'layer'}: {config.tile}", program, [config], {})


def schedule_text(schedule: Schedule, program: PortProgram, parts: Sequence[Part]) -> str:
    """Return the content of program.txt of a schedule, with the transfers between its buffer tiles.

    Parameters
    ----------
    schedule, program, parts
        The schedule, and the program that was compiled from it.
    """
    mapping = schedule.mapping
    remarks = {part.first: list(_remarks(schedule, part)) for part in parts}
    return _text(
        f"{schedule.name or 'layer'}: {mapping.tile} in buffer tiles {mapping.buffer}",
        program,
        [schedule.configs[part.config] for part in parts],
        remarks,
    )


def _remarks(schedule: Schedule, part: Part) -> Iterator[str]:
    """Say which buffer tiles a part is for, and what is moved before and after each of them."""
    yield f"buffer tiles {_ranges(part.when) or 'of the layer'}: configuration {part.config}"
    for number, phase in enumerate(schedule.phases):
        both = {
            dim: (
                max(low, phase.when.get(dim, (low, high))[0]),
                min(high, phase.when.get(dim, (low, high))[1]),
            )
            for dim, (low, high) in part.when.items()
        }
        if all(low <= high for low, high in both.values()):
            words = phase.words
            fetched = (("weights", words.weights), ("inputs", words.inputs), ("sums", words.partial_sums))
            moved = ", ".join(f"{count} {what}" for what, count in fetched if count)
            wrote = f", then write {words.written} sums" if words.written else ""
            yield f"  {_ranges(both) or 'it'}: fetch {moved or 'nothing'}{wrote} (phase {number})"


def _ranges(when: Mapping[str, tuple[int, int]]) -> str:
    spans = (f"{low}" if low == high else f"{low}..{high}" for low, high in when.values())
    return ", ".join(f"{dim.lower()} = {span}" for dim, span in zip(when, spans, strict=True))


def _text(
    what: str, program: PortProgram, configs: Iterable[SwitchConfig], remarks: Mapping[int, Sequence[str]]
) -> str:
    head = (
        f"{what} on {program.num_ms} multiplier switches, "
        f"{program.dn_bw} distribution ports, {program.rn_bw} buses"
    )
    settings = map(_multipliers, range(len(program.multipliers)), program.multipliers)
    title = "instructions (loops: times, then what every time adds to the base addresses)"
    sections = (
        (title, _steps(program, remarks)),
        ("multipliers (state and psumCount)", settings),
        ("puts (port, its multipliers: word, address in the image)", _puts(configs, program)),
    )
    lines = [head]
    for title, rows in sections:
        lines += ["", title, *rows]
    return "\n".join(lines) + "\n"


def _steps(program: PortProgram, remarks: Mapping[int, Sequence[str]]) -> Iterator[str]:
    for number, instruction in enumerate(program.instructions):
        yield from (f"      # {remark}" for remark in remarks.get(number, ()))
        around = [loop for loop in program.loops if loop.first <= number <= loop.last]
        begin = [loop for loop in around if loop.first == number]
        depth = len(around) - len(begin)
        for loop in begin:
            steps = f"weights +{loop.weight_step}, inputs +{loop.input_step}"
            yield f"      {'  ' * depth}{loop.count} times: {steps}"
            depth += 1
        yield f"{number:4d}  {'  ' * depth}{_said(instruction)}"


def _said(given: Instruction) -> str:
    rows = f"rows {given.first}..{given.first + given.count - 1}"
    return {
        Op.STOP: "stop",
        Op.CONFIGURE: f"configure the multipliers: row {given.first}",
        Op.PUT_WEIGHTS: f"put weights: {rows}",
        Op.PUT_INPUTS: f"put inputs: {rows}" + (f", from {given.offset} on" if given.offset else ""),
        Op.EMPTY: "wait until the distribution network is empty",
        Op.RESULTS: f"wait for {given.count} results",
    }[given.op]


def _multipliers(number: int, row: MultiplierRow) -> str:
    runs: list[tuple[int, int, tuple[int, int]]] = []
    for leaf, setting in enumerate(row.settings):
        if runs and runs[-1][2] == setting:
            runs[-1] = (runs[-1][0], leaf, setting)
        else:
            runs.append((leaf, leaf, setting))
    told = (f"{first}..{last} {RtlState(code).name} {count}" for first, last, (code, count) in runs if code)
    return f"{number:4d}  active {row.active}: {', '.join(told)}"


def _puts(configs: Iterable[SwitchConfig], program: PortProgram) -> Iterator[str]:
    """Yield the rows of the configurations, which follow each other in the order in which they first run."""
    operand: dict[int, Operand] = {}
    for instruction in program.instructions:
        if instruction.op in OPERANDS:
            rows = range(instruction.first, instruction.first + instruction.count)
            operand |= dict.fromkeys(rows, OPERANDS[instruction.op])
    number = 0
    for config in {id(config): config for config in configs}.values():
        addresses = Addresses.of(config)
        kinds = (*WINDOWS, PhaseKind.WEIGHTS)
        rows_of = sum(max(map(len, phase.ports)) for phase in config.phases if phase.kind in kinds)
        for row in program.puts[number : number + rows_of]:
            yield f"{number:4d}  {operand[number]}"
            yield from _slots(row, addresses, operand[number], program.num_ms // program.dn_bw)
            number += 1


def _slots(row: PutRow, addresses: Addresses, operand: Operand, width: int) -> Iterator[str]:
    shape = addresses.weight_shape if operand is Operand.WEIGHT else addresses.input_shape
    for port, slot in enumerate(row):
        if slot.mask:
            leaves = ", ".join(str(port * width + bit) for bit in range(width) if slot.mask >> bit & 1)
            at = (int(i) for i in np.unravel_index(slot.address, shape))
            word = " ".join(f"{axis}{i}" for axis, i in zip(AXES[operand], at, strict=True))
            yield f"        port {port} mask {slot.mask:#x}, multipliers {leaves}: {word}, {slot.address}"
