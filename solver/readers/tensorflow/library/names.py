"""Names of modules and what is in them, under one spelling each."""

from __future__ import annotations

import math
import re

from solver.readers.tensorflow.python.builtins import BUILTINS
from solver.readers.tensorflow.values import External, Value

SPELLINGS = [
    ("tensorflow", "tf"),
    (r"tf\.compat\.v[12]|tf\._api\.v[12]|tf\.compat", "tf"),
    (r"tf_keras|keras|tf\.python\.keras|tf\.contrib\.keras", "tf.keras"),
    (r"tf\.keras\.layers\.(core|convolutional|pooling|normalization|recurrent|merge(?=\.)|merging|embeddings|rnn|"
     r"advanced_activations|noise|wrappers|local|regularization|reshaping|attention|activation)(\.[a-z]\w*(?=\.))?",
     "tf.keras.layers"),
    (r"tf\.keras\.layers\.experimental\.preprocessing", "tf.keras.layers"),
    (r"tf\.keras\.(engine|engine\.\w+|models)", "tf.keras"),
    (r"tf_slim|tf\.contrib\.slim|tf\.contrib\.layers|tf\.contrib\.framework", "tf.slim"),
    (r"tf\.contrib\.rnn|tf\.contrib\.cudnn_rnn|tf\.nn\.rnn_cell|tf\.nn\.rnn|tf\.models\.rnn\.\w+", "tf.rnn"),
    (r"tf\.python\.ops\.(rnn|rnn_cell|rnn_cell_impl|core_rnn|core_rnn_cell)", "tf.rnn"),
    (r"tf\.python\.ops\.\w+|tf\.python\.\w+", "tf"),
    (r"tf\.(math|linalg)", "tf"),
    (r"tf\.keras\.backend\.(sum|mean|max|min)", r"tf.reduce_\1"),
    (r"tf\.keras\.backend\.(reshape|squeeze|shape|square|sqrt|exp|log|abs|stack|cast|softmax|sigmoid|tanh|relu|"
     r"ones_like|zeros_like|zeros|ones|constant|random_normal|random_uniform|expand_dims|tile)", r"tf.\1"),
    (r"tf\.keras\.backend\.permute_dimensions", "tf.transpose"),
    (r"tf\.contrib\.legacy_seq2seq|tf\.nn\.seq2seq", "tf.rnn"),
    ("numpy", "np"),
    (r"six\.moves", "builtins"),
]  # fmt: skip
"""Names of modules and what they are called here, applied in this order."""

LIBRARIES = re.compile(r"(tf|np|math|os|sys|time|random|functools|itertools|collections|__future__)\.")
"""Modules whose names are their own: what is imported of them all hides no layer of another one."""

CONSTANTS: dict[str, Value] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "np.pi": math.pi,
    "np.newaxis": None,
    "tf.newaxis": None,
    "sys.version_info": (3, 11, 0, "final", 0),
    "sys.maxsize": 2**63 - 1,
}
"""Values of other modules that programs decide by."""


def normal_name(path: str) -> str:
    """Return the one spelling of a dotted name."""
    for pattern, name in SPELLINGS:
        path = re.sub(rf"^(?:{pattern})(?=\.|$)", name, path)
    return path


def external(path: str) -> Value:
    """Return what a dotted name of another module stands for."""
    name = normal_name(path)
    short = name.removeprefix("builtins.")
    if short != name and short in BUILTINS:
        return BUILTINS[short]
    return CONSTANTS.get(name, External(name))
