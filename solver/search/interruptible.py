"""CP-SAT runs that the user can interrupt.

CP-SAT works in a thread of its own; the main thread waits, so that Ctrl-C stops the search at once and the
best solution so far is kept.
"""

from __future__ import annotations

import threading
from typing import Any

from solver.search.cp_sat import cp_model


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

    def work() -> None:
        try:
            result["status"] = solver.solve(model, callback)
        except BaseException as error:
            result["error"] = error
        finally:
            done.set()

    # Not `join`: interrupted there, Python 3.11 takes the thread for finished (bpo-45274).
    done = threading.Event()
    threading.Thread(target=work, daemon=True).start()
    interrupted = False
    while not done.is_set():
        try:
            if interrupted:
                # Every time: a search that has not begun yet does not hear it.
                solver.stop_search()
            done.wait(0.05)
        except KeyboardInterrupt:
            interrupted = True
    if "error" in result:
        raise result["error"]
    if result["status"] == cp_model.MODEL_INVALID:
        raise ValueError(f"invalid CP-SAT model: {model.validate()}")
    return result["status"], interrupted
