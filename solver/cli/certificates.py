"""``--certificate``: what proves the answers, in a file that `check` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from solver.cli.values import OutputFile

if TYPE_CHECKING:
    from solver.answers.design import DesignAnswer
    from solver.answers.front import ParetoFront
    from solver.answers.network import NetworkAnswer
    from solver.answers.solution import Solution
    from solver.questions.map_layer import Question

certificate_option = click.option(
    "--certificate",
    type=OutputFile("json"),
    metavar="FILE",
    help="Write what proves the answer, for `check FILE` or any Python with numpy.",
)


def check_certifiable(target: str | None, question: Question, *, limited: bool = False) -> None:
    """Refuse to promise a certificate that there is not, before anything is searched.

    Parameters
    ----------
    limited
        Whether there is a limit on power.

    Raises
    ------
    InputError
        If a certificate is asked for, and the answers have none.
    """
    if target is not None:
        from solver.questions import certify

        certify.check_certifiable(question, limited=limited)


def write_certificates(
    target: str | None,
    answers: Sequence[Solution | ParetoFront],
    question: Question,
    *,
    asked: int,
    force: bool,
) -> None:
    """Write the certificate of an answer, or a manifest of several; nothing without answers.

    Parameters
    ----------
    target
        None writes nothing.
    asked
        How many layers were asked for.
    force
        Whether an existing file may be replaced.
    """
    if target is None or not answers:
        return
    from solver.questions.certify import certificate_of, manifest

    papers = [certificate_of(answer, question) for answer in answers]
    _write(target, manifest(papers) if asked > 1 else papers[0], force=force)


def write_network(
    target: str | None, networks: Sequence[NetworkAnswer], question: Question, *, force: bool
) -> None:
    """Write the certificates of all layers of some networks as a manifest."""
    if target is None or not networks:
        return
    from solver.questions.certify import network_manifest

    _write(target, network_manifest(networks, question), force=force)


def write_design(target: str | None, answer: DesignAnswer, template: Question, *, force: bool) -> None:
    """Write the certificate of a design; nothing if no accelerator was found."""
    if target is None or answer.hardware is None:
        return
    from solver.questions.certify import design_certificate

    _write(target, design_certificate(answer, template), force=force)


def _write(target: str, paper: dict[str, Any], *, force: bool) -> None:
    import json

    from solver.files import write_text

    write_text(target, json.dumps(paper, ensure_ascii=False, separators=(",", ":")) + "\n", force=force)
