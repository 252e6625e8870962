"""OR-Tools is imported without pandas, and with it as soon as something asks for it."""

import subprocess
import sys

PROGRAM = """
import sys
from solver.search.cp_sat import cp_model
assert "pandas" not in sys.modules
import pandas
model = cp_model.CpModel()
names = model.new_int_var_series("x", pandas.Index([1, 2]), 0, 3)
assert isinstance(names, pandas.Series) and len(names) == 2
"""


def test_pandas_is_imported_when_it_is_needed() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_two_level_question_imports_no_ortools() -> None:
    check = "import sys, solver.search.solve; print('ortools' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "False", run.stderr
