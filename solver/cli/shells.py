"""What bash, zsh and fish run to complete a line, and what they are answered.

Click's own scripts mix up names and files: bash forgets files where a name fits, zsh loses the names where no
letter is typed yet, and behind ``--option=`` or a colon what is completed takes the place of what was typed.
"""

from __future__ import annotations

import os
import shlex
from typing import ClassVar

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, split_arg_string

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' kind value cut
    COMPREPLY=()
    while IFS=, read -r kind cut value; do
        case $kind in
            file) compopt -o filenames; COMPREPLY+=($(compgen -f -- "$value" | cut -c "$((cut + 1))-")) ;;
            dir) compopt -o filenames; COMPREPLY+=($(compgen -d -- "$value" | cut -c "$((cut + 1))-")) ;;
            *) COMPREPLY+=("${value:cut}") ;;
        esac
    done < <(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local kind value help
    local -a names described
    [[ $PREFIX == -*=* ]] && compset -P '*='
    while IFS=$'\\t' read -r kind value help; do
        case $kind in
            file) _path_files ;;
            dir) _path_files -/ ;;
            *) if [[ -n $help ]]; then described+=("${value//:/\\\\:}:$help"); else names+=("$value"); fi ;;
        esac
    done < <(env COMP_WORDS="${(j: :)words[1,CURRENT]}" %(complete_var)s=zsh_complete %(prog_name)s)
    (( $#described )) && _describe -V unsorted described
    (( $#names )) && compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -V unsorted -a names
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -l option (string match -r -- '^-[^=]*=' (commandline -ct))
    for line in (env COMP_WORDS=(commandline -cp) %(complete_var)s=fish_complete %(prog_name)s)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case file
                string replace -r -- '^' "$option" (__fish_complete_path $parts[2])
            case dir
                string replace -r -- '^' "$option" (__fish_complete_directories $parts[2])
            case '*'
                printf '%%s\\n' "$option$parts[2]"
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Line(ShellComplete):
    """Reads the words from the line up to the cursor, as typed."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words in front of the one that is begun, without the program's, and that one."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        begun = words and not (line[-1:].isspace() and _whole(line))
        return (words[:-1], words[-1]) if begun else (words, "")


def _whole(line: str) -> bool:
    """Return whether every quote of a line is closed."""
    try:
        shlex.split(line)
    except ValueError:
        return False
    return True


class Bash(_Line):
    """Bash takes words apart at colons and equals signs, and completes what is behind the last one."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = _BASH

    def format_completion(self, item: CompletionItem) -> str:
        """Return kind, how many characters of the value bash has already, and value."""
        begun = self.get_completion_args()[1]
        begun = begun.partition("=")[2] if begun.startswith("-") else begun
        cut = max(begun.rfind(":"), begun.rfind("=")) + 1 if _whole(os.environ["COMP_WORDS"]) else 0
        return f"{item.type},{cut},{item.value}"


class Zsh(_Line):
    """Zsh shows what commands and options do."""

    name: ClassVar[str] = "zsh"
    source_template: ClassVar[str] = _ZSH

    def format_completion(self, item: CompletionItem) -> str:
        """Return kind, value and help."""
        return "\t".join((item.type, item.value, _one_line(item.help)))


class Fish(_Line):
    """Fish shows what commands and options do."""

    name: ClassVar[str] = "fish"
    source_template: ClassVar[str] = _FISH

    def format_completion(self, item: CompletionItem) -> str:
        """Return kind, and value with its help."""
        return f"{item.type},{item.value}" + (f"\t{_one_line(item.help)}" if item.help else "")


def _one_line(help: str | None) -> str:
    return " ".join((help or "").split())


def teach_shells() -> None:
    """Let click answer with these scripts."""
    for each in (Bash, Zsh, Fish):
        add_completion_class(each)
