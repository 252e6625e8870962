"""The profile of a layer as mRNA's text file: its labels line by line, so that parsers go on working.

What mRNA has no label for (bound, proof, energy-delay product, form, the collection bus) stands at the end.
The first mapping strategy is our optimum; the heuristics' follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from solver.answers.profile import PhaseProfile, Profile
from solver.answers.solution import Solution
from solver.arithmetic import exact
from solver.cost.result import Objective, utilization_of
from solver.files import usable_name
from solver.hardware import Hardware
from solver.layer import Layer
from solver.views.certificate import write_value
from solver.views.text.profile_levels import level_cycles, level_mapping, level_sections

TYPES = {
    "conv": "CONV",
    "convtranspose": "CONV",
    "fc": "FC",
    "gemm": "FC",
    "matmul": "FC",
    "lstm": "RNN",
    "gru": "RNN",
    "rnn": "RNN",
    "maxpool": "MAXPOOL",
}
"""mRNA's words for the kinds of layers; other kinds keep their own."""

DOUBLE, SINGLE = "=" * 66, "-" * 67

Strategy = tuple[str, Sequence[tuple[str, Profile]]]
"""Where a mapping comes from, and the profiles of its parts by name; the name is empty for one part."""


def file_name(
    layer: Layer, hardware: Hardware, objective: Objective | None, *, model: str, number: int
) -> str:
    """Return mRNA's name for the profile of a layer.

    Parameters
    ----------
    layer
        Where it is named ``model/number``, as the layers of mRNA's files are, that is used.
    hardware, objective
        What the profile is of; None for a mapping that was given.
    model, number
        Name of the file, and the layer's place in it, for all other layers.
    """
    model, place = _place(layer, model, number)
    goal = objective.goal if objective else "given"
    array = f"MAERI-MS-{hardware.num_ms}-DSW-{hardware.dn_bw}-RSW-{hardware.rn_bw}"
    name = f"DNN-{model}-{_type(layer)}{place}_{array}_Opt-{goal}"
    return usable_name(name, most=200) + ".txt"


def _place(layer: Layer, model: str, number: int) -> tuple[str, str]:
    named = re.fullmatch(r"([^/]+)/([^/]+)", layer.name)
    return (named[1], named[2]) if named else (model, str(number))


def _type(layer: Layer) -> str:
    return TYPES.get(layer.kind, layer.kind.upper())


def profile_text(
    layer: Layer,
    strategies: Sequence[Strategy],
    host: Sequence[str],
    *,
    model: str = "layer",
    number: int = 1,
) -> str:
    """Return the text file of a layer's profile.

    Parameters
    ----------
    layer
        The layer.
    strategies
        Its mappings, ours first.
    host
        Operations that the host does.
    model, number
        As for `file_name`.
    """
    hardware = strategies[0][1][0][1].result.hardware
    model, place = _place(layer, model, number)
    lines = [
        f"Model Name: {model}",
        f"Layer Type: {_type(layer)}",
        f"Layer Number: {place}",
        f"Total number of Multiplier Switches: {hardware.num_ms}",
        f"Total number of Mapping Strategies: {len(strategies)}",
        "",
    ]
    for index, (_, parts) in enumerate(strategies):
        profiles = [profile for _, profile in parts]
        lines += [DOUBLE, f"Mapping Strategy {index}: ", f"Tile Size: {_tile(profiles[0])}"]
        lines += [f"Average utilization rate: {_utilization(profiles)}", ""]
        for number_of_part, profile in enumerate(profiles):
            lines += [SINGLE, f"Configuration {number_of_part}", "", *_configuration(number_of_part, profile)]
        lines += [SINGLE, "Total Configurations: ", "", *_total(profiles)]
    lines += [DOUBLE, "Beyond mRNA", ""]
    for index, (origin, parts) in enumerate(strategies):
        lines += _beyond(index, origin, parts)
    lines += [f"- Host operation, not run on the array: {operation}" for operation in host]
    return "\n".join(lines) + "\n"


def _tile(profile: Profile) -> str:
    tile = profile.result.tile
    sizes = {"T_X": tile.R, "T_Y": tile.S, "T_C": tile.C, "T_K": tile.K, "T_N": tile.N}
    sizes |= {"T_X'": tile.X, "T_Y'": tile.Y}
    if tile.G > 1:  # mRNA has no groups
        sizes["T_G"] = tile.G
    return "<" + ", ".join(f"{name} = {size}" for name, size in sizes.items()) + ">"


