"""A program for people: its instructions with their loops, then the tables that they name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.execution.operands import Addresses
from solver.execution.ports.program import Instruction, MultiplierRow, Op, PortProgram, PutRow
from solver.switches.switch_config import AXES, Operand, RtlState, SwitchConfig

OPERANDS = {Op.PUT_WEIGHTS: Operand.WEIGHT, Op.PUT_INPUTS: Operand.INPUT}


def program_text(config: SwitchConfig, program: PortProgram) -> str:
    """Return the content of program.txt.

    Parameters
    ----------
    config, program
        The configuration, and the program that was compiled from it.
    """
    head = (
        f"{config.name or 'layer'}: {config.tile} on {program.num_ms} multiplier switches, "
        f"{program.dn_bw} distribution ports, {program.rn_bw} buses"
    )
    settings = map(_multipliers, range(len(program.multipliers)), program.multipliers)
    sections = (
        ("instructions (loops: times, then what every time adds to the base addresses)", _steps(program)),
        ("multipliers (state and psumCount)", settings),
        ("puts (port, its multipliers: word, address in the image)", _puts(config, program)),
    )
    lines = [head]
    for title, rows in sections:
        lines += ["", title, *rows]
    return "\n".join(lines) + "\n"


def _steps(program: PortProgram) -> Iterator[str]:
    for number, instruction in enumerate(program.instructions):
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


def _puts(config: SwitchConfig, program: PortProgram) -> Iterator[str]:
    addresses = Addresses.of(config)
    operand: dict[int, Operand] = {}
    for instruction in program.instructions:
        if instruction.op in OPERANDS:
            rows = range(instruction.first, instruction.first + instruction.count)
            operand |= dict.fromkeys(rows, OPERANDS[instruction.op])
    for number, row in enumerate(program.puts):
        yield f"{number:4d}  {operand[number]}"
        yield from _slots(row, addresses, operand[number], program.num_ms // program.dn_bw)


def _slots(row: PutRow, addresses: Addresses, operand: Operand, width: int) -> Iterator[str]:
    shape = addresses.weight_shape if operand is Operand.WEIGHT else addresses.input_shape
    for port, slot in enumerate(row):
        if slot.mask:
            leaves = ", ".join(str(port * width + bit) for bit in range(width) if slot.mask >> bit & 1)
            at = (int(i) for i in np.unravel_index(slot.address, shape))
            word = " ".join(f"{axis}{i}" for axis, i in zip(AXES[operand], at, strict=True))
            yield f"        port {port} mask {slot.mask:#x}, multipliers {leaves}: {word}, {slot.address}"
