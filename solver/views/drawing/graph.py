"""The array as a graph: switches with stable names, the links between them, and what a mapping makes of them.

Names: distribution ports ``P0``, switches of a port's tree ``N0.1.0`` (port, level, number; level 0 is at the
port), multipliers ``M0``, adder switches ``S0`` and ``D0`` as rule S2 numbers them (a double
switch has the adders ``D0.L`` and ``D0.R``), collection buses ``B0``. A link is called after its ends.
The simulator's tree has the same switches; only their buses and what they can do differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.topology import Switch, SwitchKind, adder_tree
from solver.hardware import Hardware
from solver.mapping.tile import Tile
from solver.switches.decode import decoder_of
from solver.switches.simulator_tree import SimulatorTreeConfig, Source, Target
from solver.switches.switch_config import RtlState, SimulatorState, SwitchConfig
from solver.views.figures import counted


class NodeKind(StrEnum):
    """What a node of the graph is."""

    PORT = "port"
    DISTRIBUTION = "distribution"
    MULTIPLIER = "multiplier"
    ADDER = "adder"
    BUS = "bus"


class LinkKind(StrEnum):
    """What a link carries."""

    DISTRIBUTION = "distribution"
    NEIGHBOUR = "neighbour"
    """Between multipliers: inputs while the window slides."""
    SUM = "sum"
    """A product or a sum on its way to an adder."""
    FORWARDING = "forwarding"
    """Between the two adders of a double switch."""
    EXIT = "exit"
    """From an adder to its collection bus."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an adder does for one virtual neuron.

    Attributes
    ----------
    vn
        The virtual neuron.
    mode
        Name of the mode.
    inputs
        Values that it adds up; one is passed on as it is.
    linked
        Whether one of them comes over the forwarding link.
    sends
        Where the sum goes.
    """

    vn: int
    mode: str
    inputs: int
    linked: bool
    sends: Target

    @property
    def label(self) -> str:
        """The mode as pictures show it: ``+2``, ``+3``, or ``1`` for a value that is passed on."""
        return f"+{self.inputs}" if self.inputs > 1 else "1"


@dataclass(frozen=True, slots=True)
class Node:
    """A port, switch, adder or bus.

    Attributes
    ----------
    row
        Level within its kind: 0 at the port in a distribution tree, 0 at the root of the adder tree.
    centre
        Middle of the leaves below (above) it, in leaves from the left; buses have their number instead.
    vns
        Virtual neurons that use it.
    work
        What an adder does for each of them.
    bus
        Collection bus that an adder is wired to.
    note
        What a multiplier is used for besides multiplying.
    """

    name: str
    kind: NodeKind
    row: int
    centre: float
    vns: tuple[int, ...] = ()
    work: tuple[Work, ...] = ()
    bus: int | None = None
    note: str = ""

    @property
    def description(self) -> str:
        """What it is and does, in a line."""
        parts = [f"{_KINDS[self.kind]} {self.name}"]
        if self.kind is NodeKind.MULTIPLIER and self.vns:
            parts.append(f"virtual neuron {self.vns[0]}")
        parts += [self.note] if self.note else []
        parts += [f"bus {self.bus}"] if self.bus is not None else []
        for work in self.work:
            to = {Target.UP: "up", Target.LINK: "over the link", Target.BUS: "to the bus"}[work.sends]
            parts.append(f"virtual neuron {work.vn}: {work.mode}, {to}")
        return ", ".join(parts)


_KINDS = {
    NodeKind.PORT: "distribution port",
    NodeKind.DISTRIBUTION: "distribution switch",
    NodeKind.MULTIPLIER: "multiplier",
    NodeKind.ADDER: "adder",
    NodeKind.BUS: "collection bus",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A wire between two nodes, with the virtual neurons whose values it carries."""

    source: str
    target: str
    kind: LinkKind
    vns: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name made of its ends."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True)
class ArrayGraph:
    """The whole array.

    Attributes
    ----------
    title, facts, mapping
        What it is called, its sizes and kind, and which mapping it shows (empty if it is idle).
    num_ms, ports, buses
        Its sizes.
    nodes, links
        By kind: ports, distribution, multipliers, adders from the leaves down to the root, buses.
    vns
        (first leaf, last leaf) of every virtual neuron.
    """

    title: str
    facts: str
    mapping: str
    num_ms: int
    ports: int
    buses: int
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    vns: tuple[tuple[int, int], ...] = field(default=())

    @property
    def description(self) -> str:
        """What the picture shows, in a line."""
        return "; ".join(part for part in (self.title, self.facts, self.mapping) if part)

    def of_kind(self, kind: NodeKind) -> tuple[Node, ...]:
        """Return the nodes of one kind."""
        return tuple(node for node in self.nodes if node.kind is kind)