def _utilization(profiles: Sequence[Profile]) -> str:
    """Return products per cycle and switch over all parts."""
    work = sum(p.result.cost.counts.multiplications * p.repeats for p in profiles)
    if len(profiles) == 1:
        return f"{profiles[0].result.cost.utilization:.6g}"
    cycles = sum(p.result.cost.cycles * p.repeats for p in profiles)
    return f"{utilization_of(work, profiles[0].result.hardware, cycles):.6g}"


def _listed(values: Iterable[object]) -> str:
    return " ".join(f"({value})" for value in values) + " "


def _number(value: Decimal) -> str:
    """Return an energy in plain digits."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Sums:
    """The figures of one configuration, or the sums of several, each as often as it runs."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._profiles = profiles

    def count(self, name: str) -> int:
        return sum(getattr(p.result.cost.counts, name) * p.repeats for p in self._profiles)

    def figure(self, name: str) -> int:
        return sum(getattr(p, name) * p.repeats for p in self._profiles)

    @property
    def cycles(self) -> int:
        return sum(p.result.cost.cycles * p.repeats for p in self._profiles)

    def energy(self, *events: str) -> str:
        return _number(self.amount(*events))

    def amount(self, *events: str) -> Decimal:
        zero = Decimal(0)
        energies = [
            (p.energy_by_event.get(event, zero), p.repeats) for p in self._profiles for event in events
        ]
        return exact.total([exact.product(energy, repeats) for energy, repeats in energies])

    def streams(self, operands: Sequence[str]) -> int:
        return sum(
            phase.steps * p.repeats for p in self._profiles for phase in p.phases if phase.operand in operands
        )

    @property
    def code(self) -> int:
        return sum(4 * p.code_words for p in self._profiles)


def _phases(profile: Profile, *operands: str) -> list[PhaseProfile]:
    return [phase for phase in profile.phases if phase.operand in operands]


def _configuration(index: int, profile: Profile) -> list[str]:
    tile = profile.result.tile
    weights, inputs = _phases(profile, "weights"), _phases(profile, "inputs", "partial sums")
    peak = f"- Peak utilization rate in configuration {index} is: {profile.peak_utilization:.6g}"
    mean = f"- Average utilization rate in configuration {index} is: {profile.result.cost.utilization:.6g}"
    return [
        f"Mapping: - Size of Virtual Neuron (VN): {tile.vn_size}",
        f"- Number of VNs: {tile.num_vns}",
        f"- Number of Idle Multiplier Switches: {profile.idle_switches}",
        "",
        "Distribute Network: ",
        f"- Number of unicast in weights: {_listed(p.sends.unicasts for p in weights)}",
        f"- Number of multicast in weights: {_listed(p.sends.multicasts for p in weights)}",
        f"- Size of multicast in weights: {_listed(_size(p) for p in weights)}",
        f"- Number of unicast in inputs: {_listed(p.sends.unicasts for p in inputs)}",
        f"- Number of multicast in inputs: {_listed(p.sends.multicasts for p in inputs)}",
        # mRNA's label says unicast; it is the switches that a multicast reaches.
        f"- Size of unicast in inputs: {_listed(_size(p) for p in inputs)}",
        *_networks(_Sums([profile])),
        "Virtual Neuron Address Table (VNAT): ",
        f"- Number of outputs expected (single control step): {tile.num_vns}",
        "",
        *_memory(_Sums([profile])),
        "",
        "Performance: ",
        f"- Number of control steps: {_Sums([profile]).figure('control_steps')}",
        f"- Runtime cycles: {_Sums([profile]).cycles}",
        peak,
        mean,
        "",
        "Code Size: ",
        f"- Code size is: {_Sums([profile]).code}",
        "",
    ]


def _size(phase: PhaseProfile) -> str:
    return f"{phase.sends.multicast_size:.6g}"


