# Two commands on a machine that has Python 3.11 or newer and nothing of ours:
#   make demo     trains a recurrent digit classifier, prints its accuracy, draws what it saw
#   make test     everything that must hold: format, lint, types, rooms, tests
# PYTHON=... names another interpreter, RECELL_DATA=... the folder that holds MNIST_data.

PYTHON ?= $(shell python3.11 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test bench clean

demo: $(VENV)/.demo
	$(BIN)/recell demo digits

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

# TF115=/path/to/python of an environment with TensorFlow 1.15 adds the comparison.
bench: $(VENV)/.dev
	$(BIN)/python benchmarks/session.py $(if $(TF115),--tf115 $(TF115))

# Installed editable, so that an edit needs no new installation; made again when what is to be installed changes.
$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -c constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -c constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build dist *.egg-info src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
