"""Plain Python means to the reader what it means to Python; what is not known decides about no layer."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.errors import InputError
from solver.layer import FullyConnected, HostOperation
from solver.readers.dims import Dims
from solver.readers.read import read_layers, read_model
from solver.readers.tensorflow.language.interpreter import Interpreter
from solver.readers.tensorflow.language.parse import parse_program
from solver.readers.tensorflow.values import Unknown

ROOT = Path(__file__).parents[3]


def names_of(text: str) -> dict[str, Any]:
    """The names of a program as the reader leaves them."""
    interpreter = Interpreter("program.py", Dims())
    interpreter.run_program(parse_program(text))
    return interpreter.scope.names


def python(text: str) -> dict[str, Any]:
    """The names of a program as Python leaves them."""
    names: dict[str, Any] = {"__name__": __name__}  # dataclasses look their module up
    exec(text, names)
    return {name: value for name, value in names.items() if name not in ("__builtins__", "__name__")}


PROGRAMS = {
    "closures keep their own variables": """
def counter(start):
    count = start
    def step(by=1):
        nonlocal count
        count += by
        return count
    return step
a, b = counter(0), counter(10)
r = [a(), a(by=5), b(), a(*[2])]
""",
    "arguments of every kind": """
def f(a, b=2, *rest, c, d=4, **more):
    return a, b, rest, c, d, sorted(more.items())
r1 = f(1, c=3)
r2 = f(*[1, 5, 6, 7], c=0, **{"x": 1, "d": 9})
r3 = (lambda x, *y, z=3: (x, y, z))(1, 2, 3)
""",
    "loops with break, continue and else": """
found = []
for i in range(20):
    if i % 2:
        continue
    if i > 12:
        break
    found.append(i)
else:
    found.append("never")
while found[-1] > 5:
    found.pop()
else:
    found.append("end")
pairs = [(i, j) for i in range(4) if i for j in range(i) if i != j + 2]
table = {k: v for k, v in zip("abc", [1, 2, 3]) if v != 2}
""",
    "classes with inheritance, properties and class variables": """
class A:
    scale = 2
    def __init__(self, x):
        self.x = x
    def value(self):
        return self.x * self.scale
    @property
    def double(self):
        return 2 * self.value()
    @staticmethod
    def make(x):
        return A(x)
    @classmethod
    def named(cls, x):
        return cls(x).value()
class B(A):
    scale = 3
    def __init__(self, x):
        super().__init__(x + 1)
        self.y = x
    def value(self):
        return super(B, self).value() + self.y
r = [A(1).value(), B(1).value(), B(2).double, A.make(4).x, B.named(5), isinstance(B(0), A)]
del A, B
""",
    "texts": """
name = "block_{}_{:02d}".format(3, 7) + "%s-%5.2f|%d%%" % ("x", 2.5, 4)
i, w = 3, 2.75
f = f"conv{i}_{i + 1!r:>4}{w:{5}.1f}{{}}" 'raw' r"\\d" "\\x41"
g = "a,b,,c".split(","), " x ".strip(), "-".join(str(v) for v in (1, 2)), "abc"[::-1], "Ab".lower()
h = f"{i=}" f"{'nested' + 'quotes'}"
""",
    "unpacking and slices": """
a, (b, *c), d = 1, (2, 3, 4), 5
x = [0, 1, 2, 3, 4, 5]
x[1] = x[-1]
y = x[1:4] + x[::2] + [*c, *range(2)]
first, *_, last = y
m = {"k": [1], **{"z": 2}}
m["k"] += [3]
(p := 4)
q = p if 2 < p <= 4 != 5 else None
""",
    "errors that the program catches": """
def check(v):
    if v < 0:
        raise ValueError("negative")
    return v
log = []
for v in (1, -1):
    try:
        log.append(check(v))
    except (TypeError, ValueError):
        log.append("caught")
    finally:
        log.append("finally")
""",
    "records and dataclasses": """
import collections
import functools
from collections import namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple
Conv = namedtuple("Conv", "kernel depth")
Pool = namedtuple("Pool", ["kernel", "depth", "stride"], defaults=(4, 2))
class Block(collections.namedtuple("Block", ["scope", "units"])):
    "A block."
class Pair(NamedTuple):
    a: int
    b: int = 7
@dataclass(frozen=True)
class Base:
    width: int
    sizes: list = field(default_factory=lambda: [8, 9])
    depth: int = field(default=3)
    kind = "base"
    def total(self):
        return self.width * self.depth
@dataclass(frozen=True)
class Wide(Base):
    factor: int = 2
    def __post_init__(self):
        pass
