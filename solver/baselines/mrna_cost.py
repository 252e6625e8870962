"""mRNA's own cycle formulas, which its heuristic minimises.

They are not what a mapping costs (that is `solver.cost`); they are kept because they decide which mapping
mRNA chooses. Source of every formula: rules M4 and M5; the three-phase form of the
partial sums and the phases of an LSTM step follow from its published runs
(`benchmarks/measured/mrna_baseline.py`
shows the agreement).
"""

from __future__ import annotations

from dataclasses import dataclass

from solver.layer import LoopNest


@dataclass(frozen=True, slots=True)
class MrnaConv:
    """A convolution as mRNA sees it: one image, one group, no dilation.

    Parameters
    ----------
    R, S
        Filter rows and columns.
    C, K
        Channels and filters.
    X, Y
        Output rows and columns.
    slides
        Whether the stride is 1, so that neighbouring windows share filter columns.
    input_words
        Words of the input image.
    """

    R: int
    S: int
    C: int
    K: int
    X: int
    Y: int
    slides: bool
    input_words: int

    @classmethod
    def of(cls, nest: LoopNest) -> MrnaConv:
        """Take one group and one image of a loop nest; the input is the padded one that the nest knows."""
        return cls(
            R=nest.R,
            S=nest.S,
            C=nest.C,
            K=nest.K,
            X=nest.X,
            Y=nest.Y,
            slides=nest.stride == (1, 1),
            input_words=nest.C * nest.input_rows * nest.input_cols,
        )

    @property
    def outputs(self) -> int:
        """Output words."""
        return self.K * self.X * self.Y

    @property
    def filter_size(self) -> int:
        """Weights of one channel of one filter."""
        return self.R * self.S


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """One mapping of mRNA's space: whole filters, T_C channels deep, T_K filters at once."""

    T_C: int
    T_K: int

    def vn_size(self, conv: MrnaConv) -> int:
        """Multipliers of one virtual neuron."""
        return conv.filter_size * self.T_C

    def passes(self, conv: MrnaConv) -> int:
        """Filter passes: how often the weights on the array are replaced (F of rule M4)."""
        return ceil_div(conv.K, self.T_K) * self.partial_sums(conv)

    def partial_sums(self, conv: MrnaConv) -> int:
        """Partial sums of one output (P of rule M4)."""
        return ceil_div(conv.C, self.T_C)


@dataclass(frozen=True, slots=True)
class ReductionPhase:
    """A later phase in which virtual neurons do nothing but add partial sums fetched from memory.

    Attributes
    ----------
    vn_size
        Partial sums that one virtual neuron adds.
    vns
        Virtual neurons on the array; each makes one sum per step.
    steps
        Control steps of the phase.
    stored
        Partial sums that the phase before it left in memory.
    """

    vn_size: int
    vns: int
    steps: int
    stored: int

    def cycles(self, dn_bw: int) -> int:
        """Cycles of the phase: every step waits for all its operands."""
        return self.steps * ceil_div(self.vns * self.vn_size, dn_bw)


def ceil_div(a: int, b: int) -> int:
    """Return a / b rounded up."""
    return -(-a // b)


def reduction_phases(partial_sums: int, outputs: int, num_ms: int) -> tuple[ReductionPhase, ...] | None:
    """Return the phases in which mRNA adds up the partial sums.

    Parameters
    ----------
    partial_sums
        Partial sums of each output.
    outputs
        Outputs of the layer.
    num_ms
        Multiplier switches.

    Returns
    -------
    tuple of ReductionPhase or None
        No phase for one partial sum, one phase up to `num_ms`, two up to `num_ms` squared (whole arrays
        first, an array that is not full counted as one); None beyond, where mRNA drops the mapping.
    """
    if partial_sums == 1:
        return ()
    if partial_sums <= num_ms:
        vns = num_ms // partial_sums
        return (ReductionPhase(partial_sums, vns, ceil_div(outputs, vns), partial_sums * outputs),)
    segments = ceil_div(partial_sums, num_ms)
    if segments > num_ms:
        return None
    first = ReductionPhase(num_ms, 1, outputs * segments, partial_sums * outputs)
    vns = num_ms // segments
    return (first, ReductionPhase(segments, vns, ceil_div(outputs, vns), segments * outputs))


def conv_cycles(conv: MrnaConv, candidate: Candidate, num_ms: int, dn_bw: int) -> int | None:
    """Return the cycles that mRNA predicts for a convolution, or None where it drops the mapping.

    Parameters
    ----------
    conv, candidate
        The layer and the mapping.
    num_ms, dn_bw
        Multiplier switches and distribution bandwidth, words per cycle.
    """
    phases = reduction_phases(candidate.partial_sums(conv), conv.outputs, num_ms)
    if phases is None:
        return None
    vn_size, passes = candidate.vn_size(conv), candidate.passes(conv)
    steps = conv.X * conv.Y * passes
    # With stride 1 only the first window of an output row is sent whole; the others bring T_C R new words.
    whole = conv.X * passes if conv.slides else steps
    cycles = whole * ceil_div(vn_size, dn_bw) + (steps - whole) * ceil_div(conv.R * candidate.T_C, dn_bw)
    cycles += passes * ceil_div(vn_size * candidate.T_K, dn_bw)
    return cycles + sum(phase.cycles(dn_bw) for phase in phases)
