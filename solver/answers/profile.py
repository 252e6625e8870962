"""The profile of a mapping: its figures by phase and in total."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.answers.displayed import Displayed
from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.arithmetic.exact import product, total
from solver.cost.result import utilization_of
from solver.keyed import keyed


@dataclass(frozen=True)
class Sends:
    """Words that the distribution network sends in one step.

    Attributes
    ----------
    sizes
        (Multiplier switches that a word reaches, words of that size), by size. A word that several read ports
        send counts once for each: ports share nothing.
    """

    sizes: tuple[tuple[int, int], ...] = ()

    @property
    def unicasts(self) -> int:
        """Words for one multiplier switch."""
        return sum(count for size, count in self.sizes if size == 1)

    @property
    def multicasts(self) -> int:
        """Words for several multiplier switches."""
        return sum(count for size, count in self.sizes if size > 1)

    @property
    def words(self) -> int:
        """Words of the step: the stream that the buffer delivers."""
        return sum(count for _, count in self.sizes)

    @property
    def deliveries(self) -> int:
        """Values that arrive at multiplier switches."""
        return sum(size * count for size, count in self.sizes)

    @property
    def multicast_size(self) -> float:
        """Switches that a multicast reaches, on average; 0 without multicasts."""
        return (self.deliveries - self.unicasts) / self.multicasts if self.multicasts else 0.0


@dataclass(frozen=True)
class PhaseProfile:
    """What happens in one kind of control step.

    Attributes
    ----------
    name
        ``weights``: a fold of weights is loaded. ``row starts``: all inputs of the first window of a row.
        ``windows``: the inputs of every other window. ``partial sums``: sums of earlier folds are fed back.
        Where a programmable controller keeps the inputs: ``inputs`` of a window, then ``filters``. Where it
        keeps the sums: ``weights`` and ``inputs`` of every fold.
    operand
        What is sent.
    steps
        How often it happens.
    sends
        What is sent in one step.
    busiest_port
        Words that the busiest read port sends in a step, which is the cycles that the step takes at least.
    multiplications, outputs
        Products and (partial) sums of one step.
    forwards
        Values handed on between neighbouring multiplier switches in one step.
    """

    name: str
    operand: str
    steps: int
    sends: Sends
    busiest_port: int
    multiplications: int = 0
    outputs: int = 0
    forwards: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the figures of a step and of all steps."""
        sends = self.sends
        return {
            **keyed(self, "phase=name operand steps"),
            "per_step": {
                **keyed(sends, "unicasts multicasts"),
                "multicast_sizes": {str(size): count for size, count in sends.sizes if size > 1},
                **keyed(sends, "words deliveries"),
                **keyed(self, "busiest_port_words=busiest_port multiplications outputs forwards"),
            },
            "unicasts": sends.unicasts * self.steps,
            "multicasts": sends.multicasts * self.steps,
            "words": sends.words * self.steps,
        }


@dataclass(frozen=True, repr=False)
class Profile(Displayed):
    """The profile of one mapping.

    Attributes
    ----------
    result
        Mapping and cost; a `Solution` also has the bound.
    repeats
        How often the mapping runs (time steps of a recurrent layer); all figures but the total's are of once.
    phases
        The kinds of control steps.
    code_words
        32-bit words of the adder tree's configuration memory.
    dram_words
        Words read and written. Without DRAM in the hardware weights, inputs and outputs, each once: what must
        cross the chip's edge.
    energy_by_event
        Energy of every counted event by name, and static energy. Where there is DRAM also that of its words:
        in the DRAM (``dram_reads``, ``dram_writes``) and in the buffer (``buffer_fills``,
        ``buffer_drains``).
    """

    result: Solution | Evaluation
    phases: tuple[PhaseProfile, ...]
    code_words: int
    dram_words: tuple[int, int]
    energy_by_event: dict[str, Decimal]
    repeats: int = 1

    @property
    def windows(self) -> tuple[PhaseProfile, ...]:
        """The phases in which the array multiplies."""
        return tuple(phase for phase in self.phases if phase.multiplications)

    @property
    def control_steps(self) -> int:
        """Steps of all phases in which something is loaded or computed."""
        return sum(phase.steps for phase in self.phases if phase.operand != "partial sums")

    @property
    def idle_switches(self) -> int:
        """Multiplier switches without a product."""
        tile = self.result.tile
        return self.result.hardware.num_ms - tile.vn_size * tile.num_vns

    @property
    def peak_utilization(self) -> float:
        """Switches that multiply in a step, as a share of all."""
        return 1 - self.idle_switches / self.result.hardware.num_ms

    @property
    def step_utilization(self) -> float:
        """MACs / (switches x multiplying steps): what partial tiles leave unused, bandwidth apart."""
        steps = sum(phase.steps for phase in self.windows)
        used: float = utilization_of(self.result.nest.macs, self.result.hardware, steps)
        return used

    @property
    def register_accesses(self) -> int:
        """Reads and writes of operand registers.

        A multiplication reads two registers; a value that arrives, from the distribution network or a
        neighbour, is written to one.
        """
        writes = sum((phase.sends.deliveries + phase.forwards) * phase.steps for phase in self.phases)
        return 2 * self.result.cost.counts.multiplications + writes

    @property
    def summary(self) -> str:
        """The profile in a few words."""
        runs = f", {self.repeats} times" if self.repeats > 1 else ""
        steps = f"{self.control_steps:,} control steps{runs}"
        return f"{self.result.summary}, {steps}, {self.step_utilization:.1%} of the switches per step"

    @property
    def reductions(self) -> int:
        """Two-operand additions (or comparisons): a 3:1 adder makes two."""
        counts = self.result.cost.counts
        return counts.adds_2_1 + 2 * counts.adds_3_1 + counts.accumulates

    @property
    def dram_energy(self) -> Decimal | None:
        """Energy of the DRAM's words, or None if the energy table does not know DRAM."""
        table = self.result.hardware.prices
        if table.dram_read is None or table.dram_write is None:
            return None
        if self.result.levels is not None:
            return total(list(self.result.levels.energy["DRAM"].values()))
        read, written = self.dram_words
        return total([product(table.dram_read, read), product(table.dram_write, written)])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the keys of the result and those of the profile."""
        profile = {
            **keyed(self.result.tile, "vn_size virtual_neurons=num_vns"),
            **keyed(self, "idle_switches peak_utilization step_utilization"),
            **keyed(self.result, "average_utilization=cost.utilization"),
            **keyed(self, "control_steps outputs_per_step=result.tile.num_vns register_accesses reductions"),
            **keyed(self.result.cost.counts, "reduce_switch_accesses=rn_wires"),
            **keyed(self.result.cost.counts, "distribute_switch_accesses=dn_switches"),
            "code_bytes": 4 * self.code_words,
            "dram_words_read": self.dram_words[0],
            "dram_words_written": self.dram_words[1],
            **keyed(self, "dram_energy energy_by_event phases"),
        }
        return self.result.to_dict() | {"repeats": self.repeats, "profile": profile}