defs = [Conv(3, 8), Pool(2), Pool(2, stride=1)]
r = [isinstance(d, Conv) for d in defs], [d.depth for d in defs], defs[2].stride
scope, units = Block("one", [1, 2])
a, b = Pair(5)
s, w = Base(4), Wide(2, factor=5)
t = s.total(), s.sizes, w.total(), w.factor, w.kind, w.sizes is not s.sizes, Wide(1, [3]).sizes
del Conv, Pool, Block, Pair, Base, Wide, defs, s, w, collections, functools
""",
    "itertools": """
import itertools
from itertools import chain, product
a = list(chain([1], (2, 3), range(2))), list(chain.from_iterable([[1], [2, 3]]))
b = list(product([1, 2], "ab")), list(product((0, 1), repeat=2)), list(itertools.repeat(7, 3))
del itertools, chain, product
""",
    "logic on numbers": """
r = [0 or 5, 1 and 0, not [], 3 in (1, 2, 3), "a" not in "abc", None is None, 7 // 2, -7 % 3, 2 ** 10, 6 / 4,
     1 << 4, 5 & 6, 5 | 6, 5 ^ 6, ~5, True + True, divmod(17, 5), round(2.567, 1), max(3, 7), min([4, 2]),
     sum([1, 2, 3], 4), any([0, 1]), all([]), abs(-3), int("12"), float("1.5"), bool([0])]
s = sorted([3, 1, 2], key=lambda v: -v), list(reversed([1, 2])), list(enumerate("ab", 1))
t = list(zip((1, 2), (3, 4)))
""",
}


@pytest.mark.parametrize("title", PROGRAMS)
def test_plain_programs_mean_what_they_mean_to_python(title: str) -> None:
    ours, theirs = names_of(PROGRAMS[title]), python(PROGRAMS[title])
    plain = {k: v for k, v in theirs.items() if not callable(v)}
    assert {name: ours[name] for name in plain} == plain


SYMBOLS = ["+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "and", "or", "in"]
NUMBERS = st.integers(-9, 9).map(str) | st.sampled_from(
    ["2.5", "0", "True", "None", "'ab'", "[1, 2]", "(3,)"]
)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(SYMBOLS), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda e: f"(not {e})"),
        inner.map(lambda e: f"({e} is None)"),  # of other constants Python may make one object or two
        inner.map(lambda e: f"(-{e})"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}:]"),
    ),
    max_leaves=8,
)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python's own about nonsense such as 1[2]
@given(EXPRESSIONS)
@settings(max_examples=300, deadline=None)
def test_expressions_have_pythons_values_or_fail_where_python_fails(text: str) -> None:
    try:
        expected = eval(compile(ast.parse(text, mode="eval"), "x", "eval"))
    except Exception:
        with pytest.raises(InputError):
            names_of(f"x = {text}")
        return
    assert names_of(f"x = {text}")["x"] == expected


def test_every_program_of_this_project_has_the_tree_that_python_makes() -> None:
    files = sorted(ROOT.glob("solver/readers/**/*.py"))[::3]
    assert len(files) > 15
    for file in files:
        text = file.read_text()
        assert ast.dump(parse_program(text)) == ast.dump(ast.parse(text)), file


ROOMS = ["values", "examples", "place", "graph", "reader", "python", "library", "language", "read", "config"]


def test_rooms_of_the_reader_import_only_from_those_before_them() -> None:
    home, prefix = ROOT / "solver/readers/tensorflow", "solver.readers.tensorflow."
    files = [path for path in home.rglob("*.py") if path != home / "__init__.py"]
    assert len(files) > 30
    for file in files:
        room = file.relative_to(home).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(prefix):
                other = str(node.module).removeprefix(prefix).split(".")[0]
                assert ROOMS.index(other) <= ROOMS.index(room), f"{file} imports {other}"
    outside = [path for path in ROOT.glob("solver/**/*.py") if home not in path.parents]
    assert not [path for path in outside if prefix in path.read_text()]


@given(st.text(alphabet="abc=()[]{}:.,'\"\\\n\t +-*#0123456789@fordefifinlambda", max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        tree = parse_program(text)
    except InputError as error:
        assert str(error)
    else:
        assert isinstance(tree, ast.Module)


def test_parentheses_nested_without_end_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "deep.py"
    file.write_text("x = " + "(" * 3000 + "1" + ")" * 3000 + "\ny = " + "-" * 5000 + "1\n")
    with pytest.raises(InputError, match="nested too deeply"):
        read_layers(file)


HEAD = "import os\nimport tensorflow as tf\nx = tf.placeholder(tf.float32, [2, 8])\n"


def program(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "program.py"
    file.write_text(HEAD + text)
    return file


def test_what_is_equal_either_way_is_known_after_an_unknown_condition(tmp_path: Path) -> None:
    text = """
width, depth, keep = 4, 1, 5
if os.environ.get("A"):
    width, depth = 4, 2
    print("training")
    x = tf.nn.dropout(x, 0.5)
else:
    width = 4
