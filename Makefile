# Tasks of developers; CI runs the same ones. `make check` is what must hold before a commit.
PYTHON ?= .venv/bin/python
BIN := $(dir $(PYTHON))

MODEL_TESTS := tests/search/test_array.py tests/search/test_cp_sat.py tests/search/test_rtl_array.py tests/search/two_level/test_joint.py

.PHONY: install hooks check test lint types ortools dependencies docs coverage wheel

install:            ## an environment with everything that tests need
	python3 -m venv .venv && .venv/bin/pip install -e '.[test,docs]'

hooks:              ## every commit is linted and type-checked before it is made
	$(BIN)pip install --quiet pre-commit && $(BIN)pre-commit install

check: lint types test   ## what must hold before a commit

test:               ## the README's test command
	$(PYTHON) -m pytest

lint:               ## style and form
	$(BIN)ruff check .
	$(BIN)ruff format --check .

types:              ## type hints
	$(BIN)mypy

ortools:            ## the tests of CP-SAT's models on the oldest and the newest OR-Tools
	oldest=$$(sed -n 's/.*"ortools>=\([0-9.]*\);.*/\1/p' pyproject.toml | head -1); \
	for wanted in "ortools==$$oldest.*" ortools; do \
	    echo "$$wanted" && folder=$$(mktemp -d) && \
	    $(BIN)pip install --quiet --target "$$folder" "$$wanted" && \
	    PYTHONPATH="$$folder" $(PYTHON) -m pytest $(MODEL_TESTS) && rm -r "$$folder" || exit 1; \
	done

dependencies:       ## all tests with every dependency at its lower bound, then at its newest release
	$(BIN)pip install --quiet uv
	for which in lowest-direct highest; do \
	    folder=$$(mktemp -d) && $(BIN)uv venv --quiet --python $(PYTHON) "$$folder" && \
	    $(BIN)uv pip install --quiet --python "$$folder/bin/python" --resolution $$which -e '.[test]' && \
	    PATH="$$folder/bin:$$PATH" "$$folder/bin/python" -m pytest && rm -r "$$folder" || exit 1; \
	done

docs:               ## the documentation, no warning allowed
	$(BIN)sphinx-build -W --keep-going -q -b html docs site

coverage:           ## lines and branches that no test reaches
	$(BIN)pip install --quiet coverage
	$(PYTHON) -m coverage run --source=solver -m pytest -n 0
	$(PYTHON) -m coverage report --skip-covered --show-missing

wheel:              ## what is installed
	$(BIN)pip wheel --quiet --no-deps --wheel-dir dist .
