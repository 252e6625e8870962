"""Limits that every program stays within, whatever it does."""

from __future__ import annotations

from solver.errors import InputError

MAX_STEPS = 2_000_000
"""Statements and expressions evaluated; a ResNet-152 takes some ten thousand."""

MAX_LOOP_STEPS = 100_000
"""Steps after which a loop that has built nothing is taken for one that trains."""

MAX_ITEMS = 100_000
"""Items of a list or range, characters of a text."""

MAX_BITS = 4096
"""Bits of an integer."""

MAX_CALLS = 60
"""Calls of functions of the program inside each other."""


class Budget:
    """Counts the steps of a program and refuses what is too large."""

    def __init__(self) -> None:
        self.steps = 0

    def spend(self, line: int) -> None:
        """Count a step."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise InputError(
                "the program runs too long to be followed",
                line=line,
                found=f"more than {MAX_STEPS:,} steps",
                expected="a program that builds a network",
            )

    @staticmethod
    def check_items(count: int, line: int) -> None:
        """Refuse a list, range or text that is too long."""
        if count > MAX_ITEMS:
            raise InputError(
                "too large to be followed",
                line=line,
                found=f"{count:,} items" if count < 10**18 else "a number of items of more than 18 digits",
                expected=f"at most {MAX_ITEMS:,}",
            )

    @staticmethod
    def check_bits(bits: int, line: int) -> None:
        """Refuse an integer that is too large."""
        if bits > MAX_BITS:
            raise InputError(
                "too large to be followed",
                line=line,
                found=f"an integer of {bits:,} bits" if bits < 10**18 else "an integer of endless digits",
                expected=f"at most {MAX_BITS} bits",
            )