y = tf.layers.dense(x, width, name="first")
z = tf.layers.dense(y, keep, name="second")
w = tf.layers.dense(y, depth, name="third")
"""
    reading = read_model(program(tmp_path, text))
    assert [layer.name for layer in reading.layers] == ["first", "second"]
    (error,) = reading.errors
    assert (error.line, error.field, error.found) == (14, "units", "os.environ.get, from line 6")
    assert (
        "dropout depends on os.environ.get (line 6), which is not known; it is not listed" in reading.notes[0]
    )


def test_a_function_that_may_have_returned_leaves_its_rest_in_doubt(tmp_path: Path) -> None:
    text = """
def net(x):
    if os.path.exists("w"):
        return x
    return tf.layers.dense(x, 4, name="late")
net(x)
"""
    with pytest.raises(
        InputError, match="late: whether this layer is built depends on something that is not known"
    ):
        read_layers(program(tmp_path, text))


def test_a_list_that_may_have_changed_is_not_counted_on(tmp_path: Path) -> None:
    text = """
sizes = [4]
for line in open("sizes"):
    sizes.append(3)
for size in sizes:
    x = tf.layers.dense(x, size, name="never")
"""
    with pytest.raises(InputError, match=r"units: .* cannot be followed, found open"):
        read_layers(program(tmp_path, text))


@pytest.mark.parametrize("turns", ["range(10 ** 9)", "range(5000)", "dataset"])
def test_a_training_loop_is_passed_by_but_not_one_that_builds(tmp_path: Path, turns: str) -> None:
    train = f"y = tf.layers.dense(x, 4, name='y')\ndataset = open('d')\nfor i in {turns}:\n    loss = i\n"
    (layer,) = read_layers(program(tmp_path, train))
    assert layer.name == "y"
    late = train + "    if i == 4000:\n        y = tf.layers.dense(y, 4, name='late')\n"
    with pytest.raises(InputError, match="late: whether this layer is built"):
        read_layers(program(tmp_path, late))


def test_counting_in_a_loop_of_unknown_length_hides_no_layer(tmp_path: Path) -> None:
    text = """
i = 0
while os.getpid():
    i += 1
    if i == 500:
        y = tf.layers.dense(x, 4, name="late")
"""
    with pytest.raises(InputError, match="late: whether this layer is built"):
        read_layers(program(tmp_path, text))


def test_names_from_an_import_of_everything_are_unknown_not_missing(tmp_path: Path) -> None:
    text = "from settings import *\ny = tf.layers.dense(x, WIDTH, name='y')\n"
    with pytest.raises(InputError, match=r"found WIDTH \(perhaps from settings\), from line 5"):
        read_layers(program(tmp_path, text))


def test_a_model_without_an_input_is_told(tmp_path: Path) -> None:
    text = """
from tensorflow.keras import Sequential, layers
y = tf.layers.dense(x, 4, name="y")
idle = Sequential([layers.Dense(3)], name="idle")
z = layers.Unheard(3)(y)
class Net(tf.keras.Model):
    def call(self, inputs):
        return tf.layers.dense(inputs, 3)
Net()(tf.data.load("d"))
"""
    reading = read_model(program(tmp_path, text)).complete()
    assert [layer.name for layer in reading.layers] == ["y"]
    assert reading.notes == (
        "line 8: tf.keras.layers.Unheard is not followed; what it computes is not counted",
        "line 12: Net is called depending on tf.data.load, which is not known; that call is not counted",
        "idle never gets an input of known shape; its layers are not counted",
    )


def test_an_operation_that_is_not_known_is_listed_and_told(tmp_path: Path) -> None:
    reading = read_model(program(tmp_path, "y = tf.layers.dense(x, 4, name='y')\nz = tf.nn.strange(y)\n"))
    assert reading.layers[1:] == (HostOperation(name="nn.strange", operation="nn.strange"),)
    assert reading.notes == ("line 5: tf.nn.strange is not known; it is listed as a host operation",)


def test_products_of_weights_alone_are_no_layers(tmp_path: Path) -> None:
    text = """
w = tf.Variable(tf.zeros([8, 8]))
v = tf.matmul(w, tf.Variable(tf.zeros([8, 4])))
y = tf.matmul(x, v, name="y")
penalty = tf.reduce_sum(tf.square(w))
"""
    assert read_layers(program(tmp_path, text)) == [FullyConnected(name="y", batch=2, inputs=8, outputs=4)]


def test_an_unknown_value_stays_unknown_in_every_expression() -> None:
    names = names_of(
        "import os\nu = os.getpid()\na = u + 1\nb = [u][0] * 2\nc = u.x(3)[4]\nd = f'{u}'\n"
        "e = 'x%d' % u\nf = u or True\ng = (1, u)[0]\nh = len([u, u])\n"
    )
    assert all(isinstance(names[name], Unknown) for name in "uabcde")
    assert (names["f"], names["g"], names["h"]) == (True, 1, 2)
