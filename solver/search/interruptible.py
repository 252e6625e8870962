"""CP-SAT runs that the user can interrupt.

CP-SAT works in a thread of its own; the main thread waits, so that Ctrl-C stops the search at once and the
best solution so far is kept.
"""

from __future__ import annotations

import threading
from typing import Any

from solver.search.cp_sat import cp_model

_LAST_SECONDS = 5.0
"""How long a search may take to stop when the user ends the program: it hears it at once, as a rule."""


def new_solver(seconds: float | None, workers: int | None, seed: int) -> cp_model.CpSolver:
    """Return a solver whose runs `run_interruptibly` can stop.

    Parameters
    ----------
    seconds
        Time limit; None searches to the proof.
    workers
        Threads; None is one per core.
    """
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.random_seed = seed
    parameters.catch_sigint_signal = False
    if workers is not None:
        parameters.num_workers = workers
    if seconds is not None:
        parameters.max_time_in_seconds = seconds
    return solver


def run_interruptibly(
    solver: cp_model.CpSolver,
    model: cp_model.CpModel,
    callback: cp_model.CpSolverSolutionCallback | None = None,
) -> tuple[Any, bool]:
    """Run a solver; return its status, and whether the user interrupted it.

    Raises
    ------
    ValueError
        If CP-SAT calls the model invalid.
    """
    result: dict[str, Any] = {}
    done, begun = threading.Event(), threading.Lock()

    def work() -> None:
        if not begun.acquire(blocking=False):
            return  # Ctrl-C came while a thread was being started, so that another one was
        try:
            result["status"] = solver.solve(model, callback)
        except BaseException as error:
            result["error"] = error
        finally:
            done.set()

    interrupted = False
    try:
        while not done.is_set():
            try:
                while not done.is_set():
                    if not begun.locked():
                        threading.Thread(target=work, daemon=True).start()
                    if interrupted:
                        # Every time: a search that has not begun yet does not hear it.
                        solver.stop_search()
                    # Not `join`: interrupted there, Python 3.11 takes the thread for finished (bpo-45274).
                    done.wait(0.05)
            except KeyboardInterrupt:
                interrupted = True
    finally:
        if begun.locked() and not done.is_set():
            # The program ends: a thread that is still at work by then would abort the process.
            solver.stop_search()
            done.wait(_LAST_SECONDS)
    if "error" in result:
        raise result["error"]
    if result["status"] == cp_model.MODEL_INVALID:
        raise ValueError(f"invalid CP-SAT model: {model.validate()}")
    return result["status"], interrupted
