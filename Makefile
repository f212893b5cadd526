# make demo   a whole treatment on the simulated gun
# make test   everything that a machine can check
# make bench  figures, side by side, in one run
# make soak   the large counts
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := mesogun protocols sim tui tests benchmarks docs/make_pictures.py

.PHONY: help demo test check-format lint types contracts tests bench soak format pictures clean

help:
	@sed -n 's/^# //p' Makefile

demo: $(READY)
	@$(BIN)/mesogun demo

test: check-format lint types contracts tests

check-format: $(READY)
	$(BIN)/ruff format --check $(CODE)

lint: $(READY)
	$(BIN)/ruff check $(CODE)

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

tests: $(READY)
	$(BIN)/python -m pytest -q -n auto --dist loadgroup

bench: $(READY)
	$(BIN)/python -m benchmarks

soak: $(READY)
	MESOGUN_HYPOTHESIS=soak $(BIN)/python -m pytest -q --soak -m soak --timeout 7200 -n auto --dist worksteal

format: $(READY)
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

pictures: $(READY)
	$(BIN)/python docs/make_pictures.py

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mesogun needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "mesogun: $(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "mesogun: setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --constraint constraints.txt
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
