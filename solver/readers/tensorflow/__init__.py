"""TensorFlow and Keras programs: read, never executed.

The doors are `read_program` and, for configurations of Keras, `read_config`.
Each room imports only from those before it:

- `values`, `examples`: what names stand for, data sets;
- `place`: where reading is (line, doubt, limits of all work);
- `graph`: the layers, and the tensors between them;
- `reader`: the protocol of an interpreter, which is all that the meaning of functions knows of it;
- `python`: what Python's own operators, functions and methods mean;
- `library`: what TensorFlow, Keras, slim and numpy mean; names of other modules are only `values.External`;
- `language`: the statements and expressions of a program, parsed by `ast`;
- `read`: the program from file to layers;
- `config`: a configuration, as if a program had stated it.

What is not known stays `values.Unknown` and may not decide about layers.
"""

from solver.readers.tensorflow.config import read_config
from solver.readers.tensorflow.read import read_program

__all__ = ["read_config", "read_program"]
