"""Arithmetic on labels: losses are no layers of the network."""

from __future__ import annotations

from solver.layer import Add, HostOperation, Multiply
from solver.readers.tensorflow.graph.graph import Entry, Graph
from solver.readers.tensorflow.values import Tensor, tensors_in


def drop_losses(graph: Graph) -> None:
    """Take back the sums and products of what is computed with labels.

    Labels are inputs that reach no layer but sums and products, where other inputs reach one.
    """
    reached = [(tensor, _reached(graph, tensor)) for tensor in graph.inputs]
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


def _reached(graph: Graph, start: Tensor) -> list[Entry]:
    """Return the operations whose results depend on a tensor."""
    known, found = {id(start)}, []
    for entry in graph.tape:
        if any(id(tensor) in known for tensor in tensors_in([entry.args, entry.keywords])):
            known |= {id(tensor) for tensor in tensors_in(entry.result)}
            found.append(entry)
    return found


def _has_product(graph: Graph, entry: Entry) -> bool:
    layers = [graph.gathering.layers[position] for position in entry.layers]
    return any(
        layer is not None and not isinstance(layer, (Add, Multiply, HostOperation)) for layer in layers
    )


def _is_sum(graph: Graph, position: int) -> bool:
    return isinstance(graph.gathering.layers[position], (Add, Multiply))
