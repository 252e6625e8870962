"""Examples of data sets: not known but for their sizes, or one standing for all."""

from __future__ import annotations

from dataclasses import dataclass

from solver.readers.tensorflow.values import Unknown, Value


@dataclass(frozen=True)
class Data(Unknown):
    """An array of examples: unknown but for its sizes, the first of which is the number of examples."""

    sizes: tuple[Value, ...]

    def with_sizes(self, sizes: tuple[Value, ...]) -> Data:
        """Return the same examples in another shape."""
        return Data(self.reason, self.line, sizes)

    def forgotten(self) -> Unknown:
        """Return something unknown for the same reason, its sizes too."""
        return Unknown(self.reason, self.line)

    def item(self, index: Value) -> Unknown:
        """Return ``data[index]``; only an axis more at the end (``data[..., None]``) is followed."""
        parts = index if isinstance(index, tuple) else (index,)
        rest = len(parts) == 2 and parts[0] is Ellipsis
        whole = len(parts) == len(self.sizes) + 1 and all(part == slice(None) for part in parts[:-1])
        return (
            self.with_sizes((*self.sizes, 1)) if parts[-1] is None and (rest or whole) else self.forgotten()
        )


@dataclass(frozen=True)
class Examples(Unknown):
    """An unknown number of things that are alike, `element` each: what a loop over a data set gets."""

    element: Value

    def later(self, turn: Unknown) -> Value:
        """Return another one: a number before it (of ``enumerate``) is not known."""
        item = self.element
        return (turn, *item[1:]) if isinstance(item, tuple) and isinstance(item[0], int) else item


def forget_data(value: Value) -> Value:
    """Return a value with the sizes of examples forgotten: what a library makes of them may have others."""
    if isinstance(value, Data):
        return value.forgotten()
    return tuple(map(forget_data, value)) if type(value) is tuple else value
