"""The layers that are shipped: whole networks and single layers, as YAML files of this package."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def names() -> list[str]:
    """Return the names of the shipped layer files, without ``.yaml``."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in entries if name.endswith(".yaml"))


def path(name: str) -> Traversable:
    """Return where a shipped layer file is, wherever the package is installed.

    Parameters
    ----------
    name
        One of `names`.

    Returns
    -------
    Traversable
        The file, to be read with its `read_text`.
    """
    return files(__name__) / f"{name}.yaml"
