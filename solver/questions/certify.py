"""Certificates: what a stranger needs to believe an answer without this program.

A certificate (docs/reference/certificate.md) holds the question, the answer, and every mapping whose lower
bound does not rule it out, with its cost: what the search has settled already, so that writing costs little.
`solver/certificates/check_certificate.py` believes none of it: it enumerates the space anew, bounds and
times it by formulas of its own, and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from solver.answers.design import DesignAnswer
from solver.answers.evidence import Evidence, FormEvidence
from solver.answers.front import ParetoFront
from solver.answers.mapped import PieceMapping
from solver.answers.network import NetworkAnswer
from solver.answers.solution import Solution, Status
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.batch import batch_cost, quick_bound
from solver.cost.bounds import least_cycles
from solver.cost.evaluate import evaluate
from solver.cost.result import Cost, Objective, values_of
from solver.errors import InfeasibleError, InputError, InternalError
from solver.forms.form import Form
from solver.forms.wish import form_named, images_with
from solver.hardware import Hardware
from solver.hardware.energy_table import DRAM_ENTRIES, ENERGY_ENTRIES
from solver.layer import DIMS
from solver.legal.tiles import candidate_tiles, overtaking
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of, families_along
from solver.questions.cache.key import fingerprint
from solver.questions.map_layer import ANY, Question
from solver.search.pieces.solve import searched_cuts
from solver.search.presolve import SLACK
from solver.search.two_level.search import LevelSearch

FORMAT, VERSION = "maeri-solver certificate", 2
NEAR = 5e-10
"""Energies that are nearer to each other, relatively, are not told apart by their bounds. The checker allows
twice as much: two programs round differently."""
LOWERED = 1e-8
"""By so much, relatively, energies are lowered below which a front is left open: more than both round."""

Spares = Callable[[IntArray, FloatArray], BoolArray]
"""From least cycles and energies: which mappings they do not rule out."""


def certificate(solution: Solution, question: Question) -> dict[str, Any]:
    """Return the certificate of an answer.

    Parameters
    ----------
    solution
        An answer of the question, proved or with a bound.
    question
        What was asked.

    Raises
    ------
    InputError
        If the controller is programmable.
    InternalError
        If a mapping costs less than the bound of the answer.
    """
    bound, objective = solution.bound, solution.objective
    forms = _forms([solution], question)

    def spares(cycles: IntArray, energy: FloatArray) -> BoolArray:
        return np.asarray(values_of(objective, cycles, energy) < float(bound))

    answer = {
        "proved": solution.proved,
        "value": str(solution.objective_value),
        "bound": str(bound),
        "timed": solution.cost.method == "replay",
        **_answered(solution, question, forms),
    }
    for name, several in (("lines", False), ("lines_of_several", True)):
        rows = [one for one in solution.sums if one.several == several]
        if rows:
            answer[name] = [[str(one.cycles), str(one.energy), str(one.least)] for one in rows]
    # Nothing is known of pieces if the search of one piece was interrupted.
    searched = solution.status is not Status.INTERRUPTED and searched_cuts(
        solution.layer, question.hardware, question.wish
    )
    most = question.most_pieces if searched else 1
    return _paper(forms, question, str(objective), most, answer, solution, spares)


def front_certificate(front: ParetoFront, question: Question) -> dict[str, Any]:
    """Return the certificate of a front; in pieces of its corners, and of what a search left open as such.

    Raises
    ------
    InputError
        If the corners of a front are not proved, or the controller is programmable.
    """
    forms = _forms(front.points, question)
    answer: dict[str, Any] = {"points": [_answered(point, question, forms) for point in front.points]}
    if question.pieces is not None and question.most_pieces != 1:
        return _corners_certificate(front, question, answer, forms)
    stairs = [(float(point.cost.cycles), float(point.cost.energy)) for point in front.points]
    if front.unsearched:
        left = [(least, energy * (1 - LOWERED)) for least, energy in front.unsearched]
        answer["open"] = [[str(Decimal(least)), str(Decimal(energy))] for least, energy in sorted(set(left))]
        stairs = sorted(stairs + left)
    cycles = np.array([stair[0] for stair in stairs])
    lowest = np.minimum.accumulate([stair[1] for stair in stairs])

    def spares(least: IntArray, energy: FloatArray) -> BoolArray:
        at = np.searchsorted(cycles, least, side="right") - 1
        return np.asarray((at < 0) | (energy < lowest[np.maximum(at, 0)]))

    return _paper(forms, question, "pareto", 1, answer, front, spares)


def _corners_certificate(
    front: ParetoFront, question: Question, answer: dict[str, Any], forms: list[Form]
) -> dict[str, Any]:
    if not front.proved:
        what = "a front in pieces has a certificate if its corners are proved"
        raise InputError(what, field="--certificate", found=front.summary)
    # Behind a buffer mappings are counted as of any form without evidence.
    alone = forms if question.hardware.memory is None else []
    sizes = {f.name: len(candidate_tiles(f.nest, question.hardware, question.limits)) for f in alone}
    known = replace(front, evidence={name: FormEvidence(size, None) for name, size in sizes.items()})
    return _paper(
        forms, question, "pareto", question.most_pieces, answer, known, lambda cycles, _: cycles < 0
    )


def certificate_of(answer: Solution | ParetoFront, question: Question) -> dict[str, Any]:
    """Return the certificate of an answer or of a front."""
    if isinstance(answer, Solution):
        return certificate(answer, question)
    return front_certificate(answer, question)


def network_manifest(networks: Sequence[NetworkAnswer], question: Question) -> dict[str, Any]:
    """Return the certificates of all parts of some networks that were mapped, one for the same loops.

    Latencies and energies add up, so there is a total over the parts, each as often as it runs; of their
    product there is one if it was bounded for the whole of a single network.
    """
    papers: dict[str, dict[str, Any]] = {}
    for network in networks:
        for part in (part for layer in network.layers for part in layer.parts if part.solution):
            assert part.solution is not None
            key = fingerprint(part.solution.layer, question)
            if key in papers:
                papers[key]["repeats"] += part.part.repeats
            else:
                papers[key] = {**certificate(part.solution, question), "repeats": part.part.repeats}
    if question.objective is Objective.EDP:
        alone = networks[0] if len(networks) == 1 else None
        total = (alone.figures.edp, alone.bound) if alone and alone.bound is not None else None
        return manifest(list(papers.values()), total)
    value, bound = (
        sum((Decimal(paper["answer"][name]) * paper["repeats"] for paper in papers.values()), Decimal(0))
        for name in ("value", "bound")
    )
    return manifest(list(papers.values()), (value, bound))


def design_certificate(answer: DesignAnswer, template: Question) -> dict[str, Any]:
    """Return the certificate of a design: on every accelerator, what each layer costs at least.

    Parameters
    ----------
    template
        What was asked of every layer, whatever the accelerator.

    Raises
    ------
    InternalError
        If there is no accelerator, or layers have no sum: of a product or within a power.
    """
    evidence = answer.evidence
    if evidence is None or answer.hardware is None:
        raise InternalError("a certificate of a design that has none")
    machines = [point.hardware for point in answer.points]
    question = replace(template, hardware=answer.hardware)
    asked = {
        "layers": [layer.to_dict() for layer in evidence.different],
        "network": evidence.layers,
        "accelerators": [_machine(hardware) for hardware in machines],
        **_asked(question, str(answer.objective), question.most_pieces),
    }
    mappings = [
        None if s is None else _answered(s, question, question.wish.forms(s.layer, question.hardware))
        for s in evidence.chosen
    ]
    said = {
        "proved": answer.proved,
        "value": str(answer.objective_value),
        "bound": str(answer.bound),
        "accelerator": machines.index(answer.hardware),
        "mappings": mappings,
    }
    least = [[None if bound is None else str(bound) for bound in bounds] for bounds in evidence.least]
    content = {"question": asked, "answer": said, "least": least}
    return {"format": FORMAT, "version": VERSION, "kind": "design", "digest": digest(content), **content}


def manifest(
    certificates: list[dict[str, Any]], total: tuple[Decimal, Decimal] | None = None
) -> dict[str, Any]:
    """Return several certificates as one.

    Parameters
    ----------
    total
        What the layers cost together, each as often as its certificate repeats it, and the bound of that.
    """
    sums = {"total": {"value": str(total[0]), "bound": str(total[1])}} if total else {}
    return {"format": FORMAT, "version": VERSION, "kind": "manifest", **sums, "certificates": certificates}


def check_certifiable(question: Question) -> None:
    """Raise `InputError` if answers to a question have no certificates."""
    memory, name = question.hardware.memory, question.hardware.name
    if memory is not None and memory.controller != "fixed":
        what = "the assumed orders of a programmable controller have no certificates"
        found = f"{name} with controller: {memory.controller}"
        raise InputError(what, field="--certificate", found=found, expected="controller: fixed")


def digest(content: dict[str, Any]) -> str:
    """Return the fingerprint of question, answer and forms, so that none is exchanged by mistake."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _paper(
    forms: list[Form],
    question: Question,
    objective: str,
    most: int | None,
    answer: dict[str, Any],
    found: Solution | ParetoFront,
    spares: Spares,
) -> dict[str, Any]:
    if found.evidence is None:
        raise InternalError("an answer from the cache has nothing to write a certificate from")
    layer = found.layer if isinstance(found, Solution) else found.points[0].layer
    asked = {"layer": layer.to_dict(), **_machine(question.hardware), **_asked(question, objective, most)}
    wished = len(question.wish.forms(layer, question.hardware))
    asked["forms"]["columns"] = sorted({form.nest.Y for form in forms[wished:]})
    evidence = {f.name: found.evidence[f.name] for f in forms[:wished] if f.name in found.evidence}
    rows = [_form(form, question, evidence, spares) for form in forms]
    content = {"question": asked, "answer": answer, "forms": rows}
    return {"format": FORMAT, "version": VERSION, "kind": "layer", "digest": digest(content), **content}


