"""What a mapping question gets: a solution, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.hardware import Hardware
from solver.keyed import keyed
from solver.layer import Primitive


@dataclass(frozen=True)
class Infeasible:
    """A layer without a legal mapping.

    Attributes
    ----------
    layer, hardware, objective
        What was asked.
    reason
        The constraint that forbids all mappings.
    """

    layer: Primitive
    hardware: Hardware
    objective: Objective
    reason: str

    @property
    def exit_code(self) -> ExitCode:
        """The exit code this answer deserves."""
        return ExitCode.INFEASIBLE

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the keys of a solution as far as they apply, and the reason."""
        return keyed(self, "layer hardware objective") | {"status": "infeasible", "reason": self.reason}


Answer = Solution | Infeasible
