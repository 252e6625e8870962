"""Values of a hardware parameter as people write them: ``64, 128``, ``16..256``, ``/4``, ``32KiB..1MiB``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from solver.arithmetic.numbers import parse_bytes, parse_integer
from solver.errors import InputError
from solver.hardware.read_memory import Rate, rate_from

EXPECTED = "numbers such as 64, ranges such as 16..256 (doubling), or shares of num_ms such as /4"
EXPECTED_RATES = "words per cycle such as 16, ranges such as 8..32 (doubling), or with a clock 19.2GB/s"
EXPECTED_BYTES = "sizes such as 64KiB, or ranges such as 32KiB..256KiB (doubling)"


@dataclass(frozen=True, order=True)
class ShareOfSwitches:
    """A bandwidth relative to the array: num_ms / divisor."""

    divisor: int

    def __str__(self) -> str:
        return f"/{self.divisor}"


Value = int | ShareOfSwitches | Rate


def parse_values(
    text: str, field: str, *, sizes: bool = False, shares: bool = False, rates: bool = False
) -> tuple[Value, ...]:
    """Read values separated by commas or blanks.

    Parameters
    ----------
    text
        Numbers, ranges ``a..b`` that double from a as long as they do not exceed b, shares ``/d``.
    field
        Whose values they are, for messages.
    sizes
        Whether they are bytes, with units.
    shares
        Whether shares of num_ms make sense.
    rates
        Whether bytes per second do, such as ``19.2GB/s``.

    Returns
    -------
    tuple of int, ShareOfSwitches or Rate
        In the order written, each once.

    Raises
    ------
    InputError
        If a word is none of these.
    """
    expected = EXPECTED_BYTES if sizes else EXPECTED_RATES if rates else EXPECTED
    found: dict[Value, None] = {}
    # A unit may stand apart from its number: '64 KiB'.
    words = re.sub(r"(\d)\s+([KMG])", r"\1\2", text).replace(",", " ").split()
    for word in words:
        first, dots, last = word.partition("..")
        if dots:
            low, high = _number(first, sizes), _number(last, sizes)
            if low is None or high is None or low > high:
                raise InputError(field=field, found=word, expected=expected)
            while low <= high:
                found[low] = None
                low *= 2
            continue
        if shares and word.startswith("/"):
            divisor = parse_integer(word[1:])
            if not divisor:
                raise InputError(field=field, found=word, expected=expected)
            found[ShareOfSwitches(divisor)] = None
            continue
        if rates and (rate := rate_from(word)) is not None:
            found[rate] = None
            continue
        number = _number(word, sizes)
        if number is None:
            raise InputError(field=field, found=word, expected=expected)
        found[number] = None
    if not found:
        raise InputError(field=field, found="nothing", expected=expected)
    return tuple(found)


def _number(word: str, sizes: bool) -> int | None:
    number = parse_bytes(word) if sizes else parse_integer(word)
    return number if number else None
