"""Certificates of designs: on every accelerator what the layers cost at least, and their sums."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from solver.certificates.check_certificate import Disbelief, check
from solver.cli.commands.design import command
from solver.cost.result import Objective
from solver.errors import InputError
from solver.hardware import read_hardware
from solver.layer import Conv, FullyConnected
from solver.legal.tiles import Limits
from solver.questions.certify import design_certificate
from solver.questions.design.search import run_design
from tests.support.certificate_cases import question_of

LAYERS = [
    Conv(name="one", input=(2, 6, 6), filters=3, kernel=(3, 3)),
    FullyConnected(name="two", inputs=12, outputs=5),
]
POINTS = [read_hardware(num_ms=8, dn_bw=bw, rn_bw=bw) for bw in (2, 8)]


def _certificate(objective: Objective, pieces: str | int = 1) -> Any:
    question = question_of(None, POINTS[0], objective, Limits(), None, pieces)
    answer = run_design("net", LAYERS, POINTS, question)
    return json.loads(json.dumps(design_certificate(answer, question)))


@pytest.mark.parametrize("pieces", [1, "all"])
@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.ENERGY])
def test_a_design_is_verified_on_every_accelerator(objective: Objective, pieces: str | int) -> None:
    said: list[str] = []
    verdict = check(_certificate(objective, pieces), said.append)
    assert verdict.endswith("on any of 2 accelerators")
    assert [line.partition(":")[0] for line in said] == ["accelerator 0", "accelerator 1"]


def test_a_changed_design_is_refused_with_the_reason() -> None:
    right = json.dumps(_certificate(Objective.LATENCY))

    def reason(change: Any) -> str:
        paper = json.loads(right)
        change(paper)
        with pytest.raises(Disbelief) as found:
            check(paper)
        return str(found.value)

    def bound(paper: Any, layer: int, add: int) -> None:
        row = paper["least"][paper["answer"]["accelerator"]]
        row[layer] = str(int(row[layer]) + add)

    assert "it costs less than" in reason(lambda paper: bound(paper, 0, 1))
    assert "less than" in reason(lambda paper: bound(paper, 1, -1))
    assert "a mapping where there should be none" in reason(
        lambda paper: paper["least"][0].__setitem__(0, None)
    )
    assert "bounds" in reason(lambda paper: paper["least"].pop())
    assert "on the chosen accelerator" in reason(lambda paper: paper["question"]["network"].pop())
    assert "digest" in reason(lambda paper: paper["question"]["limits"]["upper"].update({"N": 1}))


@pytest.mark.parametrize("flags", [["--objective", "edp"], ["--max-power", "3"]])
def test_other_designs_are_refused_before_they_are_searched(
    flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solver.questions.design.search.run_design", lambda *_, **__: pytest.fail("searched"))
    target = tmp_path / "certificate.json"
    with pytest.raises(InputError, match="--certificate: such designs have no certificates") as found:
        command.main(["alexnet", *flags, "--certificate", str(target)], standalone_mode=False)
    assert " ".join(flags[: 1 + (flags[0] == "--objective")]) in str(found.value)
    assert not target.exists()
