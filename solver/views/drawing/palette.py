"""Colours of the virtual neurons, told apart by people with any colour vision, on light and on dark ground.

Neighbours never rely on colour alone: every picture also numbers the virtual neurons.
"""

from __future__ import annotations

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#14171c"

INK = "#ffffff"
"""Text on the colour of a virtual neuron."""

VN_COLOURS = ("#2e75c2", "#bc5815", "#218349", "#c84180", "#8a5dc6", "#0f7d8a", "#887020")
"""Taken in turn. Each has a contrast of at least 4.5 : 1 to white (its text, the light ground) and
3 : 1 to the dark ground."""


def vn_colour(vn: int) -> str:
    """Return the colour of a virtual neuron."""
    return VN_COLOURS[vn % len(VN_COLOURS)]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
