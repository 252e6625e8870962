"""How a figure is distributed over the mappings of a space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES: tuple[float, ...] = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
BINS = 40
SAME = 1e-9
"""Values that differ by less than this share, as energies do by rounding, are one value."""


@dataclass(frozen=True)
class Distribution:
    """A figure over all mappings.

    Attributes
    ----------
    quantiles
        Values at `QUANTILES`, each that of a mapping (the next lower one).
    edges, counts
        Histogram over bins of equal width on a logarithmic scale: `len(counts)` + 1 edges.
    """

    quantiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: NDArray) -> Distribution:
        """Return the distribution of positive values."""
        least, most = float(values.min()), float(values.max())
        if most - least <= SAME * most:
            # One bin around the value, wide enough to be seen.
            edges = np.array([least * 0.9, most * 1.1])
        else:
            edges = np.geomspace(least, most, BINS + 1)
            # Rounding must not leave the extremes outside.
            edges[0], edges[-1] = least, most
        counts = np.histogram(values, edges)[0]
        quantiles = np.quantile(values, QUANTILES, method="lower")
        return cls(tuple(map(float, quantiles)), tuple(map(float, edges)), tuple(map(int, counts)))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        named = {f"{share:g}": value for share, value in zip(QUANTILES, self.quantiles, strict=True)}
        return {
            "quantiles": named,
            "histogram": {"edges": list(self.edges), "frequencies": list(self.counts)},
        }
