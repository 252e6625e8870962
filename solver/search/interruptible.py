"""CP-SAT runs that the user can interrupt, with what is known to be wrong in its versions avoided.

CP-SAT works in a thread of its own; the main thread waits, so that Ctrl-C stops the search at once and the
best solution so far is kept.

Known errors of CP-SAT that our models could meet, by the number of the report at OR-Tools:

* 5293 (9.15, wrong optimum certified): its presolve removes constraints by sums that overflow 32 bits. It
  does so only where it compares constraints that include each other, which is switched off here.
* 5274 (9.15, satisfiable models called infeasible by the presolve): seen here with products whose factors are
  sums of several variables; older versions call such models invalid. `solver.search.builder` states none.
* 5295 (9.15, reported of ten threads without presolve): without presolve one thread is used.
* 5003 (9.15, a solution that breaks the model): answers are replayed.
* 4582, 4546, 4568 (9.12): they concern rectangles that must not overlap, and absolute values; no model here
  has either.

The unknown ones are left to `look_twice`: an answer that a known mapping contradicts is not believed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from solver.errors import InternalError
from solver.search.cp_sat import cp_model

T = TypeVar("T")

_LAST_SECONDS = 5.0
"""How long a search may take to stop when the user ends the program: it hears it at once, as a rule."""


def look_twice(run: Callable[[bool], T], doubt: Callable[[T], str | None]) -> T:
    """Return what a run of CP-SAT establishes; what a known mapping contradicts is run once more.

    Parameters
    ----------
    run
        Solves the model, with CP-SAT's presolve or without it.
    doubt
        Says in one sentence what is known to be wrong in an answer, or None.

    Raises
    ------
    InternalError
        If the answer without presolve is wrong too.
    """
    answer = run(True)
    if doubt(answer) is not None:
        answer = run(False)
        wrong = doubt(answer)
        if wrong is not None:
            raise InternalError(f"{wrong}: a wrong proof, with CP-SAT's presolve and without it")
    return answer


def new_solver(
    seconds: float | None, workers: int | None, seed: int, *, presolve: bool = True
) -> cp_model.CpSolver:
    """Return a solver whose runs `run_interruptibly` can stop.

    Parameters
    ----------
    seconds
        Time limit; None searches to the proof.
    workers
        Threads; None is one per core.
    presolve
        Whether CP-SAT simplifies the model first; without it the search is slower, and in one thread.
    """
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.random_seed = seed
    parameters.catch_sigint_signal = False
    parameters.presolve_inclusion_work_limit = 0
    if not presolve:
        parameters.cp_model_presolve = False
        workers = 1
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
