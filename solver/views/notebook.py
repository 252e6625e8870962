"""The reports of the command line as HTML, for notebooks."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from solver.answers.design import DesignAnswer
from solver.answers.evaluation import Evaluation
from solver.answers.exploration import Exploration
from solver.answers.front import ParetoFront
from solver.answers.network import NetworkAnswer
from solver.answers.profile import Profile
from solver.answers.solution import Solution
from solver.answers.sweep import SweepAnswer
from solver.execution.levels.verify import LevelSimulation
from solver.execution.pieces import PiecesSimulation
from solver.execution.verify import Simulation
from solver.execution.whole_layers.whole import WholeSimulation
from solver.questions.explain.run import Explanation
from solver.readers.reading import Reading
from solver.views.console import ReportConsole
from solver.views.plots.answers import design_plot, exploration_plots, front_plot
from solver.views.plots.mapping import mapping_plot
from solver.views.plots.network import network_plot
from solver.views.plots.style import image_bytes
from solver.views.plots.sweep import sweep_plots
from solver.views.text.configured_parts import show_any_configured
from solver.views.text.design import show_design
from solver.views.text.explain import show_explanation
from solver.views.text.explore import show_exploration
from solver.views.text.front import show_front
from solver.views.text.layers import show_layers
from solver.views.text.network import show_network
from solver.views.text.profile import show_profile
from solver.views.text.profile_fields import show_profile_fields
from solver.views.text.result import show_solution
from solver.views.text.simulated import show_simulation, show_whole
from solver.views.text.sweep import show_sweep
from solver.writers.configure import Configured, ConfiguredPieces
from solver.writers.configure_levels import ConfiguredLevels
from solver.writers.whole.configure import ConfiguredWhole

WIDTH = 110
"""Columns of the reports; notebooks scroll what is wider."""

_STYLE = "font-family:ui-monospace,Menlo,Consolas,monospace;line-height:1.25;overflow-x:auto;white-space:pre"
_FORMAT = f'<pre style="{_STYLE}">{{code}}</pre>'

SHOWN: dict[type, Callable[[ReportConsole, Any], None]] = {
    Solution: show_solution,
    Evaluation: show_profile,
    Profile: show_profile_fields,
    NetworkAnswer: show_network,
    Exploration: show_exploration,
    ParetoFront: show_front,
    Explanation: show_explanation,
    SweepAnswer: show_sweep,
    DesignAnswer: show_design,
    Reading: lambda console, reading: show_layers(console, reading.layers),
    Simulation: show_simulation,
    LevelSimulation: show_simulation,
    PiecesSimulation: show_simulation,
    WholeSimulation: show_whole,
    Configured: show_any_configured,
    ConfiguredLevels: show_any_configured,
    ConfiguredPieces: show_any_configured,
    ConfiguredWhole: show_any_configured,
}
"""How each kind of answer is reported."""


def notebook_html(answer: object) -> str:
    """Return the report of an answer as a piece of HTML that needs nothing else."""
    console = ReportConsole(
        file=io.StringIO(),
        width=WIDTH,
        record=True,
        highlight=False,
        emoji=False,
        markup=False,
        force_jupyter=False,
        force_terminal=True,
    )
    SHOWN[type(answer)](console, answer)
    report: str = console.export_html(inline_styles=True, code_format=_FORMAT)
    return "".join([report, *map(_picture, _figures(answer))])


def _figures(answer: object) -> list[Any]:
    """Return the plots of an answer; none without matplotlib, which is optional."""
    if find_spec("matplotlib") is None:
        return []
    if isinstance(answer, Solution | Evaluation | Profile):
        return [mapping_plot(answer.result if isinstance(answer, Profile) else answer)]
    if isinstance(answer, NetworkAnswer):
        return [network_plot(answer)] if any(not layer.on_host for layer in answer.mapped) else []
    if isinstance(answer, ParetoFront):
        return [front_plot(answer)]
    if isinstance(answer, Exploration):
        return list(exploration_plots(answer).values())
    if isinstance(answer, DesignAnswer):
        return [design_plot(answer)] if answer.points else []
    if isinstance(answer, SweepAnswer):
        return list(sweep_plots(answer).values())
    return []


def _picture(figure: Any) -> str:
    """Return a figure as an image: SVG inside of the page would share its ids with the other outputs."""
    data = base64.b64encode(image_bytes(figure, "svg")).decode("ascii")
    return f'<img alt="plot" style="max-width:100%;background:#fff" src="data:image/svg+xml;base64,{data}">'