def _networks(sums: _Sums) -> list[str]:
    wires = sums.energy("rn_wires")
    adds = ("adds_2_1", "adds_3_1", "accumulates")
    forward, products = ("mn_wires", "psum_forwards"), ("multiplications",)
    return [
        f"- Number of access between distribute switches: {sums.count('dn_switches')}",
        f"- Normalized energy of distribute network {sums.energy('dn_wires', 'dn_switches')}",
        "",
        "Reduce Network: ",
        f"- Number of reduce operations: {sums.figure('reductions')}",
        f"- Number of access between reduce switches: {sums.count('rn_wires')}",
        f"- Normalized energy of Reduce Network: {sums.energy('rn_wires', *adds)} "
        f"( accessing RSs = {wires}, reduce operation = {sums.energy(*adds)} )",
        "",
        "Multiplier Network: ",
        f"- Number of multiplications: {sums.count('multiplications')}",
        f"- Number of register access of the multiplier switch: {sums.figure('register_accesses')}",
        f"- Number of forward access between multiplier switches: {sums.count('mn_wires')}",
        # Registers have no price of their own in our tables: a product's holds it.
        f"- Normalized energy of Multiplier Network: {sums.energy(*forward, *products)} "
        f"( forward energy = {sums.energy(*forward)}, accessing local buffer in MS = 0, "
        f"multiply operations = {sums.energy(*products)} )",
        "",
    ]


def _memory(sums: _Sums) -> list[str]:
    """Return the scratchpad's lines; partial sums that come back are inputs, as mRNA counts them."""
    read, weights, written = ("input_reads", "psum_reads"), ("weight_reads",), ("writes",)
    whole = sums.energy(*read, *weights, *written)
    return [
        "On-chip Scratchpad memory (Prefetch buffer): ",
        f"- Number of weights read: {sums.count('weight_reads')}",
        f"- Number of inputs read: {sums.count('input_reads') + sums.count('psum_reads')}",
        f"- Number of outputs write: {sums.count('writes')}",
        f"- Number of input data streams: {sums.streams(('inputs', 'partial sums'))}",
        f"- Number of weight data streams: {sums.streams(('weights',))}",
        f"- Normalized energy of accessing on-chip Scratchpad Memory: {whole} "
        f"( SPM input read = {sums.energy(*read)}, SPM weight read = {sums.energy(*weights)}, "
        f"SPM write = {sums.energy(*written)} )",
    ]


def _total(profiles: Sequence[Profile]) -> list[str]:
    sums = _Sums(profiles)
    drams = [exact.product(p.dram_energy, p.repeats) for p in profiles if p.dram_energy is not None]
    dram = _number(exact.total(drams)) if len(drams) == len(profiles) else "not in this energy table"
    return [
        "Mapping: Distribute Network: ",
        *_networks(sums),
        "Virtual Neuron Address Table (VNAT): ",
        *_memory(sums),
        "",
        "Performance: ",
        f"- Number of control steps: {sums.figure('control_steps')}",
        f"- Runtime cycles: {sums.cycles}",
        "Code Size: ",
        f"- Code size is: {sums.code}",
        "",
        f"- Dram energy is: {dram}",
        f"- Average utilization rate throughout the whole layer: {_utilization(profiles)}",
        "",
    ]


def _beyond(index: int, origin: str, parts: Sequence[tuple[str, Profile]]) -> list[str]:
    """Return what mRNA does not tell: totals, what is proved, how the layer is written on the array."""
    profiles = [profile for _, profile in parts]
    table = profiles[0].result.hardware.energy_table
    energy = exact.total([exact.product(p.result.cost.energy, p.repeats) for p in profiles])
    cycles = _Sums(profiles).cycles
    product = _number(exact.product(energy, cycles))
    lines = [
        f"Strategy {index} ({origin})",
        f"- Total energy ({table.unit}): {_number(energy)}",
        f"- Energy of the collection bus and static energy: {_Sums(profiles).energy('bus_wires', 'static')}",
        f"- Energy-delay product: {product}",
    ]
    for name, profile in parts:
        result = profile.result
        label = f"{name}: " if name else ""
        lines.append(f"- Form: {label}{result.form}, {result.stationary} stationary, {profile.repeats} runs")
        if isinstance(result, Solution):
            status = "proved optimal" if result.proved else f"{result.status}, gap {100 * result.gap:.2f} %"
            bound = write_value(result.objective, result.bound)
            lines.append(f"- Bound on {result.objective}: {label}{bound}, {status}")
        if result.levels is not None:
            behind = [entry for _, entries in level_sections(result.levels, table.unit) for entry in entries]
            told = [*level_mapping(result.levels), *behind, *level_cycles(result.levels)]
            lines += [f"- {label}{entry} {value}" for entry, value in told]
    return [*lines, ""]
