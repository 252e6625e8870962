"""mRNA's own event counts and energy of a convolution, which its energy and efficiency objectives minimise.

The counts were derived from mRNA's published runs (mrna_results.csv), each until it equalled every row:
scratchpad, distribution, reduction and register events to the last digit, energies to the six digits that
are printed. `benchmarks/measured/mrna_baseline.py` prints the agreement. They include what mRNA gets wrong,
for
instance that no input word of a sliding window but those of a row's first one costs distribution energy.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solver.baselines.mrna_cost import Candidate, MrnaConv, ReductionPhase, reduction_phases

DRAM_ACCESS_WORDS = 4
"""16-bit words that one DRAM access of mRNA's moves (64 bits)."""

DRAM_SPILL_WORDS = 512
"""mRNA moves partial sums to and from DRAM in whole blocks of 1 KiB and forgets the rest."""


@dataclass(frozen=True, slots=True)
class EnergyFactors:
    """Energy per event relative to one multiplication, mRNA's shipped values (rule M8)."""

    dram: int = 54
    scratchpad: int = 8
    register: int = 1
    distribute: int = 1
    reduce_access: int = 1
    forward: int = 1
    multiply: int = 1
    reduce: int = 1


@dataclass(frozen=True, slots=True)
class MrnaCounts:
    """Events of one convolution as mRNA counts them, under the names of its profile.

    `dram_words` are 16-bit words; everything else is accesses or operations.
    """

    weight_reads: int
    input_reads: int
    output_writes: int
    distribution: int
    registers: int
    forwards: int
    multiplications: int
    reductions: int
    reduction_accesses: int
    dram_words: int

    def energy(self, factors: EnergyFactors | None = None) -> Fraction:
        """Return the total energy in multiplications, DRAM included."""
        f = factors or EnergyFactors()
        scratchpad = self.weight_reads + self.input_reads + self.output_writes
        return Fraction(f.dram * self.dram_words, DRAM_ACCESS_WORDS) + (
            f.scratchpad * scratchpad
            + f.distribute * self.distribution
            + f.register * self.registers
            + f.forward * self.forwards
            + f.multiply * self.multiplications
            + f.reduce * self.reductions
            + f.reduce_access * self.reduction_accesses
        )


def conv_counts(conv: MrnaConv, candidate: Candidate, num_ms: int) -> MrnaCounts | None:
    """Return what mRNA counts for a convolution, or None where it drops the mapping.

    Parameters
    ----------
    conv, candidate
        The layer and the mapping.
    num_ms
        Multiplier switches, a power of two.
    """
    phases = reduction_phases(candidate.partial_sums(conv), conv.outputs, num_ms)
    if phases is None:
        return None
    levels = num_ms.bit_length() - 1
    vn_size, passes, filters = candidate.vn_size(conv), candidate.passes(conv), candidate.T_K
    sums = conv.X * conv.Y * passes * filters
    whole_windows = conv.X if conv.slides else conv.X * conv.Y
    rest_windows = conv.X * conv.Y - whole_windows
    inputs = passes * (whole_windows * vn_size + rest_windows * conv.R * candidate.T_C)
    added = [phase.vns * phase.steps for phase in phases]
    fetched = sum(phase.vn_size * count for phase, count in zip(phases, added, strict=True))
    return MrnaCounts(
        weight_reads=passes * vn_size * filters,
        # Without a sliding window mRNA reads the input once for every filter, though it still sends it once.
        input_reads=inputs * (1 if conv.slides else filters) + fetched,
        output_writes=sums + sum(added),
        distribution=passes * vn_size * (levels * filters + whole_windows * multicast_links(num_ms, filters))
        + levels * fetched,
        registers=sums * vn_size + inputs * filters + fetched,
        forwards=passes * filters * rest_windows * candidate.T_C * conv.R * (conv.S - 1),
        multiplications=sums * vn_size,
        reductions=sums * (vn_size - 1) + fetched - sum(added),
        reduction_accesses=sums * reduction_links(vn_size)
        + sum(reduction_links(phase.vn_size) * count for phase, count in zip(phases, added, strict=True)),
        dram_words=conv.filter_size * conv.C * conv.K
        + conv.outputs
        + conv.input_words
        + sum(_spilled(phase) for phase in phases),
    )


def reduction_links(leaves: int) -> int:
    """Return the links of a tree that halves `leaves` values (rounding up) until one is left."""
    links = 0
    while leaves > 1:
        links += leaves
        leaves = -(-leaves // 2)
    return links


def multicast_links(num_ms: int, destinations: int) -> int:
    """Return the distribution links that one word takes to `destinations` virtual neurons.

    From the leaves the paths stay apart until half of them (rounding up) can merge at each of the levels
    nearest the root.
    """
    merging = (destinations - 1).bit_length()
    levels = num_ms.bit_length() - 1
    return reduction_links(destinations) + destinations * (levels - merging)


def _spilled(phase: ReductionPhase) -> int:
    """Return the words that go to DRAM and back between two phases."""
    return 2 * (phase.stored // DRAM_SPILL_WORDS) * DRAM_SPILL_WORDS