def array_graph(
    hardware: Hardware, config: SwitchConfig | None = None, buffer_tile: Tile | None = None
) -> ArrayGraph:
    """Return the graph of an array, idle or as a mapping uses it.

    Parameters
    ----------
    hardware
        The accelerator.
    config
        What its switches do for a mapping (of this hardware); None draws it idle.
    buffer_tile
        The buffer tile that the configuration is for, where there are two levels.
    """
    owner: list[int | None] = config.placement.owners() if config else [None] * hardware.num_ms
    adders, inner = _adder_tree(hardware, config, owner)
    nodes = [*_distribution_nodes(hardware, owner), *_multipliers(config, owner), *adders]
    nodes += [
        Node(f"B{bus}", NodeKind.BUS, 0, bus, vns=_on_bus(adders, bus)) for bus in range(hardware.rn_bw)
    ]
    links = [*_distribution_links(hardware, owner), *_neighbours(hardware, config, owner), *inner]
    links += [
        Link(
            node.name, f"B{node.bus}", LinkKind.EXIT, tuple(w.vn for w in node.work if w.sends is Target.BUS)
        )
        for node in adders
    ]
    return ArrayGraph(
        title=hardware.name,
        facts=_facts(hardware),
        mapping=_mapping(config, buffer_tile) if config else "",
        num_ms=hardware.num_ms,
        ports=hardware.dn_bw,
        buses=hardware.rn_bw,
        nodes=tuple(nodes),
        links=tuple(links),
        vns=tuple((vn.start, vn.last) for vn in config.placement.vns) if config else (),
    )


def _facts(hardware: Hardware) -> str:
    slide = "inputs slide" if hardware.forwarding == "sliding" else "no sliding inputs"
    return (
        f"{hardware.num_ms} multipliers, {hardware.dn_bw} distribution ports, "
        f"{hardware.rn_bw} collection buses, {hardware.kind.tree}, {slide}"
    )


def _mapping(config: SwitchConfig, buffer_tile: Tile | None) -> str:
    count, size = len(config.placement.vns), config.placement.vns[0].size
    neurons = f"{counted(count, 'virtual neuron')} of {counted(size, 'multiplier')}"
    layer = f"{config.name}: " if config.name else ""
    within = f" in buffer tile {buffer_tile}" if buffer_tile else ""
    return f"{layer}tile {config.tile}{within}, {neurons}"


def _on_bus(adders: list[Node], bus: int) -> tuple[int, ...]:
    return tuple(sorted(w.vn for a in adders if a.bus == bus for w in a.work if w.sends is Target.BUS))


def _used(owner: list[int | None], first: int, width: int) -> tuple[int, ...]:
    return tuple(sorted({vn for vn in owner[first : first + width] if vn is not None}))


def _blocks(hardware: Hardware) -> Iterator[tuple[str, int, int, int]]:
    """Yield (name, level, first leaf, leaves) of every switch of the distribution trees."""
    for port in range(hardware.dn_bw):
        for level in range(hardware.port_width.bit_length() - 1):
            leaves = hardware.port_width >> level
            for number in range(2**level):
                first = port * hardware.port_width + number * leaves
                yield f"N{port}.{level}.{number}", level, first, leaves


def _distribution_nodes(hardware: Hardware, owner: list[int | None]) -> Iterator[Node]:
    width = hardware.port_width
    for port in range(hardware.dn_bw):
        centre = port * width + (width - 1) / 2
        yield Node(f"P{port}", NodeKind.PORT, 0, centre, _used(owner, port * width, width))
    for name, level, first, leaves in _blocks(hardware):
        centre = first + (leaves - 1) / 2
        yield Node(name, NodeKind.DISTRIBUTION, level, centre, _used(owner, first, leaves))


