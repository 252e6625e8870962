"""Real shells complete lines: commands, options, names, files, words behind colons and equals signs."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = f"#!{sys.executable}\nimport sys\nfrom solver.cli.main import main\nsys.exit(main())\n"
COMPLETED = {
    "maeri-solver des": {"maeri-solver design"},
    "maeri-solver network Mob": {"maeri-solver network mobilenetv2"},
    "maeri-solver map vgg_": {"maeri-solver map vgg_conv3", "maeri-solver map vgg_mine.yaml"},
    "maeri-solver map alexnet:fc6": {"maeri-solver map alexnet:fc6"},
    "maeri-solver map alexnet --layer fc7": {"maeri-solver map alexnet --layer fc7"},
    "maeri-solver map x --objective=en": {"maeri-solver map x --objective=energy"},
    "maeri-solver map x --json=vgg": {"maeri-solver map x --json=vgg_mine.yaml"},
    "maeri-solver map 'my l": {"maeri-solver map 'my layer.yaml'"},
}
"""What the line may be after Tab: where there are several, the shell leaves it and shows them."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with the program and two files."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "maeri-solver"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    for name in ("vgg_mine.yaml", "my layer.yaml"):
        (tmp_path / name).touch()
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    path = f"{home / 'bin'}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm", "LANG": "C.UTF-8"}


def output(home: Path, *words: str) -> list[str]:
    done = subprocess.run(words, cwd=home, env=environment(home), capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@needs("bash")
@pytest.mark.parametrize("line", COMPLETED)
def test_bash_completes(home: Path, line: str) -> None:
    """Its words end at colons and equals signs, and what is answered takes the place of the last one."""
    script = (
        'eval "$(_MAERI_SOLVER_COMPLETE=bash_source maeri-solver)"; '
        "COMP_LINE=$1; COMP_POINT=${#1}; _maeri_solver_completion maeri-solver; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    answered = output(home, "bash", "-c", script, "bash", line)
    at = max(line.rfind(sign) for sign in ("'", " ", "=", ":") if sign != " " or "'" not in line) + 1
    assert {line[:at] + word for word in answered} == {each.rstrip("'") for each in COMPLETED[line]}


@needs("fish")
@pytest.mark.parametrize("line", COMPLETED)
def test_fish_completes(home: Path, line: str) -> None:
    script = "_MAERI_SOLVER_COMPLETE=fish_source maeri-solver | source; complete -C $argv[1]"
    answered = {each.split("\t")[0].replace("\\ ", " ") for each in output(home, "fish", "-c", script, line)}
    begun = line[: line.rfind("'" if "'" in line else " ") + 1]
    assert {begun + word for word in answered} == {each.rstrip("'") for each in COMPLETED[line]}


@needs("zsh")
def test_zsh_completes_after_the_line_that_the_documentation_tells(home: Path) -> None:
    """Typed into a terminal: zsh completes nowhere else."""
    told = (ROOT / "docs/how-to/scripts.md").read_text()
    line = 'eval "$(_MAERI_SOLVER_COMPLETE=zsh_source maeri-solver)"'
    assert line in told
    typed = home / "typed"
    widget = (
        f'typed() {{ print -r -- "$BUFFER" >> {typed}; zle kill-whole-line }}\n'
        'zle -N typed\nbindkey "^G" typed'
    )
    (home / ".zshrc").write_text(f"{line}\n{widget}\n")
    answered = type_lines(home, typed, list(COMPLETED))
    for given, found in zip(COMPLETED, answered, strict=True):
        wanted = COMPLETED[given]
        assert found.rstrip() in wanted if len(wanted) == 1 else found == given


def type_lines(home: Path, typed: Path, lines: Sequence[str]) -> list[str]:
    """Return what stands in zsh's line after Tab."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(home)
        os.execve(shutil.which("zsh") or "", ["zsh", "-i"], environment(home))
    try:
        for number, line in enumerate(lines, 1):
            os.write(terminal, f"{line}\t\x07".encode())
            while not typed.exists() or len(typed.read_text().splitlines()) < number:
                if select.select([terminal], [], [], 20)[0] == []:
                    pytest.fail(f"zsh is silent after {line!r}")
                os.read(terminal, 65536)
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)
    return typed.read_text().splitlines()
