"""A small network, and questions that are answered at once."""

from __future__ import annotations

from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer import Conv, FullyConnected, HostOperation, Layer
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question


def small_question(objective: Objective = Objective.LATENCY, **changes: object) -> Question:
    hardware = read_hardware(None, num_ms=16, dn_bw=4, rn_bw=4)
    fields = {"hardware": hardware, "limits": Limits(), "workers": 1, "baselines": False, "pieces": 1}
    return Question(objective=objective, **(fields | changes))  # type: ignore[arg-type]


def small_network() -> list[Layer]:
    return [
        Conv(name="first", input=(2, 6, 6), filters=3, kernel=(3, 3)),
        Conv(name="same loops", input=(2, 4, 4), filters=3, kernel=(3, 3), padding=((1, 1), (1, 1))),
        HostOperation(name="softmax", operation="softmax", elements=10),
        FullyConnected(name="last", inputs=12, outputs=5),
    ]
