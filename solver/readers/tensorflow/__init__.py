"""TensorFlow and Keras programs: read, never executed.

A program is parsed (`grammar.python`) and its model-building part interpreted: `interpreter` (statements),
`calls` (functions and classes), `expressions`. Names of other modules are only names (`values.External`);
those of TensorFlow that matter have their meaning in `registry`, where functions that know shapes record
layers in a `graph`. What is not known stays `values.Unknown` and may not decide about layers (`doubt`);
`budget` bounds all work.
"""

from solver.readers.tensorflow.read import read_program

__all__ = ["read_program"]
