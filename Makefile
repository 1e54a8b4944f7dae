# Two commands on a machine that has Python 3.11 or newer and nothing of ours:
#   make demo     trains a recurrent digit classifier, prints its accuracy, draws what it saw
#   make test     everything that must hold: format, lint, types, rooms, tests
# and two more:
#   make bench    measures, beside every peer
#   make sanitize runs the C++ of the fused kernels under the address, undefined-behaviour and thread sanitizers
# PYTHON=... names another interpreter, RECELL_DATA=... the folder that holds MNIST_data.

PYTHON ?= $(shell python3.11 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

CSRC := src/recell/kernels/csrc
LIBRARY := src/recell/kernels/_librecell.so

.PHONY: demo test bench sanitize clean

demo: $(VENV)/.demo
	$(BIN)/recell demo digits

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

# Beside every peer whose environment can be made: benchmarks/README.md. TF115= and TF101= name interpreters that have
# those releases of TensorFlow; TF_SCRIPT= names a script that makes an environment, given a folder and a release.
PEERS ?= .peers
PEER_LISTS := $(wildcard benchmarks/requirements/*.txt)
TENSORFLOWS := $(if $(TF_SCRIPT),$(if $(TF115),,$(PEERS)/tf115/.made-1.15.0) $(if $(TF101),,$(PEERS)/tf101/.made-1.0.1))

bench: $(VENV)/.dev $(PEER_LISTS:benchmarks/requirements/%.txt=$(PEERS)/%/.made) $(TENSORFLOWS)
	$(BIN)/python -m benchmarks --environments $(PEERS) $(if $(TF115),--tf115 $(TF115)) $(if $(TF101),--tf101 $(TF101)) $(BENCH)

# A peer that cannot be had is left out, and named under the tables.
$(PEERS)/%/.made: benchmarks/requirements/%.txt
	-$(PYTHON) -m venv $(@D) && $(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $< && touch $@

$(TENSORFLOWS):
	-$(TF_SCRIPT) $(@D) $(subst .made-,,$(@F)) && touch $@

sanitize: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -rs tests/kernels/test_native_sanitizers.py

# Installed editable, so that an edit needs no new installation; made again when what is to be installed changes.
$(VENV)/.demo: pyproject.toml constraints.txt setup.py | $(VENV)/.library
	$(PIP) -c constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt setup.py | $(VENV)/.library
	$(PIP) -c constraints.txt --editable '.[dev]'
	@touch $@

# Changed C++ needs no new installation either: only the files that changed are compiled. A machine without a compiler
# gets a line that says so, and goes on.
$(VENV)/.library: $(wildcard $(CSRC)/*.* $(CSRC)/vector/*) | $(VENV)/bin/python
	@$(BIN)/python $(CSRC)/make_library.py
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) $(LIBRARY) build dist *.egg-info src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
