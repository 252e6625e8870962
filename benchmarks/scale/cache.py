"""The cache: poisoned states, none of which may be believed, and what a look into it costs.

Every state is asked for twice: it must be a miss with one warning, and gone the second time. Changed answers
come twice over, with the digest that they had and with one made anew for the changed text.

Run from the repository root: python -m benchmarks.scale.cache [--layers NETWORK]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from solver.answers.solution import Solution
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.questions.cache.check import doubt
from solver.questions.cache.key import fingerprint
from solver.questions.cache.row import Row
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from solver.questions.network.plan import Plan
from solver.readers.read import read_model
from tests.support.cache_poison import CHANGES, ODD_CELLS, changed, rewrite

LAYER = Conv(name="layer", input=(2, 6, 6), filters=3, kernel=(3, 3))
REPEATS = 5

State = tuple[str, Question, Callable[[Path], None]]


def solved(question: Question) -> Solution:
    answer, _ = map_layer(LAYER, question)
    assert isinstance(answer, Solution) and answer.proved
    return answer


def states(question: Question, answer: Solution) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what is done to the cells of the row of an answer."""
    key = fingerprint(LAYER, question)
    row = Row.of(key, question, answer)
    for cells in ODD_CELLS:
        name, value = next(iter(cells.items()))
        yield f"{name} {value!r:.40}", cells
    for name, change in CHANGES.items():
        for forged in (False, True):
            yield f"{name}{', new digest' if forged else ''}", changed(row, key, change, forged=forged)
    cost = evaluate(LAYER.nest(), question.hardware, Tile(R=3))
    worse = replace(answer, tile=Tile(R=3), cost=cost, bound=Decimal(cost.cycles))
    yield "a worse mapping, consistent", {"answer": Row.of(key, question, worse).text}
    pinned = replace(question, limits=Limits(upper={"K": 1}))
    other = Row.of(fingerprint(LAYER, pinned), pinned, solved(pinned))
    yield "the answer of another question", {"answer": other.text, "digest": other.digest}


def poisoned() -> None:
    """Poison a row in every way, and print what comes back."""
    question = Question(
        hardware=read_hardware(num_ms=16, dn_bw=4, rn_bw=4),
        objective=Objective.LATENCY,
        limits=Limits(),
        workers=1,
    )
    answer, key = solved(question), fingerprint(LAYER, question)
    believed = count = 0
    print(f"{'state':<58}{'given back':>12}{'warnings':>10}")
    for name, cells in states(question, answer):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answers.sqlite"
            warned: list[str] = []
            cache = Cache(path, warn=warned.append)
            cache.put(LAYER, question, answer)
            rewrite(path, key, **cells)
            found = [cache.get(LAYER, question) for _ in range(2)]
            cache.close()
        back = [hit for hit in found if hit is not None]
        count, believed = count + 1, believed + bool(back)
        print(f"{name:<58}{'YES' if back else 'no':>12}{len(warned):>10}")
    print(f"{count} poisoned states, {believed} believed")


def times(network: str) -> None:
    """Print what a look into the cache costs per layer of a network."""
    layers = read_model(network).layers
    question = Question(
        hardware=read_hardware("maeri-256"), objective=Objective.LATENCY, limits=Limits(), baselines=False
    )
    tasks = {key: (layer, question) for key, layer in Plan.of(layers).questions(question).items()}
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder) / "answers.sqlite")
        answers = {key: map_layer(*work)[0] for key, work in tasks.items()}

        def per_layer(what: str, run: Callable[[], object]) -> None:
            run()
            start = time.process_time()
            for _ in range(REPEATS):
                run()
            spent = (time.process_time() - start) / REPEATS / len(tasks)
            print(f"{what:<58}{1000 * spent:>9.3f} ms")

        def put() -> None:
            for key, work in tasks.items():
                cache.put(*work, answers[key])

        print(f"\n{network}, {len(tasks)} different layers, processor time per layer")
        per_layer("fingerprint", lambda: [fingerprint(*work) for work in tasks.values()])
        per_layer("put", put)
        rows = dict(cache._rows(list(tasks)))
        per_layer("get: read the rows", lambda: dict(cache._rows(list(tasks))))
        parsed = {key: Row.read(key, cells) for key, cells in rows.items()}
        per_layer(
            "get: digest, and the answer from its text",
            lambda: [Row.read(key, cells).answer(*tasks[key]) for key, cells in rows.items()],
        )
        found = [row.answer(*tasks[key]) for key, row in parsed.items()]
        per_layer(
            "get: check the answer (evaluates the mapping again)", lambda: [doubt(a, question) for a in found]
        )
        per_layer("get, all of it", lambda: cache.get_all(tasks))
        cache.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", default="resnet50", help="network of which the times are")
    poisoned()
    times(parser.parse_args().layers)


if __name__ == "__main__":
    main()
