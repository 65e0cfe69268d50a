# `make demo` and `make test` work from a bare clone with Python 3.11 or later, pip and make.
PYTHON ?= python3
BIN := .venv/bin
# Processes that share out the tests: many tests wait, so that two are quicker on a single core as well.
WORKERS ?= 2

.PHONY: install demo check test bench pictures clean

install: .venv/installed

# pip compiles on one core; `compileall` on all of them, also where the environment forbids Python to write bytecode later.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed, found " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]'
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true
	touch $@

demo: install
	$(BIN)/preuve run request-classification --quick
	$(BIN)/preuve report request-classification

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Hundreds of programs are started in it: what they import is compiled once.
test: check
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 evaluation poc
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not alone"
	$(BIN)/pytest -m alone

bench: install
	$(BIN)/python -m tests.benchmarks

# Screenshots of each report at the sizes of a desk, a phone and a printed page, to be looked at.
pictures: install
	$(BIN)/python -m tests.pictures

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
