"""The tables of a program as memory images, bit by bit; see docs/reference/files.md.

Every image begins with ``@0``; each further line is one word in hexadecimal, as wide as the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from solver.errors import InputError
from solver.execution.ports.program import Instruction, Loop, MultiplierRow, Op, PortProgram, PutRow, Slot
from solver.files import read_text

ADDRESS = "@0"
ADDRESS_BITS, SETTING_BITS, COUNT_BITS, ACTIVE_BITS, FIRST_BITS, DATA_BITS = 32, 20, 16, 16, 28, 16
INSTRUCTION_BITS, LOOP_BITS = 4 + FIRST_BITS + 2 * ADDRESS_BITS, 5 * ADDRESS_BITS

_Row = TypeVar("_Row")


def mask_bits(num_ms: int, dn_bw: int) -> int:
    """Return the bits of a mask in a slot: those of a port's multipliers, in whole hexadecimal digits."""
    return -(-(num_ms // dn_bw) // 4) * 4


def image(words: Sequence[int], bits: int) -> str:
    """Return a memory image of words of some bits; an empty one holds a 0, as memories have no size 0."""
    digits = bits // 4
    return "\n".join([ADDRESS, *(f"{word:0{digits}X}" for word in words or (0,))]) + "\n"


def program_images(program: PortProgram) -> dict[str, str]:
    """Return the images of a program's tables, by file name.

    Raises
    ------
    OverflowError
        If a number does not fit in its bits.
    """
    slot = mask_bits(program.num_ms, program.dn_bw) + ADDRESS_BITS
    return {
        "program.vmh": image([_instruction(i) for i in program.instructions], INSTRUCTION_BITS),
        "loops.vmh": image([_loop(loop) for loop in program.loops], LOOP_BITS),
        "puts.vmh": image([_put(row, slot) for row in program.puts], slot * program.dn_bw),
        "multipliers.vmh": image(
            [_multipliers(row) for row in program.multipliers], ACTIVE_BITS + SETTING_BITS * program.num_ms
        ),
    }


def _packed(*fields: tuple[int, int]) -> int:
    """Pack (value, bits), the highest first."""
    word = 0
    for value, bits in fields:
        if value >> bits:
            raise OverflowError(f"{value} does not fit in {bits} bits")
        word = word << bits | value
    return word


def _fields(word: int, *bits: int) -> list[int]:
    """Take fields of some bits from a word, the highest first."""
    found = []
    for width in reversed(bits):
        found.append(word & (1 << width) - 1)
        word >>= width
    return found[::-1]


def _instruction(given: Instruction) -> int:
    return _packed((given.op, 4), (given.first, FIRST_BITS), (given.count, 32), (given.offset, 32))


def _loop(loop: Loop) -> int:
    numbers = (loop.first, loop.last, loop.count, loop.weight_step, loop.input_step)
    return _packed(*((number, ADDRESS_BITS) for number in numbers))


def _put(row: PutRow, slot: int) -> int:
    fields = ((slot.mask, slot.address) for slot in reversed(row))
    mask = slot - ADDRESS_BITS
    return _packed(*(field for m, a in fields for field in ((m, mask), (a, ADDRESS_BITS))))


def _multipliers(row: MultiplierRow) -> int:
    settings = (field for s, c in reversed(row.settings) for field in ((s, 4), (c, COUNT_BITS)))
    return _packed((row.active, ACTIVE_BITS), *settings)


def read_program(folder: Path, num_ms: int, dn_bw: int, rn_bw: int) -> PortProgram:
    """Read the images of a program.

    Parameters
    ----------
    folder
        Where they are.
    num_ms, dn_bw, rn_bw
        The array.

    Raises
    ------
    InputError
        If one is no such image, with file and line.
    """
    width, slot = num_ms // dn_bw, mask_bits(num_ms, dn_bw) + ADDRESS_BITS

    def instruction(word: int) -> Instruction:
        op, first, count, offset = _fields(word, 4, FIRST_BITS, 32, 32)
        if op not in list(Op):
            raise ValueError(f"an instruction {op}", "one of " + ", ".join(f"{o} {o.name}" for o in Op))
        used = {Op.CONFIGURE: (first,), Op.RESULTS: (count,), Op.STOP: (), Op.EMPTY: ()}
        if sum(used.get(Op(op), (first, count, offset))) != first + count + offset:
            raise ValueError(f"{first}, {count}, {offset}", f"0 in what {Op(op).name} does not use")
        return Instruction(Op(op), first, count, offset)

    def loop(word: int) -> Loop:
        found = Loop(*_fields(word, *(ADDRESS_BITS,) * 5))
        if found.first > found.last or not found.count:
            raise ValueError(f"{found}", "an end behind the beginning, and a count above 0")
        return found

    def put(word: int) -> PutRow:
        slots = [_fields(word >> slot * port, slot - ADDRESS_BITS, ADDRESS_BITS) for port in range(dn_bw)]
        for mask, address in slots:
            if mask >> width or (address and not mask):
                raise ValueError(f"mask {mask:#x}, address {address}", f"{width} bits, 0 where nothing goes")
        return tuple(Slot(mask, address) for mask, address in slots)

    def multipliers(word: int) -> MultiplierRow:
        active, *settings = _fields(word, ACTIVE_BITS, *(4, COUNT_BITS) * num_ms)
        pairs = zip(settings[::2], settings[1::2], strict=True)
        return MultiplierRow(active, tuple(reversed(list(pairs))))

    settings = ACTIVE_BITS + SETTING_BITS * num_ms
    program = PortProgram(
        num_ms,
        dn_bw,
        rn_bw,
        _rows(folder / "program.vmh", INSTRUCTION_BITS, instruction),
        _rows(folder / "loops.vmh", LOOP_BITS, loop),
        _rows(folder / "puts.vmh", slot * dn_bw, put),
        _rows(folder / "multipliers.vmh", settings, multipliers),
    )
    _check_loops(str(folder / "loops.vmh"), program)
    _check_rows(str(folder / "puts.vmh"), program)
    return program


def _check_loops(file: str, program: PortProgram) -> None:
    """Refuse loops that are not nested, outer ones first, and steps that nothing uses."""
    around = [Loop(0, len(program.instructions) - 1, 1, 0, 0)]
    for line, loop in enumerate(program.loops, 2):
        while loop.first > around[-1].last:
            around.pop()
        outer = around[-1]
        if loop.last > outer.last or (loop.count == 1 and loop.first):
            expected = f"one that lies between {outer.first} and {outer.last} and repeats"
            found = f"a loop from {loop.first} to {loop.last}, {loop.count} times"
            raise InputError(file=file, line=line, found=found, expected=expected)
        around.append(loop)
        inside = {i.op for i in program.instructions[loop.first : loop.last + 1]}
        for op, step in ((Op.PUT_WEIGHTS, loop.weight_step), (Op.PUT_INPUTS, loop.input_step)):
            if step and (op not in inside or loop.count == 1):
                raise InputError(
                    file=file, line=line, field="step", found=step, expected="0, as nothing uses it"
                )


def _check_rows(file: str, program: PortProgram) -> None:
    """Refuse rows of puts that are not of one operand each."""
    use: dict[int, Op] = {}
    for instruction in program.instructions:
        if instruction.op in (Op.PUT_WEIGHTS, Op.PUT_INPUTS):
            end = min(instruction.first + instruction.count, len(program.puts))
            for row in range(instruction.first, end):
                if use.setdefault(row, instruction.op) is not instruction.op:
                    raise InputError(
                        file=file, line=row + 2, found="weights and inputs", expected="one of them"
                    )
    for row in range(len(program.puts)):
        if row not in use:
            raise InputError(file=file, line=row + 2, found="a row that is never put", expected="no such row")


def _rows(file: Path, bits: int, decode: Callable[[int], _Row]) -> tuple[_Row, ...]:
    found = []
    for line, word in read_image(file, bits):
        try:
            found.append(decode(word))
        except ValueError as error:
            wrong, expected = error.args
            raise InputError(file=str(file), line=line, found=wrong, expected=expected) from None
    return tuple(found)


def read_image(path: Path, bits: int) -> list[tuple[int, int]]:
    """Return the words of an image with their lines.

    Raises
    ------
    InputError
        If it is none, with the line.
    """
    file = str(path)
    first, *rows = read_text(path).rstrip("\n").split("\n")
    if first != ADDRESS:
        raise InputError(file=file, line=1, found=first, expected=ADDRESS)
    digits, found = bits // 4, []
    for line, row in enumerate(rows, 2):
        try:
            word = int(row, 16) if len(row) == digits and row.isalnum() else -1
        except ValueError:
            word = -1
        if word < 0:
            raise InputError(file=file, line=line, found=row, expected=f"{digits} hexadecimal digits")
        found.append((line, word))
    if not found:
        raise InputError(file=file, line=2, found="the end of the file", expected="a word")
    return found
