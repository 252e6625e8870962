"""The profile of a mapping as tables; `mrna_profile` writes it as mRNA does."""

from __future__ import annotations

from rich.text import Text

from solver.answers.profile import Profile
from solver.answers.solution import Solution
from solver.arithmetic import exact
from solver.layer import DIMS
from solver.views import figures
from solver.views.breakdown import COUNT_UNITS
from solver.views.certificate import unit_of, write_value
from solver.views.comparison import header
from solver.views.console import ReportConsole, open_table, whole
from solver.views.text.profile_levels import level_cycles, level_mapping, level_sections

_EDGE = {"buffer_fills": "buffer filled from DRAM", "buffer_drains": "buffer emptied to DRAM"}

Section = tuple[str, list[tuple[str, str]]]


def sections(profile: Profile) -> list[Section]:
    """Return the profile as titled lists of names and values; the order is mRNA's."""
    result, tile, counts = profile.result, profile.result.tile, profile.result.cost.counts
    unit = result.hardware.energy_table.unit
    sizes = " ".join(f"T_{dim}={size}" for dim, size in zip(DIMS, tile.sizes, strict=True))
    n = figures.integer
    mapping = [
        ("tile", sizes),
        ("stationary operand", result.stationary),
        ("form", result.form),
        *([("memory", layout)] if (layout := result.written.layout) else []),
        ("runs", n(profile.repeats)),
        ("virtual neuron size", n(tile.vn_size)),
        ("virtual neurons", n(tile.num_vns)),
        ("idle multiplier switches", n(profile.idle_switches)),
    ]
    if result.levels is not None:
        mapping += level_mapping(result.levels)
    found: list[Section] = [("Mapping", mapping)]
    for phase in profile.phases:
        sends = phase.sends
        many = ", ".join(f"{n(count)} to {size}" for size, count in sends.sizes if size > 1)
        entries = [
            ("control steps", n(phase.steps)),
            (
                f"{phase.operand} sent per step",
                f"{n(sends.words)} words, {n(phase.busiest_port)} by one port",
            ),
            ("unicasts per step", n(sends.unicasts)),
            ("multicasts per step", n(sends.multicasts) + (f" ({many} switches)" if many else "")),
        ]
        if phase.multiplications:
            entries += [
                ("multiplications per step", n(phase.multiplications)),
                ("outputs expected per step", n(phase.outputs)),
                ("forwards between neighbours per step", n(phase.forwards)),
            ]
        found.append((f"Phase: {phase.name}", entries))

    def sent(operand: str) -> tuple[str, str, str]:
        phases = [phase for phase in profile.phases if phase.operand == operand]
        unicasts = sum(phase.sends.unicasts * phase.steps for phase in phases)
        multicasts = sum(phase.sends.multicasts * phase.steps for phase in phases)
        reached = sum((p.sends.deliveries - p.sends.unicasts) * p.steps for p in phases)
        return n(unicasts), n(multicasts), f"{reached / multicasts:.2f}" if multicasts else "–"

    network = []
    for operand in ("weights", "inputs"):
        unicasts, multicasts, size = sent(operand)
        network += [
            (f"unicasts of {operand}", unicasts),
            (f"multicasts of {operand}", multicasts),
            (f"switches per multicast of {operand}", size),
        ]
    found += [
        ("Distribution network", [*network, ("accesses between switches", n(counts.dn_switches))]),
        (
            "Reduction network",
            [
                ("reduce operations", n(profile.reductions)),
                ("accesses between switches", n(counts.rn_wires)),
                ("accumulations", n(counts.accumulates)),
            ],
        ),
        (
            "Multiplier network",
            [
                ("multiplications", n(counts.multiplications)),
                ("register accesses", n(profile.register_accesses)),
                ("forwards between neighbours", n(counts.mn_wires)),
            ],
        ),
        (
            "Scratchpad",
            [
                ("weights read", n(counts.weight_reads)),
                ("inputs read", n(counts.input_reads)),
                ("partial sums read", n(counts.psum_reads)),
                ("outputs written", n(counts.writes)),
                ("weight stream", f"{n(_stream(profile, 'weights'))} words"),
                ("input stream", f"{n(_stream(profile, 'inputs'))} words"),
            ],
        ),
    ]
    if result.levels is not None:
        found += level_sections(result.levels, unit)
    found += [
        (
            "Performance",
            [
                ("control steps", n(profile.control_steps)),
                ("runtime cycles", n(result.cost.cycles)),
                *(level_cycles(result.levels) if result.levels else ()),
                ("peak utilization", figures.percent(profile.peak_utilization)),
                ("utilization per step", figures.percent(profile.step_utilization)),
                ("average utilization", figures.percent(result.cost.utilization)),
                ("bottleneck", result.cost.bottleneck),
                ("code size", f"{n(4 * profile.code_words)} bytes"),
            ],
        ),
        (f"Energy ({unit})", _energy(profile)),
        ("Totals", _totals(profile)),
    ]
    return found


def _stream(profile: Profile, operand: str) -> int:
    return sum(phase.sends.words * phase.steps for phase in profile.phases if phase.operand == operand)


def _energy(profile: Profile) -> list[tuple[str, str]]:
    found = [
        (COUNT_UNITS[name][0] if name in COUNT_UNITS else _EDGE.get(name, name), figures.amount(value))
        for name, value in profile.energy_by_event.items()
        if value and name not in ("dram_reads", "dram_writes")
    ]
    dram = profile.dram_energy
    if profile.result.levels is None:
        told = "every word moved once; not in the total"
    else:
        read, written = (figures.integer(words) for words in profile.dram_words)
        told = f"{read} words read, {written} written"
    return [
        *found,
        ("DRAM", "not in this energy table" if dram is None else f"{figures.amount(dram)} ({told})"),
    ]


def _totals(profile: Profile) -> list[tuple[str, str]]:
    result, repeats = profile.result, profile.repeats
    unit = result.hardware.energy_table.unit
    cycles, energy = result.cost.cycles * repeats, exact.product(result.cost.energy, repeats)
    found = [
        ("cycles", figures.integer(cycles)),
        ("energy", f"{figures.amount(energy)} {unit}"),
        ("energy-delay product", f"{figures.product(exact.product(energy, cycles))} {unit} × cycles"),
    ]
    if isinstance(result, Solution):
        bound = write_value(result.objective, result.bound)
        status = (
            "proved optimal" if result.proved else f"{result.status}, gap {figures.percent(result.gap, 2)}"
        )
        unit = unit_of(result.objective, result.hardware.energy_table)
        once = " per run" if repeats > 1 else ""
        found.append((f"bound on {result.objective}{once}", f"{bound} {unit}, {status}"))
    return found


def show_profile_fields(console: ReportConsole, profile: Profile) -> None:
    """Print the profile as a table, a section per part of the array."""
    name = profile.result.layer.title
    console.say(Text(name, "bold"))
    table = open_table(show_header=False)
    table.add_column(header(""), no_wrap=True)
    table.add_column(header(""), overflow="fold")
    for title, entries in sections(profile):
        table.add_row(Text(whole(title), "bold"), "")
        for entry, value in entries:
            table.add_row("  " + whole(entry), value)
    console.show(table)
