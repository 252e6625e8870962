"""Copies of a network on one set of variables, for training and for testing: they are one network."""

from __future__ import annotations

from collections.abc import Iterable

from solver.readers.tensorflow.graph.graph import Entry, Graph, Reuse
from solver.readers.tensorflow.values import tensors_in


def drop_copies(graph: Graph) -> None:
    """Take back the layers of scopes that are entered again (``reuse=True``) on other inputs.

    Where the inputs come from what the scope made before, as in a recurrent network that is unrolled, it is
    one network that runs on: those layers stay.
    """
    for scope in {reuse.scope for reuse in graph.reused.values()}:
        first = [e for e in graph.tape if not _reuses(graph, e) and _is_within(graph, e, scope)]
        made = _made_of(graph, first)
        copies: dict[Reuse, list[Entry]] = {}
        for entry in graph.tape:
            for reuse in _reuses(graph, entry):
                if reuse.scope == scope:
                    copies.setdefault(reuse, []).append(entry)
        for reuse, entries in copies.items():
            used = (tensor for entry in entries for tensor in tensors_in([entry.args, entry.keywords]))
            if any(id(tensor) in made for tensor in used):
                continue
            graph.drop(entries)
            graph.gathering.note(
                f"line {reuse.line}: {scope} is built again on its variables (reuse); not counted again"
            )


def _reuses(graph: Graph, entry: Entry) -> set[Reuse]:
    return {graph.reused[position] for position in entry.layers if position in graph.reused}


def _is_within(graph: Graph, entry: Entry, scope: str) -> bool:
    layers = (graph.gathering.layers[position] for position in entry.layers)
    return any(layer is not None and f"{layer.name}/".startswith(f"{scope}/") for layer in layers)


def _made_of(graph: Graph, entries: Iterable[Entry]) -> set[int]:
    """Return the tensors that depend on the results of some operations, by identity."""
    known = {id(tensor) for entry in entries for tensor in tensors_in(entry.result) if not tensor.fixed}
    for entry in graph.tape:
        if any(id(tensor) in known for tensor in tensors_in([entry.args, entry.keywords])):
            known |= {id(tensor) for tensor in tensors_in(entry.result)}
    return known
