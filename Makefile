# make demo   the main job on real input: traces, generated gradients, two fitted models
# make test   lint, types, the suite
# Both make .venv first where it is absent. Another interpreter: make PYTHON=python3.12 test

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test lint types suite examples primitives transforms benchmarks clean

demo: $(STAMP)
	$(BIN)/python -m s2sad.examples.demo

test: lint types suite

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

suite: $(STAMP)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

examples: $(STAMP)
	$(BIN)/python -m generated_examples.regenerate

primitives: $(STAMP)
	$(BIN)/python -m s2sad.views.rules

transforms: $(STAMP)
	$(BIN)/python -m tests.transforms_page

benchmarks: $(STAMP)
	$(BIN)/python benchmarks/gradient_cost.py
	$(BIN)/python benchmarks/compile_time.py
	$(BIN)/python benchmarks/wrapper_overhead.py
	$(BIN)/python benchmarks/nan_guard.py
	$(BIN)/python benchmarks/sparse.py
	$(BIN)/python benchmarks/transforms.py

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "s2sad needs Python 3.11 or newer; try make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
