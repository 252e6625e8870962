"""The report of one solved layer: certificate, optimum beside baselines, then the details."""

from __future__ import annotations

from solver.answers.solution import Solution
from solver.views.certificate import certificate, price_of_hardware
from solver.views.comparison import baseline_notes, comparison_table
from solver.views.console import ReportConsole, labelled
from solver.views.text.profile import show_details


def show_solution(console: ReportConsole, solution: Solution) -> None:
    """Print the report of a solution; its first line is the certificate."""
    console.say(certificate(solution))
    if solution.simulator:
        console.say(price_of_hardware(solution))
    console.paragraphs(comparison_table(solution, console.width))
    console.say("")
    remarks = [*baseline_notes(solution), *(labelled("note", n) for n in solution.notes)]
    for remark in remarks:
        console.say(remark)
    if remarks:
        console.say("")
    show_details(console, solution)