def _forms(solutions: Sequence[Solution], question: Question) -> list[Form]:
    """Return the forms that a certificate covers: the wished ones, and the images that answers are in.

    Images of other products with rows as long are there too; they cost no less either.
    """
    layer = solutions[0].layer
    forms = list(question.wish.forms(layer, question.hardware))
    names = {form.name for form in forms}
    others = {one.form for one in solutions if not one.pieces and one.form not in names}
    for columns in sorted({form_named(layer, name).nest.Y for name in others}):
        images = [image for form in forms for image in images_with(layer, form.nest)]
        known = {form.nest for form in forms}
        forms += [image for image in images if columns == image.nest.Y and image.nest not in known]
    return forms


def _machine(hardware: Hardware) -> dict[str, Any]:
    entries = ENERGY_ENTRIES + DRAM_ENTRIES * (hardware.memory is not None)
    facts = hardware.to_dict()
    if hardware.memory is not None:
        facts["prefetch_buffer"] |= {
            "word_bytes": hardware.memory.buffer.sizes.to_dict(),
            "word_energy": [str(factor) for factor in hardware.word_factors.values()],
        }
    return {
        "hardware": {name: facts[name] for name in facts if name not in ("name", "energy_table")},
        "energy_table": {name: str(getattr(hardware.prices, name)) for name in entries},
    }


