"""Random commands, and what their answers say of one another.

No oracle knows these answers, but each bounds others:

* The mapping that `map --out` saves costs the same under `evaluate`, its certificate verifies, and its
  configuration computes the layer.
* No baseline costs less, no optimum of another objective, and none of a narrower space: of fewer forms or
  pieces.
* The ends of the front, and its least product, are the optima.
* A network costs what its layers cost, a sweep and a design of one accelerator the same; what is called
  optimal has no gap; their certificates verify.

Run from the repository root: python -m benchmarks.proofs.relations [--questions N] [--networks N] [--seed S]
[--behind SHARE]
"""

from __future__ import annotations

import argparse
import io
import json
import shlex
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from solver.cli.main import main as command_line

FIGURES = {"latency": "cycles", "energy": "energy", "edp": "edp"}
MORE = (
    "lstm 6 -> 4, steps 2",
    "gru 5 -> 3",
    "convtranspose 2x4x4 -> 3, 3x3, stride 2, pad 1",
    "attention 2x4, queries 4, keys 5, projections",
    "add 4x5x5",
    "host softmax 10",
    "multiply 20",
)
"""Layers of several nests, and of none."""
SPACES = {
    "one piece, as written": ("--pieces", "1", "--forms", "direct"),
    "one piece": ("--pieces", "1"),
    "one piece, all forms": ("--pieces", "1", "--forms", "all"),
    "two pieces": ("--pieces", "2"),
    "all pieces": ("--pieces", "all"),
    "all pieces, all forms": ("--pieces", "all", "--forms", "all"),
}
WIDER = (*pairwise(list(SPACES)[:3]), ("one piece", "two pieces"), *pairwise(list(SPACES)[3:]))
"""Pairs of spaces, the second of which holds the first."""


@dataclass(frozen=True)
class Ran:
    """What a command returned."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its JSON, with all digits."""
        return json.loads(self.out, parse_float=Decimal)

    def value(self, objective: str) -> Decimal:
        """Return the value of the answer to one layer."""
        return value_in(self.json["cost"], objective)


def value_in(figures: Any, objective: str) -> Decimal:
    """Return the figure of an objective."""
    return Decimal(figures[FIGURES[objective]])


def ran(*args: object) -> Ran:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = command_line([str(arg) for arg in args])
    return Ran(code, out.getvalue(), err.getvalue())


def layer_line(rng: Random) -> str:
    """Return a small layer of one nest, in notation."""
    height, width, channels, filters = (rng.randint(*ends) for ends in ((3, 11), (3, 11), (1, 14), (1, 20)))
    rows, columns = rng.randint(1, min(4, height)), rng.randint(1, min(4, width))
    batch = rng.choice(("", "", "", ", batch 2", ", batch 3"))
    stride = rng.choice((1, 1, 2))
    image, window = f"{channels}x{height}x{width}", f"{rows}x{columns}, stride {stride}"
    many = rng.choice((2, 3))
    inner = rng.randint(1, 40)
    return rng.choice(
        (
            f"conv {image} -> {filters}, {window}, pad {rng.choice((0, 1))}{batch}",
            f"conv {image} -> {filters}, 1x1, stride {stride}{batch}",
            f"conv {channels}x{height + 6}x{width + 6} -> {filters}, {rows}x{columns}, dilation 2{batch}",
            f"conv {image} -> {channels}, {window}, groups {channels}{batch}",
            f"conv {many * channels}x{height}x{width} -> {many * rng.randint(1, 6)}, {window}, groups {many}",
            f"fc {rng.randint(1, 60)} -> {rng.randint(1, 40)}{batch}",
            f"gemm {rng.randint(1, 40)}x{inner} * {inner}x{rng.randint(1, 40)}",
            f"maxpool {image}, {window}{batch}",
        )
    )


def sizes(rng: Random, behind: float) -> list[object]:
    """Return the flags of a small accelerator that a sweep and a design can have, too."""
    num_ms = rng.choice((8, 16, 32, 64))
    widths = [2 ** rng.randint(0, num_ms.bit_length() - 1) for _ in range(2)]
    flags: list[object] = ["--num-ms", num_ms, "--dn-bw", widths[0], "--rn-bw", widths[1]]
    flags += rng.choice(([], [], ["--energy-table", "mrna"])) + rng.choice(([], [], ["--count-setup"]))
    if rng.random() < behind:
        capacity = f"{rng.choice((256, 512, 1024, 4096))}B"
        return [*flags, "--buffer", capacity, "--dram-bandwidth", rng.choice((1, 2, 4, 16))]
    return flags


def array(rng: Random, flags: Sequence[object]) -> list[object]:
    """Return flags of other arrays that only one accelerator can have."""
    kinds: list[list[object]] = [[], ["--reduction", "rtl"], ["--forwarding", "none"]]
    if "--buffer" in flags:
        kinds += [["--no-double-buffered"], ["--buffer-bandwidth", 2]]
    else:
        kinds += [["--no-accumulation-buffer"], ["--no-accumulation-buffer", "--forwarding", "none"]]
    return rng.choice(kinds)


