"""Examples of README and docs/: found with a Markdown parser, run in a folder of their own, outputs compared.

A page is run from top to bottom like a reader would type it:

* `sh` blocks are commands, one a line; `python` blocks share one namespace;
* a `text` (or unlabelled, or `json`) block after one of them is what it prints, ``...`` standing for what is
  left out; times, versions and the folder's name are masked;
* a block with a caption (``:caption: layers.yaml``) or a file name in its label (``yaml layers.yaml``) is
  a file;
* comments say what cannot be seen: ``<!-- exit: 2 -->`` the exit code of the next block,
  ``<!-- not run: why -->`` that it is only shown, ``<!-- given: model.onnx -->`` a file that the reader
  brings, ``<!-- run: COMMAND -->`` a command that checks what the page only says.

``python -m tests.support.doc_examples PAGE...`` writes the outputs anew: of those that leave out what follows
as many lines as before, but not those that leave something out elsewhere.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from solver.cli.main import main
from solver.views.console import PIPE_WIDTH

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

OUTPUT = ("text", "", "json")
SHOWN = ("lark", "bibtex")
"""Languages of blocks that are neither run nor an output."""
INSTALLING = re.compile(
    r"^(python3 -m venv \.venv && \.venv/bin/pip install (\S+|'.*?') && |pip install .*$)"
)
"""What an empty environment is needed for; .ci/run does it."""
_COMMENT = re.compile(r"<!--\s*(exit|not run|given|run):\s*(.*?)\s*-->")
_MASKS = (
    (re.compile(r" *\b\d+(\.\d+)? (s|ms|min)\b"), " <time>"),
    (re.compile(r'("wall_seconds": )[\d.e-]+'), r"\1<time>"),
    (re.compile(r"\b(version |maeri-solver )\d+\.\d+\.\d+\S*"), r"\1<version>"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block, or with the language ``comment`` a comment that tells how to run what follows."""

    line: int
    end: int
    language: str
    text: str
    file: str = ""


def blocks_of(text: str) -> Iterator[Block]:
    """Find the blocks of a page."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.map is None or token.type not in ("fence", "code_block", "html_block"):
            continue
        begin, end = token.map
        if token.type == "html_block":
            for match in _COMMENT.finditer(token.content):
                yield Block(begin + 1, end, "comment", f"{match[1]}: {match[2]}")
            continue
        if token.type == "code_block":
            raise ValueError(f"line {begin + 1}: a block of code without a fence would not be run")
        language, _, rest = token.info.strip().partition(" ")
        content = token.content
        if language == "{code-block}":
            language = rest
            options = re.match(r"(:\w+:.*\n)+\n?", content)
            caption = re.search(r":caption: (\S+)", options[0]) if options else None
            content, rest = content[options.end() if options else 0 :], caption[1] if caption else ""
        elif language.startswith("{"):
            if "```" in content:
                raise ValueError(f"line {begin + 1}: code inside of {language} would not be run")
            continue
        yield Block(begin + 1, end, language, content, rest)


@dataclass
class Session:
    """A reader at work in a folder."""

    folder: Path
    given: dict[str, Callable[[Path], object]]
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def commands(self, text: str) -> tuple[int, str]:
        """Run the lines of a shell block; return the last exit code and everything printed."""
        code, printed = 0, ""
        for line in re.sub(r"\\\n\s*", "", text).splitlines():
            command = INSTALLING.sub("", line.strip()).replace(".venv/bin/python", "python")
            if command and not command.startswith("#"):
                code, out = self.command(command)
                printed += out
        return code, printed

    def command(self, command: str) -> tuple[int, str]:
        """Run a command: ours in this process, everything else by the shell."""
        try:
            words = shlex.split(command, comments=True)
        except ValueError:
            words = []
        ours = next((n for n in (["python", "-m", "solver"], ["maeri-solver"]) if words[: len(n)] == n), None)
        file = words[-1] if words[-2:-1] == [">"] else None
        rest = words[len(ours) if ours else 0 : -2 if file else None]
        marks = "|<>&;$*`".replace(">", "" if file else ">")
        if ours and "--help" not in words and not any(m in _without_quotes(command) for m in marks):
            return self.printed(lambda: main(rest), file)
        done = subprocess.run(
            ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return done.returncode, done.stdout

    def python(self, text: str, file: str) -> tuple[int, str]:
        """Run a block of Python."""

        def run() -> int:
            try:
                exec(compile(text, file, "exec"), self.names)
            except Exception:
                traceback.print_exc()
                return 1
            return 0

        return self.printed(run)

    @staticmethod
    def printed(action: Callable[[], int], file: str | None = None) -> tuple[int, str]:
        """Return the code of an action and what it prints, but for what goes to a file."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            if file is None:
                code = action()
            else:
                with open(file, "w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
                    code = action()
        return code, out.getvalue()

    def write(self, name: str, text: str) -> None:
        """Write a file that the page shows."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _without_quotes(command: str) -> str:
    return re.sub(r"""'[^']*'|"[^"]*"|\s#.*""", "", command)


