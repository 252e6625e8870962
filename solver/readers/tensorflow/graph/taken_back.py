"""Layers that are taken back: a network built again on its variables, and arithmetic on labels, a loss."""

from __future__ import annotations

from collections.abc import Iterable

from solver.layer import Add, HostOperation, Multiply
from solver.readers.tensorflow.graph.graph import Entry, Graph, Reuse
from solver.readers.tensorflow.values import Tensor, tensors_in


def drop_copies(graph: Graph) -> None:
    """Take back the layers of scopes that are entered again (``reuse=True``) on other inputs.

    Where the inputs come from what the scope made before, as in a recurrent network that is unrolled, it is
    one network that runs on: those layers stay.
    """
    for scope in {reuse.scope for reuse in graph.reused.values()}:
        first = [e for e in graph.tape if not _reuses(graph, e) and _is_within(graph, e, scope)]
        results = (tensor for entry in first for tensor in tensors_in(entry.result))
        made, _ = _depending(graph, (tensor for tensor in results if not tensor.fixed))
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


def drop_losses(graph: Graph) -> None:
    """Take back the sums and products of what is computed with labels.

    Labels are inputs that reach no layer but sums and products, where other inputs reach one.
    """
    reached = [(tensor, _depending(graph, [tensor])[1]) for tensor in graph.inputs]
    labels = [
        (tensor, entries) for tensor, entries in reached if not any(_has_product(graph, e) for e in entries)
    ]
    if len(labels) == len(reached):
        return
    for tensor, entries in labels:
        dropped = [position for entry in entries for position in entry.layers if _is_sum(graph, position)]
        for position in dropped:
            graph.gathering.drop(position)
        if dropped:
            name = tensor.name or "an input"
            graph.gathering.note(
                f"{len(dropped)} sums and products with {name}, which no layer reads, are a loss"
            )


def _has_product(graph: Graph, entry: Entry) -> bool:
    layers = [graph.gathering.layers[position] for position in entry.layers]
    return any(
        layer is not None and not isinstance(layer, (Add, Multiply, HostOperation)) for layer in layers
    )


def _is_sum(graph: Graph, position: int) -> bool:
    return isinstance(graph.gathering.layers[position], (Add, Multiply))


def _depending(graph: Graph, start: Iterable[Tensor]) -> tuple[set[int], list[Entry]]:
    """Return the tensors that are or depend on some, by identity, and the operations whose results do."""
    known, found = {id(tensor) for tensor in start}, []
    for entry in graph.tape:
        if any(id(tensor) in known for tensor in tensors_in([entry.args, entry.keywords])):
            known |= {id(tensor) for tensor in tensors_in(entry.result)}
            found.append(entry)
    return known, found
