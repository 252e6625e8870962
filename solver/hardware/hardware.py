"""What a MAERI instance is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.errors import InputError
from solver.hardware.energy_table import EnergyTable

MIN_NUM_MS, MAX_NUM_MS = 4, 4096


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """A MAERI instance.

    Parameters
    ----------
    name
        Preset or file it came from.
    num_ms
        Multiplier switches, a power of two.
    dn_bw, rn_bw
        Read ports of the distribution network and write ports (collection bus lines) of the reduction
        network, words per cycle; powers of two, at most `num_ms`.
    accumulation_buffer
        Whether folds are summed beside the reduction network; without it partial sums travel through memory.
    energy_table
        Energy per event and per cycle.

    Raises
    ------
    InputError
        If a size is not a power of two or a bandwidth exceeds `num_ms`.
    """

    name: str
    num_ms: int
    dn_bw: int
    rn_bw: int
    accumulation_buffer: bool = True
    energy_table: EnergyTable

    def __post_init__(self) -> None:
        for field in ("num_ms", "dn_bw", "rn_bw"):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1 or value & (value - 1):
                raise InputError(field=field, found=value, expected="a power of two")
        if not MIN_NUM_MS <= self.num_ms <= MAX_NUM_MS:
            raise InputError(
                field="num_ms", found=self.num_ms, expected=f"from {MIN_NUM_MS} to {MAX_NUM_MS} switches"
            )
        for field in ("dn_bw", "rn_bw"):
            if getattr(self, field) > self.num_ms:
                raise InputError(
                    field=field, found=getattr(self, field), expected=f"at most num_ms = {self.num_ms}"
                )

    @property
    def port_width(self) -> int:
        """Multiplier switches behind one read port (m of the timing rules)."""
        return self.num_ms // self.dn_bw

    def to_dict(self) -> dict[str, Any]:
        """Return the hardware under the keys of its YAML form."""
        return {
            "name": self.name,
            "num_ms": self.num_ms,
            "dn_bw": self.dn_bw,
            "rn_bw": self.rn_bw,
            "accumulation_buffer": self.accumulation_buffer,
            "energy_table": self.energy_table.name,
        }
