"""Command line flags of programs, of which only the defaults count."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.values import List, Native, Unknown, Value
from solver.readers.tensorflow.words import words

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


@dataclass(eq=False)
class Flags(LayerObject):
    """Command line flags of a program, each with its default: nobody gives a program arguments here."""

    values: dict[str, Value] = field(default_factory=dict)
    parses: bool = False  # whether this is an argument parser

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Parse no arguments (``FLAGS(sys.argv)``)."""
        return self

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return the value of a flag, or a method of an argument parser."""
        if name in self.values:
            return self.values[name]
        if self.parses and name in ("add_argument", "parse_args", "parse_known_args", "set_defaults"):
            return Native(name, partial(self._method, name))
        if self.parses and name in ("add_argument_group", "add_mutually_exclusive_group"):
            return Native(name, lambda reader, args, keywords: self)
        return Unknown(f"the flag {name}", line)

    def assign(self, name: str, value: Value) -> None:
        """Change a flag, or add one (``args.vocab_size = 65``)."""
        self.values[name] = value

    def _method(self, name: str, reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        if name == "add_argument":
            words = [word for word in args if isinstance(word, str)]
            long = next((word for word in words if word.startswith("--")), words[0] if words else "")
            key = keywords.get("dest", long.lstrip("-").replace("-", "_"))
            default: Value = None if long.startswith("-") else Unknown(f"the argument {key}", reader.line)
            if keywords.get("action") == "store_true":
                default = False
            elif keywords.get("action") == "store_false":
                default = True
            default = keywords.get("default", default)
            if isinstance(default, str) and keywords.get("type") is not None:  # argparse converts texts alone
                default = reader.call(keywords["type"], [default], {}, reader.line)
            self.values[str(key)] = default
            return None
        if name == "set_defaults":
            self.values.update(keywords)
            return None
        return (self, List()) if name == "parse_known_args" else self


FLAG_NAMES = " ".join(
    f"{module}.DEFINE_{kind}"
    for module in ("tf.app.flags", "tf.flags", "absl.flags")
    for kind in words("integer string float boolean bool enum list multi_integer multi_string")
)


def flags_of(reader: Calls) -> Flags:
    """Return the flags of the program."""
    flags = reader.graph.objects.setdefault("flags", Flags())
    assert isinstance(flags, Flags)
    return flags


@op(
    FLAG_NAMES,
    "name default=None help=None enum_values=None lower_bound=None upper_bound=None short_name=None",
)
def define_flag(reader: Calls, a: Arguments) -> Value:
    """Keep the default of a flag."""
    flags_of(reader).values[str(a.get("name"))] = a.get("default")
    return Unknown("a flag", reader.line)


@op(
    "argparse.ArgumentParser",
    "description=None formatter_class=None prog=None usage=None epilog=None add_help=True",
)
def argument_parser(reader: Calls, a: Arguments) -> Value:
    """Return a parser that knows the defaults."""
    return Flags(parses=True)


def flags_value(reader: Calls, path: str) -> Value | None:
    """Return what ``tf.app.flags.FLAGS`` stands for; None for any other name."""
    if path in ("tf.app.flags.FLAGS", "tf.flags.FLAGS", "absl.flags.FLAGS"):
        return flags_of(reader)
    return None