def _asked(question: Question, objective: str, most: int | None) -> dict[str, Any]:
    limits, wish = question.limits, question.wish
    return {
        "objective": objective,
        "pieces": ANY if most is None else most,
        "limits": {"lower": dict(limits.lower), "upper": dict(limits.upper)},
        "forms": {
            "families": sorted(wish.families),
            "copying": wish.copying,
            "stationary": wish.stationary,
        },
    }


def _form(form: Form, question: Question, evidence: Evidence, spares: Spares) -> dict[str, Any]:
    nest, hardware = form.nest, question.hardware
    costs: dict[Tile, Cost | None] = {}
    if form.name in evidence:
        known = evidence[form.name]
        count, timed = known.mappings, known.timed
        if timed:
            costs = {
                tile: timed[tile] if tile in timed else _cost(form, hardware, tile)
                for tile in _spared(form, hardware, sorted([*timed, *known.slower]), spares)
            }
    elif hardware.memory is None:
        # In all mappings that might have been of interest weights overtake inputs.
        tiles = candidate_tiles(nest, hardware, question.limits)
        count, costs = len(tiles), _timed(form, hardware, tiles, spares)
    else:
        try:
            count = LevelSearch(nest, hardware, question.limits).space_size
        except InfeasibleError:
            count = 0
    return {
        "name": form.name,
        "loops": dict(zip(DIMS, nest.sizes, strict=True)),
        "stride": list(nest.stride),
        "dilation": list(nest.dilation),
        "operation": nest.operation,
        "mappings": count,
        "timed": [_figures(tile, cost) for tile, cost in costs.items()],
    }


