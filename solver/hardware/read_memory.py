"""The levels behind the array, from the keys of a hardware file and from flags."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Any, get_args

from solver.arithmetic.numbers import BYTES, RATE, parse_bytes, parse_rate
from solver.errors import InputError
from solver.hardware.memory import MAX_AMOUNT, Controller, Memory, PrefetchBuffer
from solver.hardware.words import OPERANDS, WordBytes
from solver.yamlfile import (
    Flag,
    Reads,
    Unreadable,
    YamlModel,
    one_of,
    read_any,
    read_count,
    read_flag,
    validate,
)
from solver.yamlfile.values import YamlMap, YamlScalar, YamlValue


def read_size(value: Any) -> int:
    """Read a number of bytes; raises `Unreadable`."""
    # With its unit it is a text anyhow, and the only form that a Python program can give.
    known = isinstance(value, YamlScalar) and not (value.quoted and value.isdecimal())
    size = parse_bytes(value) if known else None
    if size is None:
        raise Unreadable(value)
    return size


def _read_amount(value: Any) -> int:
    return read_count(value, MAX_AMOUNT)


@dataclass(frozen=True)
class Rate:
    """A bandwidth in bytes per second, as a user wrote it.

    Attributes
    ----------
    text, bytes_per_second
        What was written, and what it says.
    """

    text: str
    bytes_per_second: Decimal

    def words_per_cycle(self, field: str, clock: int | None, word_bytes: int) -> int:
        """Return the words of `word_bytes` bytes (the narrowest) in a cycle of a `clock` in Hz.

        Raises
        ------
        InputError
            If there is no clock, or if they are not a whole number.
        """
        if clock is None:
            raise InputError(
                field=field,
                found=f"{self.text} and no clock",
                expected="words per cycle, or a clock too (such as --clock '600 MHz')",
            )
        words = self.bytes_per_second / (clock * word_bytes)
        if words != int(words) or not 1 <= words <= MAX_AMOUNT:
            below = max(1, int(words))
            raise InputError(
                field=field,
                found=f"{self.text}, which are {float(words):.6g} words of {word_bytes} bytes per cycle",
                expected=f"a whole number of words per cycle, such as {below} or {below + 1}",
            )
        return int(words)

    def __str__(self) -> str:
        return self.text


def words_of(amount: int | Rate, field: str, clock: int | None, word_bytes: int) -> int:
    """Return a bandwidth in words per cycle; see `Rate.words_per_cycle`."""
    return amount.words_per_cycle(field, clock, word_bytes) if isinstance(amount, Rate) else amount


def rate_from(text: str) -> Rate | None:
    """Return the rate that a text says, or None."""
    rate = parse_rate(text)
    return None if rate is None else Rate(text, rate)


def _read_bandwidth(value: Any) -> int | Rate:
    rate = rate_from(value) if isinstance(value, YamlScalar) else None
    return _read_amount(value) if rate is None else rate


def _read_word_bytes(value: Any) -> WordBytes:
    if not isinstance(value, YamlMap):
        return WordBytes.same(_read_amount(value))
    if set(value) != set(OPERANDS):
        raise Unreadable(value, WORD_BYTES)
    return WordBytes(**{name: _read_amount(value[name]) for name in OPERANDS})


WORD_BYTES = "bytes of a word, an integer of at least 1, or {weights: 1, inputs: 1, outputs: 4}"
Bytes = Annotated[int | None, Reads(read_size, BYTES)]
OptionalAmount = Annotated[int | None, Reads(_read_amount, "an integer of at least 1")]
Bandwidth = Annotated[Any, Reads(_read_bandwidth, RATE)]
ControllerKey = Annotated[Controller | None, one_of(get_args(Controller), "fixed or programmable")]


class BufferFile(YamlModel):
    """The mapping behind ``prefetch_buffer``; one capacity for all operands, or one for each."""

    capacity: Bytes = None
    weights: Bytes = None
    inputs: Bytes = None
    outputs: Bytes = None
    double_buffered: Flag = True
    word_bytes: Annotated[WordBytes, Reads(_read_word_bytes, WORD_BYTES)] = WordBytes.same(2)
    bandwidth: Bandwidth = None
    adder: Annotated[bool | None, Reads(read_flag, "true or false")] = None


class MemoryKeys(YamlModel):
    """The keys of a hardware file that describe what lies behind the array; none of them is one level."""

    prefetch_buffer: Annotated[Any, Reads(read_any, "a mapping with the key capacity")] = None
    dram_bandwidth: Bandwidth = None
    controller: ControllerKey = None
    weights_per_switch: OptionalAmount = None


@dataclass(frozen=True, kw_only=True)
class MemoryChanges:
    """What flags replace of the levels behind the array; None leaves the source's.

    Attributes
    ----------
    prefetch_buffer
        The whole prefetch buffer, which the others then change.
    buffer
        Bytes of the prefetch buffer, shared by all operands.
    double_buffered
        Whether the next tile is fetched while the array works.
    dram_bandwidth, buffer_bandwidth
        Words per cycle, or a `Rate`.
    controller
        See `Controller`.
    weights_per_switch
        Stationary words that a multiplier switch can hold.
    """

    prefetch_buffer: PrefetchBuffer | None = None
    buffer: int | None = None
    double_buffered: bool | None = None
    dram_bandwidth: int | Rate | None = None
    buffer_bandwidth: int | Rate | None = None
    controller: Controller | None = None
    weights_per_switch: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The changes that are asked for."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def buffer_from(value: YamlValue, clock: int | None = None, file: str | None = None) -> PrefetchBuffer:
    """Return the prefetch buffer that a mapping describes; raises `InputError` if it describes none."""
    entry = validate(BufferFile, value, file=file, key="prefetch_buffer")
    given = {name: getattr(entry, name) for name in BufferFile.model_fields}
    if entry.bandwidth is not None:
        given["bandwidth"] = words_of(entry.bandwidth, "bandwidth", clock, entry.word_bytes.least)
    return PrefetchBuffer(**given)


def memory_from(entry: MemoryKeys, document: YamlValue, file: str, clock: int | None = None) -> Memory | None:
    """Return what a hardware file says of the levels behind the array, or None if it says nothing.

    Parameters
    ----------
    entry
        The keys, read.
    document
        The mapping that holds them, for the lines of its keys.
    file
        The file, for messages.
    clock
        Cycles per second, if known, for bandwidths in bytes per second.

    Raises
    ------
    InputError
        If one of buffer and DRAM is there without the other, or a size is wrong.
    """
    assert isinstance(document, YamlMap)
    if entry.prefetch_buffer is None:
        stated = ("dram_bandwidth", "controller", "weights_per_switch")
        orphan = next((name for name in stated if getattr(entry, name) is not None), None)
        if orphan is None:
            return None
        raise InputError(
            f"{orphan} is about the levels behind the array, and there are none",
            file=file,
            line=document.line_of(orphan),
            field=orphan,
            found="no prefetch_buffer beside it",
            expected="prefetch_buffer and dram_bandwidth, or neither",
        )
    if entry.dram_bandwidth is None:
        raise InputError(
            "a prefetch buffer is filled from a DRAM",
            file=file,
            line=document.line_of("prefetch_buffer"),
            field="dram_bandwidth",
            found="nothing",
            expected="words per cycle, an integer of at least 1",
        )
    try:
        buffer = buffer_from(entry.prefetch_buffer, clock, file)
        return Memory(
            buffer=buffer,
            dram_bandwidth=words_of(entry.dram_bandwidth, "dram_bandwidth", clock, buffer.sizes.least),
            controller=entry.controller or "fixed",
            weights_per_switch=entry.weights_per_switch,
        )
    except InputError as error:
        if error.field == "dram_bandwidth":
            raise error.at(file=file, line=document.line_of("dram_bandwidth")) from None
        at = entry.prefetch_buffer
        line = at.line_of(error.field) if isinstance(at, YamlMap) else None
        raise error.at(file=file, line=line, field="prefetch_buffer") from None


def changed_memory(
    memory: Memory | None, changes: MemoryChanges, source: str, clock: int | None = None
) -> Memory | None:
    """Return the levels behind the array as flags change them.

    Parameters
    ----------
    memory
        Those of the source.
    changes
        What is replaced. A `buffer` and a `dram_bandwidth` also add the levels to a source without them.
    source
        Name of the preset or file, for messages.
    clock
        Cycles per second, if known, for bandwidths in bytes per second.

    Raises
    ------
    InputError
        If changes need levels that neither the source nor they describe.
    """
    given = changes.given
    if not given:
        return memory
    if memory is None:
        missing = [name for name in ("buffer", "dram_bandwidth") if name not in given]
        if changes.prefetch_buffer is not None and missing[:1] == ["buffer"]:
            del missing[0]
        if missing:
            flags = {"buffer": "--buffer '64 KiB'", "dram_bandwidth": "--dram-bandwidth 16"}
            add = " ".join(flags[name] for name in missing)
            raise InputError(
                f"{source} has no prefetch buffer and DRAM that this could change",
                field=next(iter(given)),
                found=f"no {' and '.join(missing)} beside it",
                expected=f"{' and '.join(missing)} too (such as {add}), "
                "or hardware with a prefetch buffer such as maeri-256-dram",
            )
        buffer: dict[str, Any] = {}
        rest: dict[str, Any] = {}
    else:
        buffer, rest = dict(vars(memory.buffer)), dict(vars(memory))
    if changes.prefetch_buffer is not None:
        buffer = dict(vars(changes.prefetch_buffer))
    if "buffer" in given:
        buffer |= {"capacity": given["buffer"], **dict.fromkeys(OPERANDS)}
    buffer |= {
        name: given[flag]
        for flag, name in (("double_buffered", "double_buffered"), ("buffer_bandwidth", "bandwidth"))
        if flag in given
    }
    for name in ("dram_bandwidth", "controller", "weights_per_switch"):
        if name in given:
            rest[name] = given[name]
    word = buffer["word_bytes"].least if "word_bytes" in buffer else PrefetchBuffer.word_bytes
    assert isinstance(word, int)
    if buffer.get("bandwidth") is not None:
        buffer["bandwidth"] = words_of(buffer["bandwidth"], "buffer_bandwidth", clock, word)
    rest["dram_bandwidth"] = words_of(rest["dram_bandwidth"], "dram_bandwidth", clock, word)
    return Memory(**(rest | {"buffer": PrefetchBuffer(**buffer)}))