@dataclass(frozen=True)
class Trouble:
    """An example that is not as shown; `output` is what it printed."""

    block: Block
    reason: str
    output: str = ""


@contextlib.contextmanager
def reader(folder: Path, page: Path, given: dict[str, Callable[[Path], object]]) -> Iterator[Session]:
    """Sit down in a folder to try a page, with the shipped layers beside and an empty cache."""
    # README is read in terminals and on GitHub; the site is narrower than a pipe's 120 columns, but the
    # widest table of the guide must stay whole.
    columns = str(PIPE_WIDTH) if page.name in ("README.md", "guide.md") else "100"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    changes = {"COLUMNS": columns, "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / ".cache"), "PATH": path}
    before, here = dict(os.environ), Path.cwd()
    os.environ.update(changes)
    (folder / "layers").symlink_to(ROOT / "layers")
    os.chdir(folder)
    try:
        yield Session(folder, given)
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


def troubles(text: str, session: Session) -> Iterator[Trouble]:
    """Run a page; yield what is not as it says."""
    expected, run_next, printed = 0, True, None
    for block in blocks_of(text):
        if block.language == "comment":
            key, _, value = block.text.partition(": ")
            if key == "exit":
                expected = int(value)
            elif key == "not run":
                run_next = False
            elif key == "given":
                session.given[value](session.folder / value)
            else:
                code, out = session.commands(value)
                if code:
                    yield Trouble(block, f"exit code {code}", out)
            continue
        if block.file:
            session.write(block.file, block.text)
        elif not run_next or block.language in SHOWN:
            pass
        elif block.language in ("sh", "python"):
            run = session.commands if block.language == "sh" else lambda text: session.python(text, "example")
            code, printed = run(block.text)
            if code != expected:
                yield Trouble(block, f"exit code {code}, not {expected}", printed)
        elif block.language in OUTPUT and printed is not None:
            if not same(block.text, printed, session.folder):
                yield Trouble(block, "prints something else", printed)
            printed = None
        else:
            yield Trouble(block, f"a block of {block.language or 'text'} that is no example, file or output")
        expected, run_next = 0, True


def same(shown: str, printed: str, folder: Path) -> bool:
    """Return whether an output is the one shown, but for what is masked or left out."""
    want, got = (mask(text, folder) for text in (shown, printed))
    return doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS)


def mask(text: str, folder: Path) -> str:
    """Replace what differs from run to run, and blanks at the ends of lines."""
    text = text.replace(str(folder), "FOLDER")
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return tidy(text)


def tidy(text: str) -> str:
    """Cut blanks at the ends of lines, and empty lines at both ends."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


def _anew(shown: str, printed: str) -> str | None:
    """Return what a page should show of an output; None if what it leaves out is not just the rest."""
    *lines, last = shown.splitlines() or [""]
    if "..." in lines:
        return None
    return "".join([*printed.splitlines(keepends=True)[: len(lines)], "...\n"]) if last == "..." else printed


def update(page: Path, given: dict[str, Callable[[Path], object]]) -> None:
    """Write the outputs of a page anew, and tell what has to be looked at."""
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, reader(Path(folder), page, given) as session:
        found = list(troubles(text, session))
    lines = text.splitlines(keepends=True)
    for trouble in reversed(found):
        block = trouble.block
        instead = _anew(block.text, tidy(trouble.output).replace(folder, "."))
        if trouble.reason == "prints something else" and instead is not None:
            lines[block.line : block.end - 1] = [instead]
            print(f"{page}:{block.line}: written anew")
        else:
            print(f"{page}:{block.line}: {trouble.reason}\n{trouble.output}")
    page.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    from tests.support.doc_files import GIVEN

    for name in sys.argv[1:]:
        update(Path(name).resolve(), GIVEN)
