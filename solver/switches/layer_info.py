"""What Layer_Info.vmh says: the layer and the array, as the hardware's test bench reads them.

Source: rule S9. 14 words of 32 bits: two per dimension in the order K,
C, R, S, Y, X (size and tile size; edge and iterations), then array size and mapped virtual neurons, then the
virtual neuron's size. Y and X are input sizes; stride 1, no padding.
"""

from __future__ import annotations

from dataclasses import dataclass

from solver.errors import InputError

HALF_BITS = 16
HALF_MAX = (1 << HALF_BITS) - 1
DIMENSIONS: tuple[str, ...] = ("K", "C", "R", "S", "Y", "X")
"""Dimensions in file order: filters, channels, filter rows, filter columns, input rows, input columns."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Size of a dimension and the tile size that it is worked off in."""

    size: int
    tile: int = 1


@dataclass(frozen=True, kw_only=True)
class LayerInfo:
    """A layer on an array of the real hardware.

    Parameters
    ----------
    K, C, R, S
        Filters, channels, filter rows and columns.
    Y, X
        Input rows and columns; their tiles count output rows and columns.
    num_ms
        Multiplier switches.
    mapped_vns
        Virtual neurons that work side by side, each on one filter.
    vn_size
        Leaves of a virtual neuron.

    Raises
    ------
    InputError
        If a number does not fit in 16 bits, a size or tile is below 1, or the filter exceeds the input.
    """

    K: Extent
    C: Extent
    R: Extent
    S: Extent
    Y: Extent
    X: Extent
    num_ms: int
    mapped_vns: int
    vn_size: int

    def __post_init__(self) -> None:
        for name in DIMENSIONS:
            extent = self.extent(name)
            _check_half(name, extent.size)
            _check_half(f"{name} tile", extent.tile)
        for name in ("num_ms", "mapped_vns", "vn_size"):
            _check_half(name, getattr(self, name))
        for name, window in (("Y", "R"), ("X", "S")):
            if self.extent(window).size > self.extent(name).size:
                raise InputError(
                    field=window,
                    found=self.extent(window).size,
                    expected=f"at most the input size {name} = {self.extent(name).size}",
                )

    def extent(self, name: str) -> Extent:
        """Return size and tile of a dimension by its letter."""
        extent: Extent = getattr(self, name)
        return extent

    @property
    def out_rows(self) -> int:
        """Output rows."""
        return self.Y.size - self.R.size + 1

    @property
    def out_cols(self) -> int:
        """Output columns."""
        return self.X.size - self.S.size + 1

    def steps(self, name: str) -> tuple[int, int]:
        """Return (edge, iterations): what is left after whole tiles, and how many whole tiles there are."""
        extent = self.extent(name)
        count = {"Y": self.out_rows, "X": self.out_cols}.get(name, extent.size)
        return count % extent.tile, count // extent.tile


def encode_layer_info(info: LayerInfo) -> tuple[int, ...]:
    """Return the 14 words of the file."""
    words = []
    for name in DIMENSIONS:
        extent = info.extent(name)
        words += [_halves(extent.size, extent.tile), _halves(*info.steps(name))]
    return (*words, _halves(info.num_ms, info.mapped_vns), info.vn_size)


def decode_layer_info(words: tuple[int, ...], lines: tuple[int, ...] | None = None) -> LayerInfo:
    """Return the layer that 14 words describe.

    Parameters
    ----------
    words
        The words, each from 0 to 2**32 - 1.
    lines
        Line of each word in its file, for messages.

    Returns
    -------
    LayerInfo
        The layer; `encode_layer_info` gives the same words back.

    Raises
    ------
    InputError
        If the number of words is wrong, a number is out of range, or edge and iterations contradict the
        sizes.
    """
    expected = 2 * len(DIMENSIONS) + 2
    where = lines if lines is not None else (None,) * len(words)
    if len(words) != expected:
        last = where[min(len(words), expected + 1) - 1] if words else None
        raise InputError(line=last, field="words", found=len(words), expected=f"{expected} words")
    halves = [(word >> HALF_BITS, word & HALF_MAX) for word in words]
    extents = {name: Extent(*halves[2 * i]) for i, name in enumerate(DIMENSIONS)}
    if halves[-1][0]:
        raise InputError(
            line=where[-1], field="vn_size", found=words[-1], expected="a number of at most 16 bits"
        )
    try:
        info = LayerInfo(**extents, num_ms=halves[-2][0], mapped_vns=halves[-2][1], vn_size=halves[-1][1])
    except InputError as error:
        words_of = {name: 2 * i for i, name in enumerate(DIMENSIONS)} | {"vn_size": expected - 1}
        raise error.at(line=where[words_of.get((error.field or "").split()[0], expected - 2)]) from None
    for i, name in enumerate(DIMENSIONS):
        edge, iterations = info.steps(name)
        if halves[2 * i + 1] != (edge, iterations):
            raise InputError(
                line=where[2 * i + 1],
                field=f"{name} edge and iterations",
                found=str(halves[2 * i + 1]),
                expected=f"({edge}, {iterations}) for (size, tile) = {halves[2 * i]}",
            )
    return info


def _halves(high: int, low: int) -> int:
    return high << HALF_BITS | low


def _check_half(field: str, value: int) -> None:
    if not 1 <= value <= HALF_MAX:
        raise InputError(field=field, found=value, expected=f"from 1 to {HALF_MAX} (16 bits)")