def of_a_question(rng: Random, behind: float, folder: Path) -> Iterator[str]:
    """Ask for one layer, and yield what contradicts what."""
    flags = sizes(rng, behind)
    flags += array(rng, flags)
    objective, line = rng.choice(list(FIGURES)), layer_line(rng)
    pieces = rng.choice((["--pieces", 1], ["--pieces", "all"], ["--pieces", 2]))
    forms = rng.choice(([], [], ["--forms", "all"], ["--forms", "direct"]))
    saved, paper, config = folder / "mapping.yaml", folder / "map.cert", folder / "config"
    asked = [line, *flags, *pieces, *forms]
    whole = ["map", *asked, "--objective", objective]
    first = ran(*whole, "--json", "-", "--out", saved, "--certificate", paper)
    command = shlex.join(map(str, whole))
    if first.code:
        # The recipes and the whole space were asked, too: one that beats what is proved is an internal error.
        if first.code != 4:
            yield f"{command}: ends with {first.code}: {first.err.strip()}"
        return
    value = first.value(objective)
    if ran("check", paper).code:
        yield f"{command}: its certificate is not believed"
    again = ran("evaluate", line, "--mapping", saved, "--json", "-")
    if again.code or again.json["cost"] != first.json["cost"]:
        yield f"{command}: evaluated otherwise: {again.err.strip()}"
    if not ran("configure", line, "--mapping", saved, "--out", config, *flags).code:
        executed = ran("simulate", line, "--config", config)
        if executed.code:
            yield f"{command}: executed otherwise: {executed.out.strip()} {executed.err.strip()}"
    base = [line, *flags, "--no-baselines", "--json", "-"]
    for other in FIGURES.keys() - {objective}:
        least = ran("map", *base, *pieces, *forms, "--objective", other)
        if least.code or least.value(objective) < value or first.value(other) < least.value(other):
            yield f"{command}: contradicts the least {other}"
    values = {
        name: ran("map", *base, "--objective", objective, *space).value(objective)
        for name, space in SPACES.items()
    }
    for narrow, wide in WIDER:
        if values[wide] > values[narrow]:
            yield f"{command}: {values[narrow]} in {narrow}, {values[wide]} in {wide}"
    front = ran("map", line, *flags, *pieces, *forms, "--objective", "pareto", "--json", "-")
    if front.code or min(value_in(point["cost"], objective) for point in front.json["points"]) != value:
        yield f"{command}: is not the end of the front: {front.err.strip()}"


def of_a_network(rng: Random, behind: float, folder: Path) -> Iterator[str]:
    """Ask for a network, and yield what contradicts what."""
    lines = [layer_line(rng) if rng.random() < 0.65 else rng.choice(MORE) for _ in range(rng.randint(1, 4))]
    model, paper = folder / "net.yaml", folder / "network.cert"
    model.write_text("layers:\n" + "".join(f"- {line}\n" for line in lines), encoding="utf-8")
    flags, objective = sizes(rng, behind), rng.choice(list(FIGURES))
    pieces: list[object] = ["--pieces", rng.choice((1, "all", 2))] if "--buffer" not in flags else []
    forms = rng.choice(([], ["--forms", "all"], ["--forms", "direct"]))
    common = [model, *flags, *pieces, *forms, "--objective", objective, "--no-cache", "--json", "-"]
    words = f"{'; '.join(lines)}: {shlex.join(map(str, common[1:-3]))}"
    network = ran("network", *common, "--certificate", paper)
    if network.code:
        yield f"{words}: ends with {network.code}: {network.err.strip()}"
        return
    total, layers = network.json["total"], network.json["layers"]
    value = value_in(total, objective)
    for figure in ("cycles", "energy"):
        if sum(Decimal(layer[figure]) for layer in layers) != total[figure]:
            yield f"{words}: the layers' {figure} have another sum"
    if total["gap"] or any(layer["gap"] for layer in layers if layer["status"] == "optimal"):
        yield f"{words}: optimal with a gap"
    if paper.exists() and ran("check", paper).code:
        yield f"{words}: its certificate is not believed"
    (row,) = ran("sweep", *common).json["rows"]
    if value_in(row, objective) != value or row["status"] != "optimal" or row["gap"]:
        yield f"{words}: a sweep has {value_in(row, objective)} {row['status']}, not {value}"
    paper = folder / "design.cert"
    design = ran("design", *common, "--max-area", "1e9 um2", "--certificate", paper)
    if design.code == 2:  # a table without areas
        return
    if design.code or design.json["objective_value"] != value:
        yield f"{words}: a design has not {value}: {design.err.strip()}"
    elif ran("check", paper).code:
        yield f"{words}: the certificate of its design is not believed"


def main() -> int:
    """Print what was asked, and every contradiction."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--networks", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--behind", type=float, default=0.1, help="share behind a prefetch buffer")
    args = parser.parse_args()
    found: Counter[str] = Counter()
    for kind, ask, count in (
        ("questions", of_a_question, args.questions),
        ("networks", of_a_network, args.networks),
    ):
        for number in range(count):
            with tempfile.TemporaryDirectory() as folder:
                for what in ask(Random(args.seed + number), args.behind, Path(folder)):
                    found[kind] += 1
                    print(f"{kind} {args.seed + number}: {what}", flush=True)
        print(f"{count} {kind}, {found[kind]} contradictions", flush=True)
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
