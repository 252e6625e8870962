"""The reference simulator for the same mapping: its command line, and a run of the user's own build of it.

Flags as in the simulator's manual: ``-CONV -R -S -C -K -G -N -X -Y -strides -T_* -num_ms -dn_bw -rn_bw
-accumulation_buffer``, each ``-name=value``. C and K are totals over the groups; X and Y are the padded
input.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from solver.errors import InputError
from solver.files import kind_of, real_path
from solver.hardware import Hardware
from solver.hardware.array_kind import SIMULATOR
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.switches.switch_config import Array, SwitchConfig

PASSED = "Test passed correctly"
FAILED = "test not passed"
"""What it says, in some case, before it ends itself by an assertion: wrong outputs."""
_CYCLES = re.compile(r"Number of cycles running: *(\d+)")
_LAST_WORDS = 200
"""Characters of a failing program's output that the message shows."""


@dataclass(frozen=True)
class StonneRun:
    """What the simulator says.

    Parameters
    ----------
    cycles
        Its cycles.
    passed
        Whether it found its outputs right.
    """

    cycles: int
    passed: bool

    @property
    def verdict(self) -> str:
        """What it found, in words."""
        return "its check passed" if self.passed else "its check FAILED"


def why_not_stonne(config: SwitchConfig) -> str | None:
    """Return in one sentence why the simulator cannot run a mapping, or None if it can."""
    nest = config.nest
    if config.array.kind is not SIMULATOR:
        return "the simulator has another adder tree than the real hardware"
    if config.array.forwarding == "none":
        return "the simulator cannot switch forwarding off"
    if nest.operation != "mac":
        return "the simulator adds only, it cannot compare"
    if nest.stride[0] != nest.stride[1]:
        return f"the simulator has one stride for rows and columns, not {nest.stride[0]}x{nest.stride[1]}"
    if nest.dilation != (1, 1):
        return "the simulator has no dilation"
    if nest.partial:
        return "the simulator has no sums of earlier buffer tiles that come back"
    if any(step > size for step, size in zip(config.tile.sizes, nest.sizes, strict=True)):
        return "the simulator has no tile larger than its loops, as at the edge of a layer"
    return None


def stonne_arguments(config: SwitchConfig) -> tuple[str, ...]:
    """Return the simulator's arguments for a mapping.

    Raises
    ------
    InputError
        If it cannot run the mapping.
    """
    reason = why_not_stonne(config)
    if reason is not None:
        raise InputError(reason, field="reference simulator")
    flags = stonne_flags(config.nest, config.array, config.tile)
    return ("-CONV", *(f"-{name}={value}" for name, value in flags.items()))


def stonne_flags(nest: LoopNest, array: Array | Hardware, tile: Tile) -> dict[str, int]:
    """Return the simulator's flags of a mapping, which are also the columns of its measurements."""
    names = ("T_R", "T_S", "T_C", "T_K", "T_G", "T_N", "T_X_", "T_Y_")
    return {
        "R": nest.R,
        "S": nest.S,
        "C": nest.C * nest.G,
        "K": nest.K * nest.G,
        "G": nest.G,
        "N": nest.N,
        "X": nest.input_rows,
        "Y": nest.input_cols,
        "strides": nest.stride[0],
        **dict(zip(names, tile.sizes, strict=True)),
        "num_ms": array.num_ms,
        "dn_bw": array.dn_bw,
        "rn_bw": array.rn_bw,
        "accumulation_buffer": int(array.accumulation_buffer),
    }


def run_stonne(program: str | Path, config: SwitchConfig) -> StonneRun:
    """Run the user's build of the simulator in a temporary folder.

    Parameters
    ----------
    program
        The executable; a bare name that is no file here is searched on PATH.
    config
        The mapping.

    Returns
    -------
    StonneRun
        Its cycles and its verdict. It ends itself when its check fails: a verdict too.

    Raises
    ------
    InputError
        If there is no such program, it fails without a verdict, or does not say its cycles.
    """
    file = str(program)
    arguments = stonne_arguments(config)
    path = _executable(program)
    if path.is_dir():
        raise InputError(file=file, found="a directory", expected="the simulator's executable")
    with tempfile.TemporaryDirectory(prefix="maeri-stonne-") as folder:
        try:
            done = subprocess.run(
                [str(path), *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise InputError(f"the program cannot be run: {error.strerror}", file=file) from None
    said = done.stdout.decode(errors="replace")
    cycles = _CYCLES.search(said)
    # What it printed is lost or late where it buffers and aborts, so the verdict may be on either stream.
    failed = FAILED in (said + done.stderr.decode(errors="replace")).lower()
    if cycles is None or (done.returncode and not failed):
        ended = f"exit code {done.returncode}" if done.returncode >= 0 else f"signal {-done.returncode}"
        last = " ".join((said + " " + done.stderr.decode(errors="replace")).split())[-_LAST_WORDS:]
        raise InputError(
            "the reference simulator failed",
            file=file,
            found=f"{ended}, {last}" if last else f"{ended}, no output",
            expected="exit code 0 and a line 'Number of cycles running: n'",
        )
    return StonneRun(int(cycles[1]), PASSED in said and not failed)


def _executable(program: str | Path) -> Path:
    """Return the path of a program, looked up on PATH if it is a bare name; raises `InputError`."""
    file = str(program)
    path = Path(os.path.expanduser(file))
    if not kind_of(path) and path.name == file:
        found = shutil.which(file)
        if found is None:
            raise InputError("no such program, neither here nor on PATH", file=file)
        path = Path(found)
    if not kind_of(path):
        raise InputError("no such program", file=file)
    return real_path(path)


def stonne_command(config: SwitchConfig, program: str = "stonne") -> str:
    """Return the command line as one would type it."""
    return shlex.join([program, *stonne_arguments(config)])
