"""Numbers as files and command lines write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

MAX_INTEGER = 2**63 - 1
"""Largest integer read; anything beyond it is a mistake, or an attack on `int`."""

MAX_DECIMALS, MAX_DECIMAL = 30, Decimal(10) ** 12
"""Most decimal places and largest value of a decimal: joules per event fit, ``1e-999999999`` does not."""

DECIMAL = f"a number from 0 to 10**12 with at most {MAX_DECIMALS} decimal places"
"""What `parse_decimal` accepts, in words."""


def parse_integer(text: str) -> int | None:
    """Return the integer of at least 0 that a text is, or None.

    Only plain decimal digits count: neither ``5.9``, ``1e3``, ``1_000`` nor ``010``, which is eight to some.
    """
    if re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) <= MAX_INTEGER:
        return int(text)
    return None


MAX_BYTES = 2**40
"""Largest buffer accepted, a tebibyte."""

BYTES = "a number of bytes of at least 1, at most 2**40, such as 65536, 64 KiB or 64KB"
"""What `parse_bytes` accepts, in words."""

_UNITS = {unit: 2 ** (10 * power) for power, unit in enumerate(("", "k", "m", "g"))}


def parse_bytes(text: str) -> int | None:
    """Return the bytes that a text says (``65536``, ``64 KiB``, ``64kb``), from 1 to 2**40, or None.

    Letters may be large or small, and a K is 1,024 with or without an i, as memories are sold.
    """
    match = re.fullmatch("([0-9]+) ?(?:([kmg])i?)?b?", text.strip().lower())
    count = parse_integer(match[1]) if match else None
    if match is None or not count:
        return None
    size = count * _UNITS[match[2] or ""]
    return size if size <= MAX_BYTES else None


def sizes_text(sizes: Iterable[object]) -> str:
    """Write sizes as ``3x224x224``."""
    return "x".join(map(str, sizes))


def bytes_text(count: int) -> str:
    """Write a number of bytes, in KiB or MiB where it is a whole number of them."""
    for unit, factor in (("MiB", 2**20), ("KiB", 2**10)):
        if count % factor == 0:
            return f"{count // factor:,} {unit}"
    return f"{count:,} bytes"


MAX_CLOCK = 10**12
"""Fastest clock accepted, in Hz."""

CLOCK = "a clock such as 600 MHz or 1.2 GHz"
"""What `parse_clock` accepts, in words."""

_HERTZ = {"": 0, "k": 3, "m": 6, "g": 9}


def parse_clock(text: str) -> int | None:
    """Return the whole number of Hz that a text says (``600 MHz``), from 1 to `MAX_CLOCK`, or None."""
    match = re.fullmatch(r"([0-9.]+) ?([kmg]?)hz", text.strip().lower())
    number = parse_decimal(match[1]) if match else None
    if match is None or number is None:
        return None
    hertz = number.scaleb(_HERTZ[match[2]])
    return int(hertz) if 1 <= hertz <= MAX_CLOCK and hertz == int(hertz) else None


RATE = "an integer of at least 1 (words per cycle), or a rate such as 19.2 GB/s beside a clock"
"""What a bandwidth of memory is, in words."""


def parse_rate(text: str) -> Decimal | None:
    """Return the bytes per second that a text says (``19.2 GB/s``), or None.

    As bandwidths are sold, a G is 10**9; with an i it is 2**30.
    """
    match = re.fullmatch(r"([0-9.]+) ?([kmgt]?)(i?)b(?:/s|ps)", text.strip().lower())
    number = parse_decimal(match[1]) if match and (match[2] or not match[3]) else None
    if match is None or not number:
        return None
    return number * (1024 if match[3] else 1000) ** ("kmgt".find(match[2] or " ") + 1)


def parse_decimal(text: str) -> Decimal | None:
    """Return the decimal of at least 0 that a text is, every digit kept, or None.

    An exponent is welcome (``1e-3``).
    """
    if not re.fullmatch(r"([0-9]{1,99}\.?[0-9]{0,99}|\.[0-9]{1,99})([eE][+-]?[0-9]{1,3})?", text):
        return None
    number = Decimal(text)
    if number > MAX_DECIMAL or int(number.as_tuple().exponent) < -MAX_DECIMALS:
        return None
    return number


AREA = "an area above 0, such as 300000 or 0.3 mm2"
"""What `parse_area` accepts, in words."""


def parse_area(text: str) -> tuple[Decimal, bool] | None:
    """Return an area above 0 that a text says, and whether it names um2 or mm2, or None.

    With a unit the area is in um2, else in a unit that the text does not tell.
    """
    match = re.fullmatch(r"([0-9.eE+-]+?) ?(?:([uµμm]m)(?:\^?2|²))?", text.strip())
    number = parse_decimal(match[1]) if match else None
    if match is None or not number:
        return None
    return number.scaleb(6 if match[2] == "mm" else 0), match[2] is not None