def _timed(form: Form, hardware: Hardware, tiles: IntArray, spares: Spares) -> dict[Tile, Cost | None]:
    if not len(tiles):
        return {}
    quick = quick_bound(form.nest, hardware, tiles)
    near = tiles[spares(quick.least_cycles, quick.energy * (1 - SLACK))]
    spared = _spared(form, hardware, map(Tile.of, near), spares)
    return {tile: _cost(form, hardware, tile) for tile in spared}


def _cost(form: Form, hardware: Hardware, tile: Tile) -> Cost | None:
    return None if overtaking(form.nest, hardware, tile) else evaluate(form.nest, hardware, tile)


def _spared(form: Form, hardware: Hardware, tiles: Iterable[Tile], spares: Spares) -> list[Tile]:
    """Return the tiles that their lower bounds do not rule out."""
    some = list(tiles)
    if not some:
        return []
    found = batch_cost(form.nest, hardware, np.array([tile.sizes for tile in some]))
    cycles = np.maximum(found.least_cycles, max(least_cycles(form.nest, hardware).values()))
    energy = found.energy_of(found.least_cycles)
    return [some[at] for at in np.flatnonzero(spares(cycles, energy * (1 + NEAR)))]


def _figures(tile: Tile, cost: Cost | None) -> dict[str, Any]:
    if cost is None:
        return {"tile": list(tile.sizes), "overtakes": True}
    return {"tile": list(tile.sizes), "cycles": cost.cycles, "energy": str(cost.energy)}


def _mapping(mapped: Solution | PieceMapping) -> dict[str, Any]:
    figures = _figures(mapped.tile, mapped.cost)
    if mapped.levels is None:
        return figures
    mapping = mapped.levels.mapping
    return {**figures, "buffer_tile": list(mapping.buffer.sizes), "dram_order": mapping.dram_order}


def _answered(solution: Solution, question: Question, forms: Sequence[Form]) -> dict[str, Any]:
    """Return the mapping of an answer, with the form of all of it or of each piece."""
    layer, wish, hardware = solution.layer, question.wish, question.hardware
    if not solution.pieces:
        names = [form.name for form in forms]
        return {"form": _place(names, solution.form, "the answer"), **_mapping(solution)}
    cuts = cuts_of(layer, wish, hardware)
    place = [(cut.base, cut.dim) for cut in cuts].index((solution.pieces[0].base, solution.pieces[0].dim))
    names = [family.name for family in families_along(layer, cuts[place], wish, hardware)]
    rows = [
        {"count": piece.count, "form": _place(names, piece.form, "a piece"), **_mapping(piece)}
        for piece in solution.pieces
    ]
    return {"cut": place, "pieces": rows}


def _place(names: Sequence[str], form: str, of: str) -> int:
    """Return the place of a form among those that a certificate covers."""
    if form not in names:
        what = f"{of} is a {form}, a form that certificates do not cover"
        raise InputError(field="certificate", what=what)
    return names.index(form)
