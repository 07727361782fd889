# Everything here works in a fresh clone on a machine that has Python 3.11 or later, with venv.

PYTHON ?= python3
# Processes that run tests; each takes a core.
WORKERS ?= 2
# A module's tests stay with one of them, and so do its servers; who has none left takes of another's.
SHARE := -n $(WORKERS) --dist worksteal
# Further arguments of pytest: make test ARGS="tests/unit -k expression"
ARGS ?=

UV_VERSION := 0.13.9
BIN := .venv/bin
# The environment holds uv itself, which an exact sync would remove. Compiled once here, commands
# start fast everywhere, also where Python is told to write no bytecode.
SYNC := $(BIN)/uv sync --locked --inexact --no-progress --compile-bytecode

# The folders that are parts of `treadle`, and the one that has a link to each.
HOUSES := core dag gateway hil importing ledger monitoring planner scheduler transport treadle wire workers

.PHONY: help install demo test test-fast check coverage format bench docs clean

help:
	@echo "make demo     run a pipeline over the data in examples/ and show it"
	@echo "make test     run all tests"
	@echo "make test-fast  the tests that take no time and start no processes of Treadle"
	@echo "make check    lint, formatting, types, layers, then all tests: what CI runs"
	@echo "make coverage run all tests and report which lines and branches they reach, by package"
	@echo "make format   fix what ruff can fix"
	@echo "make bench    measure Treadle beside raw Dramatiq"
	@echo "make docs     write the pages that are made from code"
	@echo "make install  prepare .venv (the others do it first)"
	@echo "make clean    remove .venv, caches and .treadle, the data of this folder's cluster"

install: .venv/installed

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Treadle needs Python 3.11 or later, this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 install")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)

.venv/installed: .venv/bin/uv pyproject.toml uv.lock
	UV_PYTHON_DOWNLOADS=never $(SYNC) --quiet
	$(BIN)/python -m compileall -q -j 0 $(HOUSES)
	@touch $@

demo: install
	$(BIN)/treadle demo

test: install
	$(BIN)/pytest $(SHARE) $(ARGS)

test-fast: install
	$(BIN)/pytest $(SHARE) -m "not slow" $(ARGS)

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(MAKE) test

# A measured process is slower, so a test has more time, and promises about time are left out.
coverage: install
	$(BIN)/pytest $(SHARE) -m "not unmeasured" --timeout 300 --cov --cov-report= $(ARGS)
	$(BIN)/python -m tests.support.coverage_by_package

format: install
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install
	$(BIN)/python -m bench

docs: install
	$(BIN)/python -m treadle.dag.state_docs docs/states.md
	$(BIN)/python -m treadle.dag.node_docs docs/nodes.md
	$(BIN)/python -m treadle.dag.channel_docs docs/channels.md
	$(BIN)/python -m treadle.dag.event_docs docs/events.md
	$(BIN)/python -m treadle.dag.expressions.reference docs/expressions.md
	$(BIN)/python -m treadle.importing.report_docs docs/import-report.md
	$(BIN)/python -m treadle.monitoring.dashboards deploy/grafana/dashboards
	$(BIN)/python -m treadle.builder.method_source treadle/builder/methods.py
	$(BIN)/python -m treadle.client.from_async treadle/client/synchronous.py
	$(BIN)/ruff format --quiet treadle/builder/methods.py treadle/client/synchronous.py
	$(BIN)/python docs/modules.py
	$(BIN)/python docs/settings.py
	$(BIN)/python docs/monitoring.py
	$(BIN)/python docs/errors.py

clean:
	rm -rf .venv .treadle .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
