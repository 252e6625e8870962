"""How figures are written for people: thousands separated, rounded only where a reader would round.

Exact values are in the JSON output; nothing here is meant to be parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from solver.answers.figures import Rates

SCIENTIFIC_FROM = Decimal(10) ** 15
"""From here on separators no longer help the eye, and columns would outgrow a terminal."""


DASH = "–"
"""Stands where there is no figure."""

SCALES = (
    (10**18, "10¹⁸"),
    (10**15, "10¹⁵"),
    (10**12, "10¹²"),
    (10**9, "billions"),
    (10**6, "millions"),
    (10**3, "thousands"),
)
"""Units of an axis with large figures: its ticks stay short, on a phone and on paper."""


def scale_of(least: float, most: float) -> tuple[int, str]:
    """Return what the figures of an axis are divided by, and its name; 1 and nothing for small ones."""
    return next(((by, word) for by, word in SCALES if least >= by or most >= 10 * by), (1, ""))


def told_apart(values: Sequence[float]) -> list[str]:
    """Write figures of one picture with three digits, or up to six where that tells different ones apart."""
    different = len(set(values))
    for digits in range(3, 7):
        found = [f"{value:,.0f}" if value >= 10**digits else f"{value:.{digits}g}" for value in values]
        if len(set(found)) == different:
            break
    return found


def heading(words: str) -> str:
    """Write words with a capital first, and capitals that they have: ``EDP by size``."""
    return words[:1].upper() + words[1:]


def integer(value: int) -> str:
    """Write a count exactly, thousands separated."""
    return f"{value:,}"


def counted(count: int, noun: str, ending: str = "s") -> str:
    """Write a count with what is counted, its plural with that ending: ``1 mapping``, ``28,083 mappings``."""
    return f"{count:,} {noun}" + ending * (count != 1)


def amount(value: Decimal, beside: Decimal = Decimal(0)) -> str:
    """Write an energy: whole from a million up, two decimals below, four significant digits below one.

    From 10**15 up the figure is in scientific notation with six significant digits. `beside` is the largest
    figure of the same column, which decides for all of them.
    """
    largest = max(abs(value), abs(beside))
    if largest >= SCIENTIFIC_FROM and value:
        return scientific(value)
    if 0 < abs(value) < 1:
        return f"{value:.4g}"
    return f"{value:,.0f}" if largest >= 10**6 else f"{value:,.2f}"


def scientific(value: Decimal, digits: int = 6) -> str:
    """Write a figure as ``1.89123e14``."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def product(value: Decimal) -> str:
    """Write an energy-delay product, which is soon too long for separators to help."""
    return scientific(value, 4) if abs(value) >= 10**9 else amount(value)


def percent(share: float, digits: int = 1) -> str:
    """Write a share of one as ``98.4 %``; a share that is not nothing is never written as 0."""
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    least = 10.0**-digits
    if 0 < 100 * share < least:
        return f"<{least:.{digits}f} %"
    return f"{100 * share:.{digits}f} %"


def repeated(parts: Iterable[tuple[int, str]]) -> str:
    """Write parts in one line, those that run several times with how often."""
    return "; ".join(f"{repeats} × {words}" if repeats > 1 else words for repeats, words in parts)


def ratio(value: Decimal, best: Decimal) -> str:
    """Write how many times `best` the `value` is; 1 is reserved for equal figures."""
    if value == best:
        return "1"
    if not best:
        return "∞"
    quotient = value / best
    text = f"{quotient:,.3f}" if quotient < 100 else f"{quotient:,.0f}"
    return text if text != "1.000" else (">1.000" if value > best else "<1.000")


def in_bytes(count: int) -> str:
    """Write a number of bytes to three digits, in the largest binary unit that leaves at least one."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            size = count / factor
            return f"{size:.3g} {unit}" if size < 1000 else f"{size:,.0f} {unit}"
    return f"{count:,} bytes"


def in_time(rates: Rates, clock: int) -> str:
    """Write figures at a clock: ``at 600 MHz 8.10 ms, 123 per second, 137 GOP/s``."""
    parts = [
        f"{scaled(rates.seconds, 's')}",
        f"{rates.per_second:,.4g} per second",
        f"{scaled(rates.gops * 1e9, 'OP/s')}",
    ]
    if rates.dram_bytes_per_second is not None:
        parts.append(f"DRAM {scaled(rates.dram_bytes_per_second, 'B/s')}")
    return f"at {scaled(clock, 'Hz')} " + ", ".join(parts)


PREFIXES = {1e12: "T", 1e9: "G", 1e6: "M", 1e3: "k", 1: "", 1e-3: "m", 1e-6: "µ", 1e-9: "n"}


def scaled(value: float, unit: str) -> str:
    """Write a quantity with the prefix that leaves it one to three digits before the point: ``8.10 ms``."""
    factor = next((factor for factor in PREFIXES if value >= factor), min(PREFIXES))
    return f"{value / factor:.3g} {PREFIXES[factor]}{unit}"


def seconds(value: float) -> str:
    """Write a time as people say it: ``0.84 s``, ``12.3 s``, ``2 min 05 s``."""
    if value < 10:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    if value < 3600:
        return f"{int(value) // 60} min {int(value) % 60:02d} s"
    return f"{int(value) // 3600} h {int(value) % 3600 // 60:02d} min"