def _distribution_links(hardware: Hardware, owner: list[int | None]) -> Iterator[Link]:
    width = hardware.port_width
    for port in range(hardware.dn_bw):
        top = f"N{port}.0.0" if width > 1 else f"M{port}"
        yield Link(f"P{port}", top, LinkKind.DISTRIBUTION, _used(owner, port * width, width))
    for name, level, first, leaves in _blocks(hardware):
        trunk, _, number = name.split(".")
        for half in (0, 1):
            leaf = first + half * leaves // 2
            branch = f"{trunk}.{level + 1}.{2 * int(number) + half}"
            below = f"M{leaf}" if leaves == 2 else branch
            yield Link(name, below, LinkKind.DISTRIBUTION, _used(owner, leaf, leaves // 2))


def _multipliers(config: SwitchConfig | None, owner: list[int | None]) -> Iterator[Node]:
    auxiliary = {vn.start for vn in config.placement.vns} if config and config.auxiliary else set()
    for leaf, vn in enumerate(owner):
        note = "carries the partial sum" if leaf in auxiliary else ""
        yield Node(f"M{leaf}", NodeKind.MULTIPLIER, 0, leaf, () if vn is None else (vn,), note=note)


_TAKES_FROM_NEIGHBOUR = {
    SimulatorState.RELAY,
    SimulatorState.END,
    RtlState.MIDDLE_FIRST,
    RtlState.MIDDLE,
    RtlState.RIGHT_EDGE_FIRST,
    RtlState.RIGHT_EDGE,
}


def _neighbours(hardware: Hardware, config: SwitchConfig | None, owner: list[int | None]) -> Iterator[Link]:
    """Yield the links on which multipliers hand on inputs: to the right in the RTL, else to the left."""
    if hardware.forwarding == "none":
        return
    fed = {
        leaf
        for phase in (config.phases if config else ())
        for leaf, setting in enumerate(phase.multipliers)
        if setting.state in _TAKES_FROM_NEIGHBOUR
    }
    for leaf in range(hardware.num_ms - 1):
        giver, taker = (leaf, leaf + 1) if hardware.kind.hands_to > 0 else (leaf + 1, leaf)
        vns = _used(owner, taker, 1) if taker in fed else ()
        yield Link(f"M{giver}", f"M{taker}", LinkKind.NEIGHBOUR, vns)


def _adder_tree(
    hardware: Hardware, config: SwitchConfig | None, owner: list[int | None]
) -> tuple[list[Node], list[Link]]:
    tree = adder_tree(hardware.num_ms)
    nodes: list[Node] = []
    links: list[Link] = []
    below: list[tuple[str, tuple[int, ...]]] = [
        (f"M{leaf}", () if vn is None else (vn,)) for leaf, vn in enumerate(owner)
    ]
    for level in reversed(range(tree.levels)):
        above: list[tuple[str, tuple[int, ...]]] = []
        width = 2 ** (tree.levels - level)
        for switch in tree.rows[level]:
            works = _works(config, switch, [vns for _, vns in below])
            bus = decoder_of(hardware).bus(switch, hardware)
            for side, node in enumerate(switch.nodes):
                name, work = switch.output_name(side), works[side]
                vns = tuple(w.vn for w in work)
                centre = node * width + (width - 1) / 2
                nodes.append(Node(name, NodeKind.ADDER, level, centre, vns, work, bus))
                for child, carried in below[2 * node : 2 * node + 2]:
                    links.append(Link(child, name, LinkKind.SUM, carried))
                above.append((name, tuple(w.vn for w in work if w.sends is Target.UP)))
            if switch.kind is SwitchKind.DOUBLE:
                linked = tuple(w.vn for work in works for w in work if w.linked)
                links.append(Link(switch.output_name(0), switch.output_name(1), LinkKind.FORWARDING, linked))
        below = above
    return nodes, links


def _works(
    config: SwitchConfig | None, switch: Switch, arriving: list[tuple[int, ...]]
) -> list[tuple[Work, ...]]:
    """Return what each adder of a switch does; `arriving` are the virtual neurons on every position below."""
    if config is None:
        return [() for _ in switch.nodes]
    if isinstance(config.tree, SimulatorTreeConfig):
        return [
            tuple(
                Work(
                    lane.vn,
                    "passes on" if len(lane.reads) == 1 else f"adds {len(lane.reads)}",
                    len(lane.reads),
                    Source.LINK in lane.reads,
                    lane.sends,
                )
                for lane in lanes
            )
            for lanes in config.tree.of(switch)
        ]
    return [_real_work(config.tree, switch, side, arriving) for side in range(len(switch.nodes))]


def _real_work(
    tree: AdderTreeConfig, switch: Switch, side: int, arriving: list[tuple[int, ...]]
) -> tuple[Work, ...]:
    output = tree.of(switch).outputs[side]
    if not output.reads:
        return ()
    (vn,) = arriving[switch.inputs[output.reads[0]]]
    sends = Target.BUS if output.emits else Target.UP
    mode = "".join(word.capitalize() for word in output.mode.name.split("_"))
    return (Work(vn, mode, len(output.reads), len(output.reads) == 3, sends),)
