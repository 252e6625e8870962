"""The accelerators of a sweep: every combination of values that makes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.hardware.hardware import check_size
from solver.questions.sweep.values import ShareOfSwitches

AXES: tuple[str, ...] = (
    "num_ms",
    "dn_bw",
    "rn_bw",
    "bandwidth",
    "accumulation_buffer",
    "buffer",
    "dram_bandwidth",
)
"""What can be varied; `bandwidth` is dn_bw and rn_bw together."""

SIZES = ("num_ms", "dn_bw", "rn_bw", "bandwidth")
"""Those that are powers of two."""


@dataclass(frozen=True)
class Grid:
    """The values of every parameter.

    Parameters
    ----------
    source
        Preset or file of the accelerator that the points are variations of.
    axes
        Values by name, of `AXES`; bandwidths may be shares of num_ms.
    fixed
        Further changes, keywords of `read_hardware`.

    Raises
    ------
    InputError
        If a name is unknown, bandwidths are given twice, there are no values of a name, or a value is wrong
        in itself, such as a num_ms that is no power of two.
    """

    source: str | Path | None = None
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.axes:
            if name not in AXES:
                raise InputError(field="axis", found=name, expected="one of " + ", ".join(AXES))
        twice = [name for name in ("dn_bw", "rn_bw") if name in self.axes and "bandwidth" in self.axes]
        if twice:
            raise InputError(
                field="bandwidth", found=f"bandwidth and {twice[0]}", expected="dn_bw and rn_bw, or bandwidth"
            )
        for name, values in self.axes.items():
            if not values:
                raise InputError(field=name, found="an empty list", expected="at least one value")
            for value in values if name in SIZES else ():
                if not isinstance(value, ShareOfSwitches):
                    check_size(name, value)

    def points(self) -> tuple[tuple[Hardware, ...], int]:
        """Return every accelerator, and how many combinations are none.

        Bandwidths that no axis gives keep their share of num_ms. A combination is skipped if a bandwidth
        exceeds num_ms or is a share that leaves no whole word, or if it has a prefetch buffer but neither an
        accumulation buffer nor the real hardware's adders. Different combinations that mean the same
        accelerator count once.

        Raises
        ------
        InputError
            If no combination is an accelerator, or the hardware that they are variations of is wrong.
        """
        start = read_hardware(self.source, **self.fixed)
        found: dict[Hardware, None] = {}
        skipped = 0
        for values in product(*self.axes.values()):
            given = self._resolved(dict(zip(self.axes, values, strict=True)), start)
            if given is None:
                skipped += 1
                continue
            found[read_hardware(self.source, **{**self.fixed, **given})] = None
        if not found:
            raise InputError(
                field="sizes",
                found=f"{skipped} combinations, none of them an accelerator",
                expected="bandwidths that do not exceed num_ms",
            )
        return tuple(found), skipped

    def to_dict(self) -> dict[str, Any]:
        """Return the values, and the sizes of the array that they are variations of, as certificates have it.

        Shares are written as people do (``/4``); bandwidths of the DRAM are words per cycle.
        """
        start = read_hardware(self.source, **self.fixed)
        facts = ("num_ms", "dn_bw", "rn_bw", "accumulation_buffer", "reduction")
        values = {name: [self._plain(name, value) for value in some] for name, some in self.axes.items()}
        return {"start": {name: getattr(start, name) for name in facts}, "values": values}

    def _plain(self, name: str, value: Any) -> Any:
        if name != "dram_bandwidth":
            return str(value) if isinstance(value, ShareOfSwitches) else value
        one = {"buffer": self.axes["buffer"][0]} if "buffer" in self.axes else {}
        memory = read_hardware(self.source, **{**self.fixed, **one, name: value}).memory
        assert memory is not None
        return memory.dram_bandwidth

    def _resolved(self, given: dict[str, Any], start: Hardware) -> dict[str, Any] | None:
        """Return keywords of `read_hardware` for a combination, or None if it is no accelerator."""
        if "bandwidth" in given:
            both = given.pop("bandwidth")
            given |= {"dn_bw": both, "rn_bw": both}
        given = {"num_ms": start.num_ms} | given
        for name in ("dn_bw", "rn_bw"):
            if name not in given:
                continue  # it keeps its share of the switches
            if isinstance(given[name], ShareOfSwitches):
                given[name], rest = divmod(given["num_ms"], given[name].divisor)
                if rest:
                    return None
            if given[name] > given["num_ms"] or given[name] < 1:
                return None
        memory = start.memory is not None or "buffer" in given
        accumulates = given.get("accumulation_buffer", start.accumulation_buffer)
        if memory and start.kind.returns_sums(accumulates):
            return None
        return given
