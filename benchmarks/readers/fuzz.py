"""Damaged inputs to every reader: each must be a result or one message, quickly.

    python -m benchmarks.readers.fuzz [--count 10000] [--seed 0] [--only yaml,onnx] [--keep FOLDER]

Takes valid inputs of every kind, damages them (bytes, lines, numbers, words, nesting, truncation, repetition)
and reads them in this process as the commands do; configurations are executed too. Anything but a result or a
`MapperError` that is the user's counts as a failure, as does a run of more than 20 s of processor time. The
examples depend on the seed alone. Files of .h5, .pt2 and .tflite need h5py, torch and tflite.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from benchmarks.readers.fuzz_inputs import Case, cases
from solver.errors import ExitCode, MapperError

SECONDS = 20
"""Longest run of one input, in processor time: other work on the machine does not count."""

NUMBERS = [
    "0", "-1", "1", "7", "1.5", "1e3", "1e999", "nan", "inf", "-0", "0x10", "010", "1_000", "true", "null",
    "", "9" * 19, "9" * 5000, str(2**31), str(2**53), str(2**63), str(2**70), "4096", "1048576",
    "99999999999", '"64"', "[1]", "{}", "٣", "²",
]  # fmt: skip
WORDS = [
    "\0", "\ud800", "\u2028", "ÿ", "\t", "\r", "&a *a", "*a", "!!python/object:os.system", "<<: *x", "---",
    "#", "{", "}", "[" * 3000, "{a: " * 800, "- " * 800, "(" * 300, "->", ",", "x", ":", "'", '"', "\\ud800",
    "|", ">", "@000", "%s", "{0}", "conv", "host", "R3 S3", "T_R=3",
]  # fmt: skip


class TooLong(BaseException):
    """A reader takes more than its time."""


def _alarm(number: int, frame: object) -> None:
    raise TooLong


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return an input with one to three kinds of damage."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kind = rng.randrange(9)
        at = rng.randrange(len(data) + 1)
        if kind == 0:  # a byte
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 1:  # an end too early
            data = data[:at]
        elif kind == 2:  # a word too many
            data = data[:at] + rng.choice(WORDS).encode("utf-8", "surrogatepass") + data[at:]
        elif kind in (3, 4, 5):  # another number
            data = _replaced(data, b"0123456789", rng.choice(NUMBERS).encode(), rng)
        elif kind == 6:  # another word
            data = _replaced(data, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", b"", rng)
        elif kind == 7:  # lines twice, gone or in another order
            lines = data.split(b"\n")
            line = rng.randrange(len(lines))
            other = rng.randrange(len(lines))
            lines[line : line + 1] = rng.choice([[], [lines[line], lines[other]], [lines[other]]])
            data = b"\n".join(lines)
        else:  # a part twice
            end = min(len(data), at + rng.randrange(1, 60))
            data = data[:end] + data[at:end] * rng.randint(1, 3) + data[end:]
    return data


def _replaced(data: bytes, letters: bytes, new: bytes, rng: random.Random) -> bytes:
    """Return data with one run of some letters replaced; by a shuffled one if there is nothing new."""
    places = [i for i, byte in enumerate(data[:20_000]) if byte in letters]
    if not places:
        return data
    first = last = rng.choice(places)
    while first and data[first - 1] in letters:
        first -= 1
    while last < len(data) and data[last] in letters:
        last += 1
    if not new:
        run = list(data[first:last])
        rng.shuffle(run)
        new = bytes(run)
    return data[:first] + new + data[last:]


def run_one(folder: Path, case: Case, data: bytes) -> str:
    """Read a damaged input; return what came of it: a result, a message, or what went wrong."""
    _, reader, files, target = case
    for name, content in {**files, target: data}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    path = folder / target.split("/")[0]
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        reader(path)
        return "result"
    except MapperError as error:
        if error.exit_code is ExitCode.INTERNAL:
            return "internal error: " + str(error)
        return "message" if str(error).encode() else "a message without words"
    except TooLong:
        return f"more than {SECONDS} s"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> int:
    """Run the fuzzer and print a table; the exit code tells of failures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="Kinds of inputs, separated by commas.")
    parser.add_argument("--keep", help="Folder for the inputs that fail.")
    flags = parser.parse_args()
    signal.signal(signal.SIGPROF, _alarm)
    chosen = [case for case in cases() if not flags.only or case[0] in flags.only.split(",")]
    table: dict[str, Counter[str]] = {case[0]: Counter() for case in chosen}
    slowest: dict[str, float] = dict.fromkeys(table, 0.0)
    failures: dict[str, tuple[str, int, bytes]] = {}
    with tempfile.TemporaryDirectory(prefix="maeri-fuzz-") as temporary:
        for number in range(flags.count):
            case = chosen[number % len(chosen)]
            rng = random.Random(f"{flags.seed} {case[0]} {number}")
            sound = case[2][case[3]]
            data = sound if number < len(chosen) else damaged(sound, rng)
            folder = Path(temporary) / case[0].replace(" ", "-").replace("/", "-")
            folder.mkdir(exist_ok=True)
            started = time.process_time()
            outcome = run_one(folder, case, data)
            slowest[case[0]] = max(slowest[case[0]], time.process_time() - started)
            if number < len(chosen) and outcome != "result":
                outcome = f"the undamaged input gives {outcome}"
            table[case[0]][outcome if outcome in ("result", "message") else "failure"] += 1
            if outcome not in ("result", "message"):
                failures.setdefault(f"{case[0]}: {outcome[:200]}", (case[3], number, data))
    print(f"{'input':<36} {'runs':>6} {'results':>8} {'messages':>9} {'failures':>9} {'slowest':>9}")
    for name, counts in table.items():
        print(
            f"{name:<36} {counts.total():>6} {counts['result']:>8} {counts['message']:>9} "
            f"{counts['failure']:>9} {slowest[name]:>7.2f} s"
        )
    total = sum(table.values(), Counter())
    print(f"{'all':<36} {total.total():>6} {total['result']:>8} {total['message']:>9} {total['failure']:>9}")
    for outcome, (target, number, data) in failures.items():
        print(f"FAILED {outcome}  [example {number}]")
        if flags.keep:
            kept = Path(flags.keep) / f"{number}-{target.replace('/', '-')}"
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(data)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
